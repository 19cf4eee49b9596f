#pragma once
/// What all layers with a convolution share: its options, its shape and its parameters.

#include "engine/layers/sample_sums.hpp"
#include "kernels/conv2d.hpp"

namespace gradrace {

/// Options out_channels, kernel_size, stride=1, padding=0, dilation=1, bias=true, as PyTorch's nn.Conv2d with square
/// windows.
class Convolution {
 public:
  explicit Convolution(Options& options);

  /// Fits the convolution to its input, picks its method and adds name.weight and (unless bias=false) name.bias; throws
  /// usage_error if the window is larger than the input.
  void plan(const std::string& name, const Shape& input, LayerPlan& plan);

  const kernels::ConvShape& shape() const { return shape_; }
  kernels::PanelMatrix weights() const { return kernels::conv2d_weights(shape_); }
  kernels::ConvMethod method() const { return method_; }
  const float* weight(const Context& context) const { return context.at(weight_); }
  /// The weights as the method's forward pass wants them; prepare() brings a worker's copy up to date.
  const float* forward_weight(const Context& context) const {
    return prepared_.floats > 0 ? context.at(prepared_) : weight(context);
  }
  void prepare(const Context& context) const {
    if (prepared_.floats > 0)
      kernels::conv2d_prepare_weights(context.isa, method_, shape_, weight(context), context.at(prepared_));
  }
  /// Of a forward pass of one sample, as the sum stands.
  Index multiply_adds() const { return shape_.out_h() * shape_.out_w() * weights().rows * weights().cols; }
  /// Zeros if there is none.
  const float* bias(const Context& context) const { return context.at(bias_); }

  /// Adds the weight's gradient, which sums over samples hold as rows [out_channels][depth] from `offset` on, to some
  /// panels of it. column: depth floats of scratch.
  void add_rows(const Context& context, Range panels, const SampleSums& sums, Index offset, float* column,
                float* gradient) const;

 private:
  kernels::ConvShape shape_;
  bool has_bias_;
  kernels::ConvMethod method_ = kernels::ConvMethod::kIm2col;
  Slot weight_, bias_, prepared_;
};

}  // namespace gradrace
