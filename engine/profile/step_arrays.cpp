#include "engine/profile/step_arrays.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/random.hpp"
#include "kernels/stream.hpp"

namespace gradrace {

StepArrays::StepArrays(Index parameters, Index arrays)
    : parameters_(parameters),
      arrays_(arrays),
      stride_(round_up(parameters, kPanel)),
      plan_(1),
      slot_(plan_.book(Lifetime::kPersistent, arrays * stride_)),
      memory_(plan_) {}

void StepArrays::fill(const kernels::Team& team, Index arrays) const {
  constexpr float kGradientScale = 0.01f, kStateScale = 1e-4f;
  std::array<float, 1009> numbers;  // a prime number of them, so that arrays do not repeat each other
  Generator generator(1);
  fill_uniform(generator, 1.0f, numbers);
  team.run([&](kernels::Worker worker) noexcept {
    const Range range = worker.share_of(parameters_, kPanel);
    for (Index array = 0; array < arrays; ++array) {
      const std::span<float> to = part(array, range);
      std::size_t next = std::size_t(array * stride_ + range.begin) % numbers.size();
      for (float& value : to) {
        value = array == 0   ? numbers[next]
                : array == 1 ? kGradientScale * numbers[next]
                             : kStateScale * std::abs(numbers[next]);
        if (++next == numbers.size()) next = 0;
      }
    }
  });
}

void StepArrays::fill_subnormal(const kernels::Worker& worker) const {
  constexpr float kSubnormal = 1e-39f;
  const Range range = worker.share_of(parameters_, kPanel);
  for (Index array = 0; array < arrays_; ++array) std::ranges::fill(part(array, range), array == 0 ? 0.5f : kSubnormal);
}

void StepArrays::flush(const kernels::Worker& worker, Index arrays) const {
  const Range range = worker.share_of(parameters_, kPanel);
  for (Index array = 0; array < arrays; ++array) kernels::flush_caches(part(array, range));
}

}  // namespace gradrace
