// "avg_pool2d": kernel_size=2, stride=kernel_size, padding=0. PyTorch's nn.AvgPool2d: padding counts as zeros.
#include "engine/layers/pooling.hpp"
#include "kernels/avg_pool.hpp"

namespace gradrace {
namespace {

class AvgPool2d final : public Layer {
 public:
  explicit AvgPool2d(Options& options) : shape_(pooling_windows(options, 1 << 10)) {}

  Shape plan(const std::string&, const Shape& input, LayerPlan&) override { return fit_pooling(input, shape_); }

  Reads backward_reads() const override { return {.input = false, .output = false}; }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    for (Index s = samples.begin; s < samples.end; ++s) kernels::avg_pool_forward(context.isa, shape_, in[s], out[s]);
  }

  void backward(const Context& context, Range samples, Activations, Activations, Activations d_out,
                Activations d_in) const override {
    if (!d_in) return;
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::avg_pool_backward(context.isa, shape_, d_out[s], d_in[s]);
  }

 private:
  kernels::PoolShape shape_;
};

const LayerRegistry::Entry<AvgPool2d> entry("avg_pool2d");

}  // namespace
}  // namespace gradrace
