#include "apps/phase_table.hpp"

#include <fmt/format.h>

#include "apps/tables.hpp"

namespace gradrace {
namespace {

/// Of one epoch: the mean over all of them.
std::vector<StageSeconds> mean_stages(const std::vector<EpochResult>& epochs) {
  std::vector<StageSeconds> stages = epochs.front().stages;
  for (StageSeconds& stage : stages) stage.mean = stage.slowest = 0;
  for (const EpochResult& epoch : epochs)
    for (std::size_t s = 0; s < stages.size(); ++s) {
      stages[s].mean += epoch.stages[s].mean / double(epochs.size());
      stages[s].slowest += epoch.stages[s].slowest / double(epochs.size());
    }
  return stages;
}

std::string phase_table(const RunResult& run) {
  std::vector<EpochResult> epochs;
  double trained = 0;
  for (const EpochResult& epoch : run.epochs)
    if (!epoch.stages.empty()) epochs.push_back(epoch);  // those before a resumed race have none
  if (epochs.empty()) return {};
  for (const EpochResult& epoch : epochs) trained += epoch.train_seconds / double(epochs.size());
  const std::vector<StageSeconds> stages = mean_stages(epochs);
  const double evaluated = phase_seconds(stages, Phase::kEvaluation), wall = trained + evaluated;
  std::vector<std::vector<std::string>> rows;
  double sum = 0;
  const auto add = [&](const std::string& what, double mean) -> std::vector<std::string>& {
    return rows.emplace_back(
        std::vector{what, fmt::format("{:.3f} s", mean), fmt::format("{:.1f} %", 100 * mean / wall), std::string()});
  };
  for (int p = 0; p < kPhases; ++p) {
    const double seconds = phase_seconds(stages, Phase(p));
    sum += seconds;
    add(std::string(name(Phase(p))), seconds);
    for (const StageSeconds& stage : stages) {
      if (int(stage.phase) != p) continue;
      std::vector<std::string>& row =
          stage.name == name(stage.phase) ? rows.back() : add("  " + stage.name, stage.mean);
      row.back() = fmt::format("{:.3f} s", stage.slowest);
    }
  }
  add("all phases", sum);
  add("wall time", wall);
  return run_title(run) + "\n" + table({"seconds per epoch", "mean of threads", "share", "slowest thread"}, rows);
}

}  // namespace

std::string phase_tables(const RaceResult& race) {
  std::string text;
  for (const RunResult& run : race.runs)
    if (const std::string part = phase_table(run); !part.empty()) text += "\n" + part;
  return text;
}

}  // namespace gradrace
