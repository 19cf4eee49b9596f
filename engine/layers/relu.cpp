// "relu": max(x, 0), in place.
#include "engine/layers/layer.hpp"
#include "kernels/pointwise.hpp"

namespace gradrace {
namespace {

class Relu final : public Layer {
 public:
  explicit Relu(Options&) {}

  Shape plan(const std::string&, const Shape& input, LayerPlan&) override {
    floats_ = std::size_t(input.floats());
    return input;
  }

  bool in_place() const override { return true; }
  Reads backward_reads() const override { return {.input = false, .output = true}; }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::relu_forward(context.isa, {in[s], floats_}, {out[s], floats_});
  }

  void backward(const Context& context, Range samples, Activations, Activations out, Activations d_out,
                Activations d_in) const override {
    if (!d_in) return;
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::relu_backward(context.isa, {out[s], floats_}, {d_out[s], floats_}, {d_in[s], floats_});
  }

 private:
  std::size_t floats_ = 0;
};

const LayerRegistry::Entry<Relu> entry("relu");

}  // namespace
}  // namespace gradrace
