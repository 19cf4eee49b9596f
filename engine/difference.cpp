#include "engine/difference.hpp"

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
  std::vector<RunDifference> differences;
  for (std::size_t i = 0; i < runs.size(); ++i)
    for (std::size_t j = i + 1; j < runs.size(); ++j)
      if (runs[i].status == Status::kFinished && runs[j].status == Status::kFinished)
        differences.push_back(
            {runs[i].label, runs[j].label, parameter_differences(runs[i].parameters, runs[j].parameters)});
  return differences;
}

}  // namespace gradrace
