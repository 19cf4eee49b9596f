#include "engine/results/check.hpp"

#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

enum class Kind { kObject, kObjectOrNull, kArray, kText, kNumber, kNumberOrNull };

struct Member {
  const char* name;
  Kind kind;
};

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
  }
  return false;
}

/// The checks of one file; each throws a data_error that names the place by its JSON pointer.
class Checker {
 public:
  explicit Checker(const fs::path& file) : file_(file) {}

  void expect(const ordered_json& json, const std::string& place, Kind kind) const {
    if (!is(kind, json))
      throw data_error("{}: {}: expected {}, found {}", file_.string(), place, name(kind), json.type_name());
  }
  void members(const ordered_json& json, const std::string& place, std::initializer_list<Member> list) const {
    expect(json, place.empty() ? "the document" : place, Kind::kObject);
    for (const Member& member : list) {
      const auto found = json.find(member.name);
      if (found == json.end()) throw data_error("{}: {}/{} is missing", file_.string(), place, member.name);
      expect(*found, place + "/" + member.name, member.kind);
    }
  }
  /// Those of the members that are there.
  void optional(const ordered_json& json, const std::string& place, std::initializer_list<Member> list) const {
    for (const Member& member : list)
      if (json.contains(member.name)) expect(json[member.name], place + "/" + member.name, member.kind);
  }
  /// The member `name`, if it is there: an array of objects with these members.
  void objects(const ordered_json& json, const std::string& name, std::initializer_list<Member> list) const {
    optional(json, "", {{name.c_str(), Kind::kArray}});
    for (std::size_t i = 0; json.contains(name) && i < json[name].size(); ++i)
      members(json[name][i], fmt::format("/{}/{}", name, i), list);
  }
  void elements(const ordered_json& array, const std::string& place, Kind kind) const {
    for (std::size_t i = 0; i < array.size(); ++i) expect(array[i], fmt::format("{}/{}", place, i), kind);
  }
  /// `array` must be one number for each image.
  void per_image(const ordered_json& array, const std::string& place, const ordered_json& images) const {
    elements(array, place, Kind::kNumberOrNull);
    for (const ordered_json& image : images)
      if (image["index"].get<double>() < 0 || image["index"].get<double>() >= double(array.size()))
        throw data_error("{}: {}: expected an element for image {}, found {} elements", file_.string(), place,
                         image["index"].dump(), array.size());
  }

 private:
  const fs::path& file_;
};

void check_weights(const ordered_json& run, const std::string& place, const Checker& checker) {
  checker.optional(run, place, {{"weights", Kind::kObject}, {"filters", Kind::kObject}});
  if (run.contains("weights"))
    for (const auto& [parameter, histogram] : run["weights"].items())
      checker.members(histogram, fmt::format("{}/weights/{}", place, parameter),
                      {{"low", Kind::kNumberOrNull}, {"high", Kind::kNumberOrNull}, {"counts", Kind::kArray}});
  if (run.contains("filters"))
    checker.members(run["filters"], place + "/filters",
                    {{"parameter", Kind::kText}, {"shape", Kind::kArray}, {"values", Kind::kArray}});
}

void check_run(const ordered_json& run, const std::string& place, const ordered_json& hardest, const Checker& checker) {
  checker.members(run, place,
                  {{"label", Kind::kText},
                   {"optimizer", Kind::kText},
                   {"options", Kind::kObject},
                   {"seed", Kind::kNumber},
                   {"status", Kind::kText},
                   {"steps_per_epoch", Kind::kNumber},
                   {"step_loss", Kind::kArray},
                   {"epochs", Kind::kArray}});
  checker.elements(run["step_loss"], place + "/step_loss", Kind::kNumberOrNull);
  for (std::size_t i = 0; i < run["epochs"].size(); ++i)
    checker.members(run["epochs"][i], fmt::format("{}/epochs/{}", place, i),
                    {{"train_seconds", Kind::kNumber},
                     {"test_loss", Kind::kNumberOrNull},
                     {"test_correct", Kind::kNumber},
                     {"test_total", Kind::kNumber}});
  checker.optional(run, place,
                   {{"convergence", Kind::kObjectOrNull}, {"target", Kind::kObjectOrNull}, {"problem", Kind::kText}});
  check_weights(run, place, checker);
  if (!run.contains("evaluation")) return;
  const ordered_json& evaluation = run["evaluation"];
  checker.members(evaluation, place + "/evaluation",
                  {{"confusion", Kind::kArray}, {"answers", Kind::kArray}, {"losses", Kind::kArray}});
  checker.elements(evaluation["confusion"], place + "/evaluation/confusion", Kind::kArray);
  for (const char* key : {"answers", "losses"})
    checker.per_image(evaluation[key], fmt::format("{}/evaluation/{}", place, key), hardest);
}

void check_normalization(const ordered_json& numbers, const Checker& checker) {
  const std::string place = "/data/normalization";
  checker.members(numbers, place, {{"mean", Kind::kArray}, {"deviation", Kind::kArray}, {"source", Kind::kText}});
  for (const char* key : {"mean", "deviation"})
    checker.elements(numbers[key], fmt::format("{}/{}", place, key), Kind::kNumber);
}

/// What a race's results hold besides its runs.
void check_comparison(const ordered_json& results, const Checker& checker) {
  checker.objects(results, "hardest",
                  {{"index", Kind::kNumber},
                   {"label", Kind::kNumber},
                   {"height", Kind::kNumber},
                   {"width", Kind::kNumber},
                   {"pixels", Kind::kText}});
  const ordered_json hardest = results.value("hardest", ordered_json::array());
  for (std::size_t i = 0; i < hardest.size(); ++i)
    checker.optional(hardest[i], fmt::format("/hardest/{}", i), {{"channels", Kind::kNumber}});
  checker.objects(results, "parameter_difference",
                  {{"a", Kind::kText},
                   {"b", Kind::kText},
                   {"parameter", Kind::kText},
                   {"mean_difference", Kind::kNumberOrNull},
                   {"normalized_difference", Kind::kNumberOrNull}});
  checker.objects(results, "summary", {{"label", Kind::kText}, {"metrics", Kind::kObject}});
  checker.objects(results, "paired_difference",
                  {{"a", Kind::kText},
                   {"b", Kind::kText},
                   {"metric", Kind::kText},
                   {"n", Kind::kNumber},
                   {"mean", Kind::kNumberOrNull}});
  checker.objects(results, "sweep", {{"optimizer", Kind::kText}, {"option", Kind::kText}, {"points", Kind::kArray}});
  checker.optional(results, "", {{"verdict", Kind::kArray}, {"statistics", Kind::kObject}});
  checker.elements(results.value("verdict", ordered_json::array()), "/verdict", Kind::kText);
}

}  // namespace

void check_results(const ordered_json& results, const fs::path& file) {
  const Checker checker(file);
  checker.members(results, "", {{"schema_version", Kind::kNumber}});
  if (results["schema_version"] != 1)
    throw data_error("{}: expected schema_version 1, found {}", file.string(), results["schema_version"].dump());
  checker.members(results, "",
                  {{"program", Kind::kObject},
                   {"machine", Kind::kObject},
                   {"data", Kind::kObject},
                   {"options", Kind::kObject},
                   {"runs", Kind::kArray}});
  checker.members(results["data"], "/data", {{"name", Kind::kText}, {"train", Kind::kNumber}, {"test", Kind::kNumber}});
  checker.optional(results["data"], "/data",
                   {{"notice", Kind::kText},
                    {"sha256", Kind::kObject},
                    {"classes", Kind::kArray},
                    {"normalization", Kind::kObject}});
  checker.elements(results["data"].value("classes", ordered_json::array()), "/data/classes", Kind::kText);
  if (results["data"].contains("normalization")) check_normalization(results["data"]["normalization"], checker);
  checker.optional(results["options"], "/options", {{"seeds", Kind::kArray}});
  if (results.contains("network"))  // older files do not name it
    checker.members(results["network"], "/network",
                    {{"name", Kind::kText}, {"layers", Kind::kArray}, {"parameters", Kind::kNumber}});
  check_comparison(results, checker);
  const ordered_json hardest = results.value("hardest", ordered_json::array());
  for (std::size_t i = 0; i < results["runs"].size(); ++i)
    check_run(results["runs"][i], fmt::format("/runs/{}", i), hardest, checker);
}

ordered_json read_results(const fs::path& path) {
  std::error_code ignored;
  const fs::path file = fs::is_directory(path, ignored) ? path / "results.json" : path;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw data_error("{}: there are no results: the file is missing or cannot be read", file.string());
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  try {
    ordered_json results = ordered_json::parse(text);
    check_results(results, file);
    return results;
  } catch (const ordered_json::parse_error& error) {
    throw data_error("{}: expected JSON, found something else at byte {}", file.string(), error.byte);
  }
}

}  // namespace gradrace
