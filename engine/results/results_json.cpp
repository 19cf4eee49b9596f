#include "engine/results/results_json.hpp"

#include <fmt/format.h>

#include <iterator>

#include "engine/race/run_json.hpp"
#include "engine/results/comparison_json.hpp"
#include "engine/results/evaluation.hpp"
#include "engine/results/weights.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

ordered_json difference_json(std::span<const RunDifference> differences) {
  ordered_json json = ordered_json::array();
  for (const auto& [a, b, seed, parameters] : differences)
    for (const ParameterDifference& p : parameters)
      json.push_back({{"a", a},
                      {"b", b},
                      {"seed", seed},
                      {"parameter", p.parameter},
                      {"mean_difference", p.mean_difference},
                      {"normalized_difference", p.normalized_difference}});
  return json;
}

}  // namespace

ordered_json data_json(const Dataset& data) {
  ordered_json classes = ordered_json::array();
  for (std::size_t i = 0; i < std::size_t(data.train.classes); ++i)
    classes.push_back(i < data.class_names.size() ? data.class_names[i] : std::to_string(i));
  return {{"name", data.name},
          {"notice", data.notice},
          {"directory", data.directory},
          {"train", data.train.count},
          {"validation", data.validation.count},
          {"test", data.test.count},
          {"height", data.train.height},
          {"width", data.train.width},
          {"channels", data.train.channels},
          {"classes", classes},
          {"normalization",
           {{"mean", data.normalization.mean},
            {"deviation", data.normalization.deviation},
            {"source", data.normalization.source}}},
          {"sha256", data.sha256}};
}

ordered_json results_json(const RaceSetting& setting, const RaceResult& race) {
  const std::span<const RunResult> runs = race.runs;
  ordered_json json = {{"schema_version", 1}, {"program", setting.program}, {"machine", setting.machine}};
  json["data"] = setting.data;
  if (!setting.network.is_null()) json["network"] = setting.network;
  json["options"] = setting.options;
  json["runs"] = ordered_json::array();
  if (!runs.empty() && !runs.front().kernels.empty()) {  // the same for all: shapes and options decide
    json["program"]["kernels"] = ordered_json::object();
    for (const auto& [layer, used] : runs.front().kernels)
      json["program"]["kernels"][layer] = fmt::format("{}, {}", kernels::name(used.method), used.rest);
  }
  for (const RunResult& run : runs) {
    json["runs"].push_back(run_json(run));
    json["runs"].back()["step_loss"] = run.step_loss;
    if (run.subnormals)
      json["runs"].back()["subnormals"] = {{"weights", run.subnormals->weights}, {"state", run.subnormals->state}};
  }
  const std::vector<std::string> labels = contestants(runs, setting.sweeps);
  json["parameter_difference"] = difference_json(among(race.differences, labels));
  const Comparison all = compare_runs(runs);
  json.update(comparison_json(all, compare_runs(runs, labels)));
  if (!setting.sweeps.empty()) json["sweep"] = sweep_json(setting.sweeps, all.labels);
  add_weights(json, runs);
  if (setting.test) add_evaluation(json, runs, *setting.test);
  return json;
}

std::string steps_csv(const std::string& data, std::span<const RunResult> runs) {
  std::string csv = fmt::format("{},data\n", kStepsMark);
  for (const RunResult& run : runs)
    for (Index i = 0; i < std::ssize(run.step_loss); ++i)
      fmt::format_to(std::back_inserter(csv), "{},{},{},{},{},{}\n", run.label, run.seed, i / run.steps_per_epoch + 1,
                     i + 1, run.step_loss[std::size_t(i)], data);
  return csv;
}

}  // namespace gradrace
