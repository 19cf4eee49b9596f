#include "kernels/gradient_norm.hpp"

#include "kernels/base.hpp"

namespace gradrace::kernels {

double sum_of_squares(std::span<const float> x) noexcept {
  GRADRACE_EXPECT(Index(x.size()) % kPanel, ==, 0);
  double sums[kPanel] = {};
  for (std::size_t i = 0; i < x.size(); i += std::size_t(kPanel))
    for (std::size_t lane = 0; lane < std::size_t(kPanel); ++lane)
      sums[lane] += double(x[i + lane]) * double(x[i + lane]);
  double sum = 0;
  for (const double lane : sums) sum += lane;
  return sum;
}

float clip_factor(double norm, double max_norm) noexcept {
  const double factor = max_norm / (norm + 1e-6);
  return factor > 1 ? 1.0f : float(factor);
}

void scale(std::span<float> x, float factor) noexcept {
  for (float& value : x) value *= factor;
}

}  // namespace gradrace::kernels
