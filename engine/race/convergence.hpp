#pragma once
/// When a run has converged, and when it has reached its target.

#include <span>
#include <string>

#include "kernels/base.hpp"

namespace gradrace {

/// Training losses that are averaged, because that of a single batch jumps about.
inline constexpr Index kConvergenceWindow = 100;

/// The step at which a run converged.
struct Convergence {
  Index step = 0;            ///< counted from 1
  double train_seconds = 0;  ///< spent on training up to and with this step; evaluation does not count
};

/// Where a run reached its target: an accuracy, looked at after each epoch, or convergence.
struct Target {
  std::string metric;  ///< "accuracy" or "loss"
  double value = 0;    ///< that was asked for
  Index epoch = 0, step = 0;
  double train_seconds = 0;
};

/// Whether the mean of the last kConvergenceWindow losses is at or below `target`; false while there are fewer.
bool has_converged(std::span<const float> losses, double target);

}  // namespace gradrace
