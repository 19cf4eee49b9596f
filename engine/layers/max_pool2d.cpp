// "max_pool2d": kernel_size=2, stride=kernel_size, padding=0. PyTorch's nn.MaxPool2d.
#include "engine/layers/pooling.hpp"
#include "kernels/max_pool.hpp"

namespace gradrace {
namespace {

class MaxPool2d final : public Layer {
 public:
  explicit MaxPool2d(Options& options) : shape_(pooling_windows(options, 256)) {}

  Shape plan(const std::string&, const Shape& input, LayerPlan& plan) override {
    const Shape output = fit_pooling(input, shape_);
    argmax_bytes_ = round_up(output.floats() * Index(sizeof(kernels::PoolPlace)), Index(kAlignment));
    argmax_ = plan.book(Lifetime::kStep, plan.batch() * argmax_bytes_ / Index(sizeof(float)));
    return output;
  }

  Reads backward_reads() const override { return {.input = false, .output = false}; }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::max_pool_forward(context.isa, shape_, in[s], out[s], argmax(context, s));
  }

  void backward(const Context& context, Range samples, Activations, Activations, Activations d_out,
                Activations d_in) const override {
    if (!d_in) return;
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::max_pool_backward(context.isa, shape_, d_out[s], argmax(context, s), d_in[s]);
  }

 private:
  kernels::PoolPlace* argmax(const Context& context, Index sample) const {
    return reinterpret_cast<kernels::PoolPlace*>(context.memory->bytes_at(argmax_) + sample * argmax_bytes_);
  }

  kernels::PoolShape shape_;
  Index argmax_bytes_ = 0;
  Slot argmax_;
};

const LayerRegistry::Entry<MaxPool2d> entry("max_pool2d");

}  // namespace
}  // namespace gradrace
