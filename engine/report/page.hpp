#pragma once
/// report.html: one file that shows results, offline, in any browser.

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace gradrace {

/// The page as engine/report/page/ has it, with its style, its scripts and Chart.js in it, and "@POLICY@" and
/// "@RESULTS@" in the places of its Content-Security-Policy and of the results. Made by the build.
extern const std::string_view kReportPage;

/// By which pages are known, within their first lines.
inline constexpr std::string_view kReportMark = "<meta name=\"generator\" content=\"Gradrace\">";

/// The page for these results (each a results.json, schema version 1, that check_results() has let pass), thinned as
/// thinned() does. Valid UTF-8 whatever the results hold; nothing in them can end the script element that they stand
/// in, and if it could, it would not run: the page's policy lets its own scripts and style act, which it knows by their
/// hashes, and nothing else.
std::string report_page(std::span<const nlohmann::ordered_json> results);

}  // namespace gradrace
