// "conv2d": out_channels, kernel_size, stride=1, padding=0, dilation=1. PyTorch's nn.Conv2d, square windows.
#include "kernels/conv2d.hpp"

#include "engine/layer.hpp"
#include "kernels/gemm.hpp"

namespace gradrace {
namespace {

class Conv2d final : public Layer {
 public:
  explicit Conv2d(Options& options) {
    shape_.out_c = options.integer("out_channels", 1, 1, 1 << 16);
    shape_.x.kernel = options.integer("kernel_size", 3, 1, 1 << 10);
    shape_.x.stride = options.integer("stride", 1, 1, 1 << 10);
    shape_.x.padding = options.integer("padding", 0, 0, 1 << 10);
    shape_.x.dilation = options.integer("dilation", 1, 1, 1 << 10);
    shape_.y = shape_.x;
  }

  Shape plan(const std::string& name, const Shape& input, LayerPlan& plan) override {
    shape_.in_h = input.h, shape_.in_w = input.w, shape_.in_c = input.c;
    if (shape_.out_h() < 1 || shape_.out_w() < 1)
      throw usage_error("layer {}: a window that spans {}x{} does not fit an input of {}x{}", name, shape_.y.extent(),
                        shape_.x.extent(), input.h, input.w);
    weights_ = kernels::conv2d_weights(shape_);
    weight_ = plan.add({.name = name + ".weight",
                        .shape = {shape_.out_c, input.c, shape_.y.kernel, shape_.x.kernel},
                        .fan_in = weights_.rows,
                        .layout = weights_,
                        .place = [s = shape_, w = weights_](Index i) {
                          const Index kx = i % s.x.kernel, ky = i / s.x.kernel % s.y.kernel;
                          const Index c = i / (s.x.kernel * s.y.kernel) % s.in_c, o = i / w.rows;
                          return w.offset((ky * s.x.kernel + kx) * s.in_c + c, o);
                        }});
    bias_ = plan.add({.name = name + ".bias",
                      .shape = {shape_.out_c},
                      .fan_in = weights_.rows,
                      .layout = {1, shape_.out_c},
                      .place = [](Index i) { return i; }});
    transposed_ = plan.book(Lifetime::kDerived, weights_.transposed().floats());
    bias_floats_ = round_up(shape_.out_c, kPanel);
    partials_ = plan.book(Lifetime::kStep, plan.groups() * partial_floats());
    scratch_ = plan.book(Lifetime::kScratch, kernels::conv2d_scratch_floats(shape_));
    return {shape_.out_h(), shape_.out_w(), shape_.out_c};
  }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::conv2d_forward(context.isa, shape_, in[s], context.at(weight_), context.at(bias_), out[s],
                              scratch(context));
  }

  void backward(const Context& context, Range samples, Activations in, Activations, Activations d_out,
                Activations d_in) const override {
    for (Index s = samples.begin; s < samples.end; ++s) {
      float* partial = context.at(partials_) + s / kGroup * partial_floats();
      kernels::conv2d_parameter_gradient(context.isa, shape_, in[s], d_out[s], partial, partial + weights_.floats(),
                                         s % kGroup != 0, scratch(context));
      if (d_in)
        kernels::conv2d_input_gradient(context.isa, shape_, d_out[s], context.at(transposed_), d_in[s],
                                       scratch(context));
    }
  }

  void parameter_gradient(const Context& context, Index index, Range rows, Activations, Activations,
                          float* gradient) const override {
    const kernels::PanelMatrix layout = index == 0 ? weights_ : kernels::PanelMatrix{1, shape_.out_c};
    const float* partial = context.at(partials_) + (index == 0 ? 0 : weights_.floats());
    for (Index p = 0; p < layout.panels(); ++p)
      kernels::tree_sum(context.isa, divide_up(context.batch, kGroup), rows.size() * kPanel,
                        partial + layout.offset(rows.begin, p * kPanel), partial_floats(),
                        gradient + p * rows.size() * kPanel);
  }

  void refresh(const Context& context, Index index, Range rows) const override {
    if (index == 0) kernels::transpose(context.isa, weights_, context.at(weight_), rows, context.at(transposed_));
  }

 private:
  Index partial_floats() const { return weights_.floats() + bias_floats_; }
  std::span<float> scratch(const Context& context) const {
    return {context.at(scratch_), std::size_t(scratch_.floats)};
  }

  kernels::ConvShape shape_;
  kernels::PanelMatrix weights_;
  Index bias_floats_ = 0;
  Slot weight_, bias_, transposed_, partials_, scratch_;
};

const LayerRegistry::Entry<Conv2d> entry("conv2d");

}  // namespace
}  // namespace gradrace
