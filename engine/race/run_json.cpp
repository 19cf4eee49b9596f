#include "engine/race/run_json.hpp"

#include <cstdint>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/base/statistics.hpp"
#include "engine/files/json.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

ordered_json epoch_json(const EpochResult& epoch) {
  ordered_json json = {{"epoch", epoch.epoch},
                       {"train_seconds", epoch.train_seconds},
                       {"train_loss_mean", epoch.train_loss_mean},
                       {"train_loss_last", epoch.train_loss_last},
                       {"test_loss", epoch.test.loss},
                       {"test_correct", epoch.test.correct},
                       {"test_total", epoch.test.total}};
  if (epoch.suspended_seconds > 0) json["suspended_seconds"] = epoch.suspended_seconds;
  if (epoch.validation) {
    json["validation_loss"] = epoch.validation->loss;
    json["validation_correct"] = epoch.validation->correct;
    json["validation_total"] = epoch.validation->total;
  }
  if (epoch.stages.empty()) return json;
  ordered_json seconds = ordered_json::object();
  for (int p = 0; p < kPhases; ++p) seconds[name(Phase(p))] = phase_seconds(epoch.stages, Phase(p));
  json["phase_seconds"] = std::move(seconds);
  json["stage_seconds"] = stages_json(epoch.stages);
  return json;
}

/// Conversions that a library does of itself would make a count of -1 or of 1e300.
Index count(const ordered_json& json) {
  const bool in_range = json.is_number_unsigned() ? std::in_range<Index>(json.get<std::uint64_t>())
                                                  : json.is_number_integer() && json.get<Index>() >= 0;
  if (!in_range) throw data_error("expected a whole number, found {}", shown(json));
  return json.get<Index>();
}

double number(const ordered_json& json) {
  return json.is_null() ? kNoNumber : json.get<double>();
}

TestResult test_from(const ordered_json& epoch, const std::string& set) {
  return {number(epoch.at(set + "_loss")), count(epoch.at(set + "_correct")), count(epoch.at(set + "_total"))};
}

StageSeconds stage_from(const ordered_json& json) {
  const std::string phase = json.at("phase");
  int p = 0;
  while (p < kPhases && name(Phase(p)) != phase) ++p;
  if (p == kPhases) throw data_error("expected a phase, found '{}'", phase);
  return {Phase(p), json.at("stage"), number(json.at("mean")), number(json.at("slowest"))};
}

Status status_from(const std::string& text) {
  for (const Status status : {Status::kFinished, Status::kDiverged, Status::kInterrupted})
    if (text == name(status)) return status;
  throw data_error("expected how a run ended, found '{}'", text);
}

EpochResult epoch_from(const ordered_json& json) {
  EpochResult epoch{.epoch = count(json.at("epoch")),
                    .train_seconds = number(json.at("train_seconds")),
                    .train_loss_mean = number(json.at("train_loss_mean")),
                    .train_loss_last = float(number(json.at("train_loss_last"))),
                    .test = test_from(json, "test")};
  epoch.suspended_seconds = json.value("suspended_seconds", 0.0);
  if (json.contains("validation_loss")) epoch.validation = test_from(json, "validation");
  if (json.contains("stage_seconds")) epoch.stages = stages_from(json["stage_seconds"]);
  return epoch;
}

}  // namespace

ordered_json stages_json(std::span<const StageSeconds> stages) {
  ordered_json json = ordered_json::array();
  for (const StageSeconds& stage : stages)
    json.push_back(
        {{"phase", name(stage.phase)}, {"stage", stage.name}, {"mean", stage.mean}, {"slowest", stage.slowest}});
  return json;
}

std::vector<StageSeconds> stages_from(const ordered_json& json) {
  std::vector<StageSeconds> stages;
  for (const ordered_json& stage : json) stages.push_back(stage_from(stage));
  return stages;
}

ordered_json run_json(const RunResult& run) {
  ordered_json options = ordered_json::object(), epochs = ordered_json::array();
  for (const auto& [key, value] : run.options) options[key] = ordered_json::parse(value);
  for (const EpochResult& epoch : run.epochs) epochs.push_back(epoch_json(epoch));
  ordered_json json = {{"label", run.label},
                       {"optimizer", run.optimizer},
                       {"options", options},
                       {"seed", run.seed},
                       {"status", name(run.status)}};
  if (!run.problem.empty()) json["problem"] = run.problem;
  json["steps_per_epoch"] = run.steps_per_epoch;
  json["epochs"] = epochs;
  json["convergence"] = nullptr;
  if (run.convergence)
    json["convergence"] = {{"step", run.convergence->step}, {"train_seconds", run.convergence->train_seconds}};
  json["target"] = nullptr;
  if (run.target)
    json["target"] = {{"metric", run.target->metric},
                      {"value", run.target->value},
                      {"epoch", run.target->epoch},
                      {"step", run.target->step},
                      {"train_seconds", run.target->train_seconds}};
  return json;
}

void set_progress(const ordered_json& json, RunResult& run) {
  run.status = status_from(json.at("status"));
  run.problem = json.value("problem", "");
  run.steps_per_epoch = count(json.at("steps_per_epoch"));
  run.epochs.clear();
  for (const ordered_json& epoch : json.at("epochs")) run.epochs.push_back(epoch_from(epoch));
  if (const ordered_json& convergence = json.at("convergence"); !convergence.is_null())
    run.convergence = {count(convergence.at("step")), number(convergence.at("train_seconds"))};
  if (const ordered_json& target = json.at("target"); !target.is_null())
    run.target = {target.at("metric"), number(target.at("value")), count(target.at("epoch")), count(target.at("step")),
                  number(target.at("train_seconds"))};
}

}  // namespace gradrace
