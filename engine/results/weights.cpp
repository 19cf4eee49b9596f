#include "engine/results/weights.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "engine/results/rounding.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr int kFilterDigits = 6;

bool is_shown(const RunResult& run, std::uint64_t seed) {
  const auto is_finite = [](const NamedTensor& tensor) {
    return std::ranges::all_of(tensor.values, [](float value) { return std::isfinite(value); });
  };
  return run.seed == seed && !run.parameters.empty() && std::ranges::all_of(run.parameters, is_finite);
}

struct Bounds {
  double low, high;
};

/// Of the values of one parameter in all of the runs.
Bounds bounds(std::span<const RunResult* const> runs, std::size_t parameter) {
  Bounds all = {INFINITY, -INFINITY};
  for (const RunResult* run : runs) {
    const auto [low, high] = std::ranges::minmax(run->parameters[parameter].values);
    all = {std::min(all.low, double(low)), std::max(all.high, double(high))};
  }
  return all;
}

ordered_json histogram_json(std::span<const float> values, const Bounds& bounds) {
  std::vector<Index> counts(kHistogramBins);
  const double scale = bounds.high > bounds.low ? double(kHistogramBins) / (bounds.high - bounds.low) : 0;
  for (const float value : values)
    ++counts[std::min(std::size_t((double(value) - bounds.low) * scale), kHistogramBins - 1)];
  return {{"low", bounds.low}, {"high", bounds.high}, {"counts", counts}};
}

ordered_json filters_json(const NamedTensor& tensor) {
  std::vector<double> values;
  for (const float value : tensor.values) values.push_back(rounded(double(value), kFilterDigits));
  return {{"parameter", tensor.name}, {"shape", tensor.shape}, {"values", values}};
}

}  // namespace

void add_weights(ordered_json& results, std::span<const RunResult> runs) {
  std::vector<const RunResult*> shown;
  for (const RunResult& run : runs)
    if (is_shown(run, runs.front().seed)) shown.push_back(&run);
  for (const RunResult* run : shown) {
    ordered_json& json = results["runs"][std::size_t(run - runs.data())];
    json["weights"] = ordered_json::object();
    for (std::size_t i = 0; i < run->parameters.size(); ++i)
      json["weights"][run->parameters[i].name] = histogram_json(run->parameters[i].values, bounds(shown, i));
    const auto is_convolution = [](const NamedTensor& tensor) { return tensor.shape.size() == 4; };
    const auto first = std::ranges::find_if(run->parameters, is_convolution);
    if (first != run->parameters.end()) json["filters"] = filters_json(*first);
  }
}

}  // namespace gradrace
