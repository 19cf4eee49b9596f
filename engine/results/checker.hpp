#pragma once
/// What kinds of values a results.json has where, checked.

#include <filesystem>
#include <initializer_list>
#include <string>

#include <nlohmann/json.hpp>

namespace gradrace {

enum class Kind { kObject, kObjectOrNull, kArray, kText, kNumber, kNumberOrNull, kWhole };  ///< kWhole: from 0 on

struct Member {
  const char* name;
  Kind kind;
};

/// The checks of one file. Each is given a place in it as a JSON pointer, and throws a data_error that names file,
/// place, what was expected and found.
class Checker {
 public:
  explicit Checker(const std::filesystem::path& file) : file_(file) {}

  void expect(const nlohmann::ordered_json& json, const std::string& place, Kind kind) const;
  /// What was expected, and perhaps found, if `condition` does not hold.
  void expect_that(bool condition, const std::string& place, const std::string& expected) const;
  /// Of every element.
  void elements(const nlohmann::ordered_json& array, const std::string& place, Kind kind) const;
  /// An object with all of these members, and perhaps others.
  void members(const nlohmann::ordered_json& json, const std::string& place, std::initializer_list<Member> list) const;
  /// Those of the members that are there.
  void optional(const nlohmann::ordered_json& json, const std::string& place, std::initializer_list<Member> list) const;
  /// The member `name` of the document, if it is there: an array of objects with these members.
  void objects(const nlohmann::ordered_json& document, const std::string& name,
               std::initializer_list<Member> list) const;

 private:
  const std::filesystem::path& file_;
};

}  // namespace gradrace
