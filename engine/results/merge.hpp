#pragma once
/// Results of several races in one report: two machines, two versions, other optimizers.

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace gradrace {

/// What tells paths apart: each without the directories that all begin with and those that all end with.
std::vector<std::string> short_names(const std::vector<std::string>& paths);

/// Gives each of the results its name (as "name") and, where the same label stands in two of them, makes it
/// "label (name)" everywhere: in the runs, the differences, the statistics and the sweeps. Names must differ; one for
/// each of the results.
void tell_apart(std::span<nlohmann::ordered_json> results, const std::vector<std::string>& names);

}  // namespace gradrace
