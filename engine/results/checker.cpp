#include "engine/results/checker.hpp"

#include <iterator>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

/// What a kind is called, and whether a value is of it.
struct KindRule {
  const char* name;
  bool (*holds)(const ordered_json& json);
};

const KindRule& rule(Kind kind) {
  static constexpr KindRule kRules[] = {
      {"an object", [](const ordered_json& json) { return json.is_object(); }},
      {"an object or null", [](const ordered_json& json) { return json.is_object() || json.is_null(); }},
      {"an array", [](const ordered_json& json) { return json.is_array(); }},
      {"a string", [](const ordered_json& json) { return json.is_string(); }},
      {"a number", [](const ordered_json& json) { return json.is_number(); }},
      {"a number or null", [](const ordered_json& json) { return json.is_number() || json.is_null(); }},
      {"a whole number", [](const ordered_json& json) { return json.is_number_unsigned(); }}};
  static_assert(std::size(kRules) == std::size_t(Kind::kWhole) + 1);
  return kRules[std::size_t(kind)];
}

}  // namespace

void Checker::expect(const ordered_json& json, const std::string& place, Kind kind) const {
  if (!rule(kind).holds(json))
    throw data_error("{}: {}: expected {}, found {}", file_.string(), place, rule(kind).name, json.type_name());
}

void Checker::expect_that(bool condition, const std::string& place, const std::string& expected) const {
  if (!condition) throw data_error("{}: {}: expected {}", file_.string(), place, expected);
}

void Checker::elements(const ordered_json& array, const std::string& place, Kind kind) const {
  for (std::size_t i = 0; i < array.size(); ++i)
    if (!rule(kind).holds(array[i])) expect(array[i], fmt::format("{}/{}", place, i), kind);
}

void Checker::members(const ordered_json& json, const std::string& place, std::initializer_list<Member> list) const {
  expect(json, place.empty() ? "the document" : place, Kind::kObject);
  for (const Member& member : list) {
    const auto found = json.find(member.name);
    if (found == json.end()) throw data_error("{}: {}/{} is missing", file_.string(), place, member.name);
    expect(*found, place + "/" + member.name, member.kind);
  }
}

void Checker::optional(const ordered_json& json, const std::string& place, std::initializer_list<Member> list) const {
  for (const Member& member : list)
    if (json.contains(member.name)) expect(json[member.name], place + "/" + member.name, member.kind);
}

void Checker::objects(const ordered_json& document, const std::string& name, std::initializer_list<Member> list) const {
  optional(document, "", {{name.c_str(), Kind::kArray}});
  for (std::size_t i = 0; document.contains(name) && i < document[name].size(); ++i)
    members(document[name][i], fmt::format("/{}/{}", name, i), list);
}

}  // namespace gradrace
