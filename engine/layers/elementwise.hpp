#pragma once
/// What all layers share that are one function of each element.

#include <span>

#include "engine/layers/layer.hpp"

namespace gradrace {

/// A layer of two kernels, forward(isa, x, y) and backward(isa, from, dy, dx), where backward reads the output y if
/// kReadsOutput, and else the input x. In place if nobody misses the input.
template <auto kForward, auto kBackward, bool kReadsOutput>
class Elementwise final : public Layer {
 public:
  explicit Elementwise(Options&) {}

  Shape plan(const std::string&, const Shape& input, LayerPlan&) override {
    floats_ = std::size_t(input.floats());
    return input;
  }

  bool in_place() const override { return kReadsOutput; }
  Reads backward_reads() const override { return {.input = !kReadsOutput, .output = kReadsOutput}; }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    for (Index s = samples.begin; s < samples.end; ++s) kForward(context.isa, {in[s], floats_}, {out[s], floats_});
  }

  void backward(const Context& context, Range samples, Activations in, Activations out, Activations d_out,
                Activations d_in) const override {
    if (!d_in) return;
    const Activations& from = kReadsOutput ? out : in;
    for (Index s = samples.begin; s < samples.end; ++s)
      kBackward(context.isa, {from[s], floats_}, {d_out[s], floats_}, {d_in[s], floats_});
  }

 private:
  std::size_t floats_ = 0;
};

}  // namespace gradrace
