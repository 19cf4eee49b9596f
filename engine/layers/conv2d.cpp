// "conv2d": out_channels, kernel_size, stride=1, padding=0, dilation=1, bias=true. PyTorch's nn.Conv2d, square windows.
#include "engine/layers/convolution.hpp"
#include "kernels/gemm.hpp"

namespace gradrace {
namespace {

class Conv2d final : public Layer {
 public:
  explicit Conv2d(Options& options) : conv_(options) {}

  Shape plan(const std::string& name, const Shape& input, LayerPlan& plan) override {
    conv_.plan(name, input, plan);
    transposed_ = plan.book(Lifetime::kDerived, conv_.weights().transposed().floats());
    partials_ = plan.book(Lifetime::kStep, plan.groups() * partial_floats());
    scratch_ = plan.book(Lifetime::kScratch, kernels::conv2d_scratch_floats(conv_.shape()));
    return {conv_.shape().out_h(), conv_.shape().out_w(), conv_.shape().out_c};
  }

  Index multiply_adds() const override { return conv_.multiply_adds(); }
  std::string kernels_used() const override { return std::string(kernels::name(conv_.method())) + ", dense backward"; }

  void prepare(const Context& context) const override { conv_.prepare(context); }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::conv2d_forward(context.isa, conv_.method(), conv_.shape(), in[s], conv_.forward_weight(context),
                              conv_.bias(context), out[s], context.span(scratch_));
  }

  void backward(const Context& context, Range samples, Activations in, Activations, Activations d_out,
                Activations d_in) const override {
    for (Index s = samples.begin; s < samples.end; ++s) {
      float* partial = context.at(partials_) + s / kGroup * partial_floats();
      kernels::conv2d_parameter_gradient(context.isa, conv_.method(), conv_.shape(), in[s], d_out[s], partial,
                                         partial + conv_.weights().floats(), s % kGroup != 0, context.span(scratch_));
      if (d_in)
        kernels::conv2d_input_gradient(context.isa, conv_.shape(), d_out[s], context.at(transposed_), d_in[s],
                                       context.span(scratch_));
    }
  }

  void parameter_gradient(const Context& context, Index index, Range panels, Activations, Activations,
                          float* gradient) const override {
    const kernels::PanelMatrix w = conv_.weights();
    const Index panel = (index == 0 ? w.rows : 1) * kPanel;
    const float* partial = context.at(partials_) + (index == 0 ? 0 : w.floats());
    kernels::tree_sum(context.isa, divide_up(context.batch, kGroup), panels.size() * panel,
                      partial + panels.begin * panel, partial_floats(), gradient);
  }

  void refresh(const Context& context, Index index, Range panels) const override {
    if (index == 0)
      kernels::transpose(context.isa, conv_.weights(), conv_.weight(context), panels, context.at(transposed_));
  }

 private:
  /// Of one group: the weight's gradient as a panel matrix, then the bias's.
  Index partial_floats() const { return conv_.weights().floats() + round_up(conv_.shape().out_c, kPanel); }

  Convolution conv_;
  Slot transposed_, partials_, scratch_;
};

const LayerRegistry::Entry<Conv2d> entry("conv2d");

}  // namespace
}  // namespace gradrace
