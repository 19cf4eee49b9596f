#include "engine/results/merge.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "kernels/base.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

std::set<std::string> labels(const ordered_json& results) {
  std::set<std::string> found;
  for (const ordered_json& run : results["runs"]) found.insert(run["label"].get<std::string>());
  return found;
}

/// Renames wherever a label stands: values of these keys that are one of `labels`, at any depth.
void rename(ordered_json& json, const std::set<std::string>& labels, const std::string& name) {
  for (auto& [key, value] : json.items()) {
    const bool names_run = key == "label" || key == "a" || key == "b" || key == "chosen";
    if (names_run && value.is_string() && labels.contains(value.get<std::string>()))
      value = value.get<std::string>() + " (" + name + ")";
    else if (value.is_structured())
      rename(value, labels, name);
  }
}

using Words = std::vector<std::string>;

Words components(const std::string& path) {
  Words words;
  for (const std::filesystem::path& word : std::filesystem::path(path).lexically_normal())
    if (!word.empty()) words.push_back(word.string());
  return words;
}

/// Takes the last word away as long as it is the same in all, and none would be left with nothing.
void drop_common_end(std::vector<Words>& all) {
  const auto same = [&](const Words& words) { return words.size() > 1 && words.back() == all.front().back(); };
  while (std::ranges::all_of(all, same))
    for (Words& words : all) words.pop_back();
}

}  // namespace

std::vector<std::string> short_names(const std::vector<std::string>& paths) {
  std::vector<Words> all;
  for (const std::string& path : paths) all.push_back(components(path));
  for (int end = 0; end < 2; ++end) {
    if (all.size() > 1) drop_common_end(all);
    for (Words& words : all) std::ranges::reverse(words);
  }
  std::vector<std::string> names;
  for (const Words& words : all) names.push_back(fmt::format("{}", fmt::join(words, "/")));
  return names;
}

void tell_apart(std::span<ordered_json> results, const std::vector<std::string>& names) {
  GRADRACE_EXPECT(results.size(), ==, names.size());
  std::multiset<std::string> all;
  for (const ordered_json& document : results)
    for (const std::string& label : labels(document)) all.insert(label);
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::set<std::string> ambiguous;
    for (const std::string& label : labels(results[i]))
      if (all.count(label) > 1) ambiguous.insert(label);
    for (const char* part : {"runs", "parameter_difference", "summary", "paired_difference", "sweep"})
      if (results[i].contains(part)) rename(results[i][part], ambiguous, names[i]);
    results[i]["name"] = names[i];
  }
}

}  // namespace gradrace
