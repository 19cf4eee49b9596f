#pragma once
/// When a run has converged.

#include <span>

#include "kernels/base.hpp"

namespace gradrace {

/// Training losses that are averaged, because that of a single batch jumps about.
inline constexpr Index kConvergenceWindow = 100;

/// The step at which a run converged.
struct Convergence {
  Index step = 0;            ///< counted from 1
  double train_seconds = 0;  ///< spent on training up to and with this step; evaluation does not count
};

/// Whether the mean of the last kConvergenceWindow losses is at or below `target`; false while there are fewer.
bool has_converged(std::span<const float> losses, double target);

}  // namespace gradrace
