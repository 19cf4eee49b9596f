// "leaky_relu": negative_slope=0.01. PyTorch's nn.LeakyReLU: x where that is positive, else negative_slope * x.
#include <span>

#include "engine/layers/layer.hpp"
#include "kernels/activations.hpp"

namespace gradrace {
namespace {

class LeakyRelu final : public Layer {
 public:
  explicit LeakyRelu(Options& options) : slope_(float(options.number("negative_slope", 0.01, -kAny, kAny))) {}

  Shape plan(const std::string&, const Shape& input, LayerPlan&) override {
    floats_ = std::size_t(input.floats());
    return input;
  }

  /// Unless the slope is negative, the output is positive where the input is and nowhere else: enough for backward.
  bool in_place() const override { return slope_ >= 0; }
  Reads backward_reads() const override { return {.input = slope_ < 0, .output = slope_ >= 0}; }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::leaky_relu_forward(context.isa, slope_, {in[s], floats_}, {out[s], floats_});
  }

  void backward(const Context& context, Range samples, Activations in, Activations out, Activations d_out,
                Activations d_in) const override {
    if (!d_in) return;
    const Activations& from = slope_ < 0 ? in : out;
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::leaky_relu_backward(context.isa, slope_, {from[s], floats_}, {d_out[s], floats_}, {d_in[s], floats_});
  }

 private:
  float slope_;
  std::size_t floats_ = 0;
};

const LayerRegistry::Entry<LeakyRelu> entry("leaky_relu");

}  // namespace
}  // namespace gradrace
