#include "engine/base/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

bool parse(std::string_view text, double& value) {
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  return status == std::errc() && stop == end && std::isfinite(value);
}

double checked(const std::string& key, std::string_view text, double low, double high) {
  double value = 0;
  if (!parse(text, value)) throw usage_error("option {}: expected a number, found '{}'", key, text);
  if (value < low && high == kAny)
    throw usage_error("option {}: expected a number from {} on, found {}", key, low, text);
  if (value < low || value > high)
    throw usage_error("option {}: expected a number from {} to {}, found {}", key, low, high, text);
  return value;
}

}  // namespace

const std::string* Options::find(const std::string& key) const {
  const auto it = given_.find(key);
  return it == given_.end() ? nullptr : &it->second;
}

const std::string& Options::in_force(const std::string& key) const {
  const auto option = std::ranges::find(resolved_, key, &std::pair<std::string, std::string>::first);
  GRADRACE_EXPECT(option != resolved_.end(), ==, true);
  return option->second;
}

double Options::number(const std::string& key, double value, double low, double high) {
  if (const std::string* text = find(key)) value = checked(key, *text, low, high);
  resolved_.emplace_back(key, fmt::format("{}", value));
  return value;
}

Index Options::integer(const std::string& key, Index value, Index low, Index high) {
  if (const std::string* text = find(key)) {
    const double number = checked(key, *text, double(low), double(high));
    if (number != std::floor(number)) throw usage_error("option {}: expected a whole number, found {}", key, *text);
    value = Index(number);
  }
  resolved_.emplace_back(key, fmt::format("{}", value));
  return value;
}

Index Options::integer(const std::string& key, Index low, Index high) {
  if (!find(key)) throw usage_error("option {}: expected a number from {} to {}, found none", key, low, high);
  return integer(key, low, low, high);
}

bool Options::flag(const std::string& key, bool value) {
  if (const std::string* text = find(key)) {
    if (*text != "true" && *text != "false")
      throw usage_error("option {}: expected true or false, found '{}'", key, *text);
    value = *text == "true";
  }
  resolved_.emplace_back(key, value ? "true" : "false");
  return value;
}

std::pair<double, double> Options::pair(const std::string& key, std::pair<double, double> value, double low,
                                        double high) {
  if (const std::string* text = find(key)) {
    const std::size_t slash = text->find('/');
    if (slash == std::string::npos)
      throw usage_error("option {}: expected two numbers with a slash between them, found '{}'", key, *text);
    const std::string_view whole = *text;
    value = {checked(key, whole.substr(0, slash), low, high), checked(key, whole.substr(slash + 1), low, high)};
  }
  resolved_.emplace_back(key, fmt::format("[{}, {}]", value.first, value.second));
  return value;
}

std::string Options::choice(const std::string& key, const std::string& value, const std::vector<std::string>& choices) {
  const std::string* text = find(key);
  const std::string word = text ? *text : value;
  if (std::find(choices.begin(), choices.end(), word) == choices.end())
    throw usage_error("option {}: expected one of {}, found '{}'", key, fmt::join(choices, ", "), word);
  resolved_.emplace_back(key, fmt::format("\"{}\"", word));
  return word;
}

void Options::expect_no_others() const {
  for (const auto& [key, value] : given_) {
    std::string known;
    bool found = false;
    for (const auto& [name, unused] : resolved_) {
      found = found || name == key;
      known += (known.empty() ? "" : ", ") + name;
    }
    if (!found) throw usage_error("there is no option '{}'; there are: {}", key, known);
  }
}

std::string as_typed(const std::string& resolved) {
  std::string text;
  for (const char c : resolved)
    if (c == ',')
      text += '/';
    else if (std::string_view("[] \"").find(c) == std::string_view::npos)
      text += c;
  return text;
}

Spec Spec::parse(const std::string& text) {
  const std::size_t colon = text.find(':');
  std::string head = text.substr(0, colon);
  Spec spec;
  if (const std::size_t at = head.find('@'); at != std::string::npos) {
    spec.label = head.substr(0, at);
    if (spec.label.empty()) throw usage_error("'{}': the label before '@' is empty", text);
    head.erase(0, at + 1);
  }
  if (head.empty()) throw usage_error("'{}': expected NAME or NAME:key=value,...", text);
  spec.name = head;
  std::map<std::string, std::string> given;
  for (std::size_t at = colon; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at + 1), text.size());
    const std::string item = text.substr(at + 1, comma - at - 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0)
      throw usage_error("'{}': expected key=value, found '{}'", text, item);
    if (!given.emplace(item.substr(0, equals), item.substr(equals + 1)).second)
      throw usage_error("'{}': option {} stands twice", text, item.substr(0, equals));
    at = comma;
  }
  spec.options = Options(std::move(given));
  return spec;
}

std::string Spec::text() const {
  std::string text = label.empty() ? name : fmt::format("{}@{}", label, name);
  char separator = ':';
  for (const auto& [key, value] : options.given()) {
    text += fmt::format("{}{}={}", separator, key, value);
    separator = ',';
  }
  return text;
}

}  // namespace gradrace
