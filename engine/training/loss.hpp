#pragma once
/// What training makes small.

#include <span>

#include "kernels/isa.hpp"

namespace gradrace {

class Loss {
 public:
  virtual ~Loss() = default;
  /// Of one sample with this output and label. Unless `gradient` is empty it becomes that of scale * loss with respect
  /// to the output. Threads: serial; called for different samples at once.
  virtual float of(const kernels::Isa& isa, std::span<const float> output, Index label, float scale,
                   std::span<float> gradient) const noexcept = 0;
};

/// The negative log likelihood of the label under the softmax of the output: torch.nn.functional.cross_entropy.
const Loss& cross_entropy();

}  // namespace gradrace
