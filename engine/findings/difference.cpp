#include "engine/findings/difference.hpp"

#include <algorithm>

namespace gradrace {
namespace {

ParameterDifference difference(const NamedTensor& a, const NamedTensor& b) {
  GRADRACE_EXPECT(a.values.size(), ==, b.values.size());
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) sum += double(a.values[i]) - double(b.values[i]);
  const double mean = sum / double(a.values.size());
  const auto [low, high] = std::ranges::minmax(a.values);
  return {a.name, mean, (double(high) - mean) / (double(high) - double(low))};
}

}  // namespace

std::vector<ParameterDifference> parameter_differences(std::span<const NamedTensor> a, std::span<const NamedTensor> b) {
  GRADRACE_EXPECT(a.size(), ==, b.size());
  std::vector<ParameterDifference> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(difference(a[i], b[i]));
  return differences;
}

std::vector<RunDifference> run_differences(std::span<const RunResult> runs) {
  return run_differences(runs, labels_of(runs));
}

std::vector<RunDifference> run_differences(std::span<const RunResult> runs, const std::vector<std::string>& labels) {
  const auto comes_before = [&](const RunResult& a, const RunResult& b) {
    const auto place = std::ranges::find(labels, b.label);
    return place != labels.end() && std::find(labels.begin(), place, a.label) != place;
  };
  std::vector<RunDifference> differences;
  for (const RunResult& a : runs)
    for (const RunResult& b : runs)
      if (a.seed == b.seed && a.status == Status::kFinished && b.status == Status::kFinished && comes_before(a, b))
        differences.push_back({a.label, b.label, a.seed, parameter_differences(a.parameters, b.parameters)});
  return differences;
}

}  // namespace gradrace
