#include "engine/results/checker.hpp"

#include <string_view>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::kObject:
      return "an object";
    case Kind::kObjectOrNull:
      return "an object or null";
    case Kind::kArray:
      return "an array";
    case Kind::kText:
      return "a string";
    case Kind::kNumber:
      return "a number";
    case Kind::kNumberOrNull:
      return "a number or null";
    case Kind::kWhole:
      return "a whole number";
  }
  return {};
}

bool is(Kind kind, const ordered_json& json) {
  switch (kind) {
    case Kind::kObject:
      return json.is_object();
    case Kind::kObjectOrNull:
      return json.is_object() || json.is_null();
    case Kind::kArray:
      return json.is_array();
    case Kind::kText:
      return json.is_string();
    case Kind::kNumber:
      return json.is_number();
    case Kind::kNumberOrNull:
      return json.is_number() || json.is_null();
    case Kind::kWhole:
      return json.is_number_unsigned();
  }
  return false;
}

}  // namespace

void Checker::expect(const ordered_json& json, const std::string& place, Kind kind) const {
  if (!is(kind, json))
    throw data_error("{}: {}: expected {}, found {}", file_.string(), place, name(kind), json.type_name());
}

void Checker::expect_that(bool condition, const std::string& place, const std::string& expected) const {
  if (!condition) throw data_error("{}: {}: expected {}", file_.string(), place, expected);
}

void Checker::elements(const ordered_json& array, const std::string& place, Kind kind) const {
  for (std::size_t i = 0; i < array.size(); ++i)
    if (!is(kind, array[i])) expect(array[i], fmt::format("{}/{}", place, i), kind);
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
