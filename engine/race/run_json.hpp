#pragma once
/// A run as JSON, for results.json and for checkpoints.

#include <nlohmann/json.hpp>

#include "engine/race/race.hpp"

namespace gradrace {

/// All of a run but its tensors (parameters and step_loss). Numbers round-trip; one that is not finite is null.
nlohmann::ordered_json run_json(const RunResult& run);

/// [{"phase", "stage", "mean", "slowest"}, ...]; and back, which throws as below.
nlohmann::ordered_json stages_json(std::span<const StageSeconds> stages);
std::vector<StageSeconds> stages_from(const nlohmann::ordered_json& json);

/// Sets what run_json says of how far the run has come: status, problem, steps_per_epoch, epochs, convergence, target.
/// Throws nlohmann::json::exception or data_error where `json` is nothing that run_json wrote.
void set_progress(const nlohmann::ordered_json& json, RunResult& run);

}  // namespace gradrace
