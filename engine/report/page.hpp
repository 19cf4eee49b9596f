#pragma once
/// report.html: one file that shows results, offline, in any browser.

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace gradrace {

/// The page as engine/report/page/ has it, with its style, its scripts and Chart.js in it, and "@RESULTS@" in the place
/// of the results. Made by the build.
extern const std::string_view kReportPage;

/// The page for these results (each a results.json, schema version 1, that check_results() has let pass), thinned as
/// thinned() does. Valid UTF-8 whatever the results hold; nothing in them can end the script element that they stand
/// in.
std::string report_page(std::span<const nlohmann::ordered_json> results);

}  // namespace gradrace
