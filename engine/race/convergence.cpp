#include "engine/race/convergence.hpp"

#include <numeric>

namespace gradrace {

bool has_converged(std::span<const float> losses, double target) {
  if (std::ssize(losses) < kConvergenceWindow) return false;
  const std::span<const float> window = losses.last(kConvergenceWindow);
  return std::accumulate(window.begin(), window.end(), 0.0) / double(kConvergenceWindow) <= target;
}

}  // namespace gradrace
