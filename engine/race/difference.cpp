#include "engine/race/difference.hpp"

#include <algorithm>
#include <iterator>

#include "kernels/base.hpp"

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

std::vector<RunDifference> among(std::span<const RunDifference> differences, std::span<const std::string> labels) {
  const auto is_among = [&](const std::string& label) { return std::ranges::find(labels, label) != labels.end(); };
  std::vector<RunDifference> found;
  std::ranges::copy_if(differences, std::back_inserter(found),
                       [&](const RunDifference& pair) { return is_among(pair.a) && is_among(pair.b); });
  return found;
}

}  // namespace gradrace
