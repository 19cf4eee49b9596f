#include "engine/report/smoothing.hpp"

#include <algorithm>

#include "engine/race/convergence.hpp"

namespace gradrace {

std::vector<double> smoothed(std::span<const float> losses) {
  constexpr auto kWindow = std::size_t(kConvergenceWindow);
  std::vector<double> means;
  double sum = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    sum += double(losses[i]);
    if (i >= kWindow) sum -= double(losses[i - kWindow]);
    means.push_back(sum / double(std::min(i + 1, kWindow)));
  }
  return means;
}

std::vector<std::size_t> sampled(std::size_t length, std::size_t count) {
  const std::size_t points = std::min(length, count);
  std::vector<std::size_t> indices;
  for (std::size_t i = 1; i <= points; ++i) indices.push_back(i * length / points - 1);
  return indices;
}

}  // namespace gradrace
