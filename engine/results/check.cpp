#include "engine/results/check.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "engine/base/error.hpp"
#include "engine/files/base64.hpp"
#include "engine/files/file.hpp"
#include "engine/files/json.hpp"
#include "engine/results/checker.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::uint64_t kMostImageSide = 4096, kMostFilterExtent = 65536;

/// An array of one number for each image.
void check_by_image(const ordered_json& array, const std::string& place, const ordered_json& images,
                    const Checker& checker) {
  checker.elements(array, place, Kind::kNumberOrNull);
  for (const ordered_json& image : images)
    checker.expect_that(image["index"].get<std::uint64_t>() < array.size(), place,
                        fmt::format("an element for image {}, found {} elements", shown(image["index"]), array.size()));
}

/// The product of whole numbers from 1 to `most` each, or some number that no file holds so many values of.
std::uint64_t product(const ordered_json& extents, std::uint64_t most, const std::string& place,
                      const Checker& checker) {
  constexpr std::uint64_t kVeryMany = std::uint64_t{1} << 40;
  std::uint64_t product = 1;
  checker.elements(extents, place, Kind::kWhole);
  for (const ordered_json& extent : extents) {
    checker.expect_that(extent >= 1 && extent <= most, place,
                        fmt::format("whole numbers from 1 to {}, found {}", most, shown(extent)));
    product = std::min(product * extent.get<std::uint64_t>(), kVeryMany);
  }
  return product;
}

/// What the page makes a picture of.
void check_filters(const ordered_json& filters, const std::string& place, const Checker& checker) {
  checker.members(filters, place, {{"parameter", Kind::kText}, {"shape", Kind::kArray}, {"values", Kind::kArray}});
  checker.elements(filters["values"], place + "/values", Kind::kNumberOrNull);
  const std::size_t values = filters["values"].size();
  checker.expect_that(filters["shape"].size() == 4, place + "/shape", "four numbers");
  checker.expect_that(product(filters["shape"], kMostFilterExtent, place + "/shape", checker) == values, place,
                      fmt::format("as many values as the shape says, found {}", values));
}

void check_image(const ordered_json& image, const std::string& place, const Checker& checker) {
  checker.optional(image, place, {{"channels", Kind::kWhole}});  // which older files do not name
  const ordered_json extents = {image["height"], image["width"], image.value("channels", ordered_json(1u))};
  const std::uint64_t bytes = product(extents, kMostImageSide, place, checker);
  checker.expect_that(is_base64(image["pixels"].get_ref<const std::string&>(), bytes), place + "/pixels",
                      fmt::format("{} bytes in base64, which is what the other numbers say", bytes));
}

void check_weights(const ordered_json& run, const std::string& place, const Checker& checker) {
  checker.optional(run, place, {{"weights", Kind::kObject}, {"filters", Kind::kObject}});
  if (run.contains("weights")) {
    checker.expect_that(!run["weights"].empty(), place + "/weights", "some parameters, found none");
    for (const auto& [parameter, histogram] : run["weights"].items()) {
      const std::string where = fmt::format("{}/weights/{}", place, parameter);
      checker.members(histogram, where,
                      {{"low", Kind::kNumberOrNull}, {"high", Kind::kNumberOrNull}, {"counts", Kind::kArray}});
      checker.elements(histogram["counts"], where + "/counts", Kind::kNumber);
    }
  }
  if (run.contains("filters")) check_filters(run["filters"], place + "/filters", checker);
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
  for (std::size_t i = 0; i < run["epochs"].size(); ++i) {
    const std::string epoch = fmt::format("{}/epochs/{}", place, i);
    checker.members(run["epochs"][i], epoch,
                    {{"train_seconds", Kind::kNumber},
                     {"test_loss", Kind::kNumberOrNull},
                     {"test_correct", Kind::kNumber},
                     {"test_total", Kind::kNumber}});
    checker.optional(run["epochs"][i], epoch, {{"suspended_seconds", Kind::kNumber}});
  }
  checker.optional(run, place,
                   {{"convergence", Kind::kObjectOrNull}, {"target", Kind::kObjectOrNull}, {"problem", Kind::kText}});
  check_weights(run, place, checker);
  if (!run.contains("evaluation")) return;
  const ordered_json& evaluation = run["evaluation"];
  checker.members(evaluation, place + "/evaluation",
                  {{"confusion", Kind::kArray}, {"answers", Kind::kArray}, {"losses", Kind::kArray}});
  checker.elements(evaluation["confusion"], place + "/evaluation/confusion", Kind::kArray);
  for (const char* key : {"answers", "losses"})
    check_by_image(evaluation[key], fmt::format("{}/evaluation/{}", place, key), hardest, checker);
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
                  {{"index", Kind::kWhole},
                   {"label", Kind::kWhole},
                   {"height", Kind::kWhole},
                   {"width", Kind::kWhole},
                   {"pixels", Kind::kText}});
  const ordered_json hardest = results.value("hardest", ordered_json::array());
  for (std::size_t i = 0; i < hardest.size(); ++i) check_image(hardest[i], fmt::format("/hardest/{}", i), checker);
  checker.objects(results, "parameter_difference",
                  {{"a", Kind::kText},
                   {"b", Kind::kText},
                   {"parameter", Kind::kText},
                   {"mean_difference", Kind::kNumberOrNull},
                   {"normalized_difference", Kind::kNumberOrNull}});
  checker.objects(results, "summary", {{"label", Kind::kText}, {"metrics", Kind::kObject}});
  for (const ordered_json& entry : results.value("summary", ordered_json::array()))
    for (const auto& [name, metric] : entry["metrics"].items())
      checker.expect(metric, "/summary: the metric " + name, Kind::kObject);
  checker.objects(results, "paired_difference",
                  {{"a", Kind::kText},
                   {"b", Kind::kText},
                   {"metric", Kind::kText},
                   {"n", Kind::kNumber},
                   {"mean", Kind::kNumberOrNull}});
  checker.objects(results, "sweep", {{"optimizer", Kind::kText}, {"option", Kind::kText}, {"points", Kind::kArray}});
  for (const ordered_json& sweep : results.value("sweep", ordered_json::array()))
    checker.elements(sweep["points"], "/sweep: the points", Kind::kObject);
  checker.optional(results, "", {{"verdict", Kind::kArray}, {"statistics", Kind::kObject}});
  checker.elements(results.value("verdict", ordered_json::array()), "/verdict", Kind::kText);
}

}  // namespace

void check_results(const ordered_json& results, const fs::path& file) {
  const Checker checker(file);
  checker.members(results, "", {{"schema_version", Kind::kNumber}});
  if (results["schema_version"] != 1)
    throw data_error("{}: expected schema_version 1, found {}", file.string(), shown(results["schema_version"]));
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
  ordered_json results = read_json(file, kMaxFileBytes);
  check_results(results, file);
  return results;
}

}  // namespace gradrace
