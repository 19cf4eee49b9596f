#include "engine/race/run.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

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

}  // namespace gradrace
