#include "engine/training/loss.hpp"

#include "kernels/softmax_nll.hpp"

namespace gradrace {
namespace {

class CrossEntropy final : public Loss {
 public:
  float of(const kernels::Isa& isa, std::span<const float> output, Index label, float scale,
           std::span<float> gradient) const noexcept override {
    return kernels::log_softmax_nll(isa, output, label, scale, {}, gradient);
  }
};

}  // namespace

const Loss& cross_entropy() {
  static const CrossEntropy loss;
  return loss;
}

}  // namespace gradrace
