#pragma once
/// What results.json says of the trained weights: how they are distributed, and the first convolution's filters.

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "engine/race/race.hpp"

namespace gradrace {

inline constexpr std::size_t kHistogramBins = 60;

/// Adds to each run in `results` (whose "runs" are `runs`) that has ended, with finite weights, from the first seed:
/// - "weights": for every parameter {"low", "high", "counts"}: a histogram of kHistogramBins equal bins from low to
///   high, which are the smallest and the largest value in all of these runs
/// - "filters": {"parameter", "shape" ([outputs, inputs, height, width]), "values" (six significant digits)} of the
///   first convolution
void add_weights(nlohmann::ordered_json& results, std::span<const RunResult> runs);

}  // namespace gradrace
