#include "engine/optimizers/entrant.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace gradrace {
namespace {

constexpr std::size_t kLongestLabel = 64;

void check_label(const std::string& label) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const bool hidden = label.front() == '.' || label.front() == '-';
  if (hidden || label.size() > kLongestLabel || label.find_first_not_of(kAllowed) != std::string::npos)
    throw usage_error(
        "label '{}': expected at most {} letters, digits, '.', '_' or '-', beginning with a letter, a digit or '_'",
        label, kLongestLabel);
}

std::string free_label(const std::string& name, const std::set<std::string>& taken) {
  std::string label = name;
  for (int number = 2; taken.contains(label); ++number) label = fmt::format("{}-{}", name, number);
  return label;
}

}  // namespace

std::vector<Entrant> line_up(const std::vector<Spec>& specs) {
  std::set<std::string> taken;
  for (const Spec& spec : specs) {
    if (spec.label.empty()) continue;
    check_label(spec.label);
    if (!taken.insert(spec.label).second) throw usage_error("two optimizers have the label '{}'", spec.label);
  }
  std::vector<Entrant> entrants;
  for (const Spec& spec : specs) {
    Options options = spec.options;
    std::unique_ptr<Optimizer> optimizer = OptimizerRegistry::instance().make(spec.name, options);
    const std::string label = spec.label.empty() ? free_label(spec.name, taken) : spec.label;
    taken.insert(label);
    entrants.push_back({label, spec.name, std::move(options), std::move(optimizer)});
  }
  return entrants;
}

}  // namespace gradrace
