#include "engine/plan/initial.hpp"

#include <cmath>

namespace gradrace {

/// PyTorch computes the weight's bound as sqrt(3) * sqrt(2 / (1 + a^2)) / sqrt(fan_in) and the bias's as
/// 1 / sqrt(fan_in), both in double; rounded to float they are the same for every fan_in up to 2^24.
InitialValues uniform_by_fan_in(Index fan_in) {
  const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(fan_in)));
  return [bound](Generator& generator, std::span<float> values) { fill_uniform(generator, bound, values); };
}

}  // namespace gradrace
