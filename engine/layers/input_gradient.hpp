#pragma once
/// The gradient of a convolution's input from all gradients of its output: as a convolution itself where that is
/// faster, else by patches.

#include <optional>

#include "engine/layers/layer.hpp"
#include "kernels/conv2d.hpp"

namespace gradrace {

class InputGradient {
 public:
  /// Picks the way and books the memory for what it derives from the weights.
  void plan(const kernels::ConvShape& shape, LayerPlan& plan);
  Index scratch_floats() const;

  /// As Layer's: brings up to date what is derived from some panels of the weights, and a worker's own copy.
  void refresh(const Context& context, const float* weight, Range panels) const;
  void prepare(const Context& context) const;
  /// Overwrites dx, of one sample.
  void compute(const Context& context, const float* dy, float* dx, std::span<float> scratch) const;

 private:
  kernels::ConvShape shape_;
  std::optional<kernels::ConvShape> adjoint_;
  kernels::ConvMethod method_ = kernels::ConvMethod::kIm2col;  // of the adjoint
  Slot weight_;                                                // turned, or transposed
  Slot prepared_, no_bias_;                                    // of the adjoint
};

}  // namespace gradrace
