#pragma once
/// The pictures of a race that --plots writes.

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/findings/sweep.hpp"

namespace gradrace {

/// File names and SVG documents: training loss (smoothed) by step and by seconds, test accuracy, test loss and training
/// time by epoch, and the parameters' mean and normalized differences of the first seed, all of them of the contestants
/// (sweep.hpp); and for each sweep the accuracies of its points, sweep_<label>_<option>.svg. Several seeds: their mean,
/// and a band from the lowest to the highest. Those for which there is nothing to show yet are left out. note: a few
/// words that stand in every picture; may be empty.
std::vector<std::pair<std::string, std::string>> race_plots(const RaceResult& race, std::span<const Sweep> sweeps,
                                                            const std::string& note);

}  // namespace gradrace
