#include "engine/base/label.hpp"

#include <string_view>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

constexpr std::size_t kLongestLabel = 64;

}  // namespace

void check_label(const std::string& label) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const bool hidden = label.front() == '.' || label.front() == '-';
  if (hidden || label.size() > kLongestLabel || label.find_first_not_of(kAllowed) != std::string::npos)
    throw usage_error(
        "label '{}': expected at most {} letters, digits, '.', '_' or '-', beginning with a letter, a digit or '_'",
        label, kLongestLabel);
}

std::string free_label(const std::string& name, std::set<std::string>& taken) {
  std::string label = name;
  for (int number = 2; !taken.insert(label).second; ++number) label = fmt::format("{}-{}", name, number);
  return label;
}

}  // namespace gradrace
