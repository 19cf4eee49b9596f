#include "engine/layers/input_gradient.hpp"

#include "kernels/conv_adjoint.hpp"
#include "kernels/gemm.hpp"

namespace gradrace {

void InputGradient::plan(const kernels::ConvShape& shape, LayerPlan& plan) {
  shape_ = shape;
  adjoint_ = kernels::conv_adjoint(shape);
  const kernels::PanelMatrix weights = kernels::conv2d_weights(shape);
  weight_ = plan.book(Lifetime::kDerived,
                      adjoint_ ? kernels::conv2d_weights(*adjoint_).floats() : weights.transposed().floats());
  if (!adjoint_) return;
  method_ = kernels::conv2d_best(*adjoint_);
  if (const auto wish = plan.choice().conv; wish && kernels::conv2d_suits(*wish, *adjoint_)) method_ = *wish;
  if (const Index floats = kernels::conv2d_prepared_floats(method_, *adjoint_); floats > 0)
    prepared_ = plan.book_per_worker(Lifetime::kDerived, floats);
  no_bias_ = plan.book(Lifetime::kDerived, round_up(shape.in_c, kPanel));  // zeros from the start
}

Index InputGradient::scratch_floats() const {
  return kernels::conv2d_scratch_floats(adjoint_ ? *adjoint_ : shape_);
}

void InputGradient::refresh(const Context& context, const float* weight, Range panels) const {
  if (adjoint_)
    kernels::conv_turn_weights(context.isa, shape_, weight, panels, context.at(weight_));
  else
    kernels::transpose(context.isa, kernels::conv2d_weights(shape_), weight, panels, context.at(weight_));
}

void InputGradient::prepare(const Context& context) const {
  if (prepared_.floats > 0)
    kernels::conv2d_prepare_weights(context.isa, method_, *adjoint_, context.at(weight_), context.at(prepared_));
}

void InputGradient::compute(const Context& context, const float* dy, float* dx, std::span<float> scratch) const {
  if (adjoint_)
    kernels::conv2d_forward(context.isa, method_, *adjoint_, dy, context.at(prepared_.floats > 0 ? prepared_ : weight_),
                            context.at(no_bias_), dx, scratch);
  else
    kernels::conv2d_input_gradient(context.isa, shape_, dy, context.at(weight_), dx, scratch);
}

}  // namespace gradrace
