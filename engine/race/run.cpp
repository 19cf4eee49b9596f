#include "engine/race/run.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace gradrace {

std::string_view name(Status status) {
  switch (status) {
    case Status::kFinished:
      return "finished";
    case Status::kDiverged:
      return "diverged";
    case Status::kInterrupted:
      return "interrupted";
  }
  return {};
}

Index steps_of_epoch(const RunResult& run) {
  return std::ssize(run.step_loss) - std::ssize(run.epochs) * run.steps_per_epoch;
}

double mean_loss(std::span<const float> losses) {
  return std::accumulate(losses.begin(), losses.end(), 0.0) / double(losses.size());
}

Index count_subnormals(std::span<const NamedTensor> tensors) {
  Index count = 0;
  for (const NamedTensor& tensor : tensors)
    count += std::ranges::count_if(tensor.values, [](float value) { return std::fpclassify(value) == FP_SUBNORMAL; });
  return count;
}

std::vector<std::string> labels_of(std::span<const RunResult> runs) {
  std::vector<std::string> labels;
  for (const RunResult& run : runs)
    if (std::ranges::find(labels, run.label) == labels.end()) labels.push_back(run.label);
  return labels;
}

void add_differences(RaceResult& race) {
  const RunResult& last = race.runs.back();
  if (last.status != Status::kFinished) return;
  const std::vector<std::string> labels = labels_of(race.runs);
  const auto place = [&](const std::string& label) { return std::ranges::find(labels, label) - labels.begin(); };
  for (const RunResult& run : std::span(race.runs).first(race.runs.size() - 1)) {
    if (run.seed != last.seed || run.status != Status::kFinished) continue;
    const auto& [a, b] = place(run.label) < place(last.label) ? std::tie(run, last) : std::tie(last, run);
    race.differences.push_back({a.label, b.label, a.seed, parameter_differences(a.parameters, b.parameters)});
  }
  const auto of_this_seed = std::ranges::find(race.differences, last.seed, &RunDifference::seed);
  std::ranges::sort(of_this_seed, race.differences.end(), {},
                    [&](const RunDifference& pair) { return std::pair(place(pair.a), place(pair.b)); });
}

void forget_models(RaceResult& race) {
  for (RunResult& run : race.runs) {
    if (run.seed == race.runs.front().seed) continue;
    run.parameters = {};
    run.answers = {};
  }
}

}  // namespace gradrace
