// "dropout" drops single elements, "dropout2d" whole channels; both with p=0.5. PyTorch's nn.Dropout and nn.Dropout2d:
// what stays is scaled by 1 / (1 - p), and evaluation lets everything pass. In place.
#include <algorithm>

#include "engine/layers/layer.hpp"
#include "kernels/pointwise.hpp"

namespace gradrace {
namespace {

template <bool kChannels>
class Dropout final : public Layer {
 public:
  explicit Dropout(Options& options) : p_(options.number("p", 0.5, 0.0, 0.999)) {}

  Shape plan(const std::string&, const Shape& input, LayerPlan& plan) override {
    positions_ = kChannels ? input.h * input.w : 1;
    channels_ = input.floats() / positions_;
    mask_ = plan.book(Lifetime::kStep, plan.batch() * channels_);
    return input;
  }

  bool in_place() const override { return true; }
  Reads backward_reads() const override { return {.input = false, .output = false}; }

  void draw(const Context& context, Generator& generator, DropoutStream stream) override {
    if (p_ > 0) draw_dropout(generator, stream, 1.0 - p_, {context.at(mask_), std::size_t(context.batch * channels_)});
  }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    pass(context, context.training && p_ > 0, samples, in, out);
  }

  void backward(const Context& context, Range samples, Activations, Activations, Activations d_out,
                Activations d_in) const override {
    if (d_in) pass(context, p_ > 0, samples, d_out, d_in);
  }

 private:
  void pass(const Context& context, bool drops, Range samples, Activations from, Activations to) const {
    for (Index s = samples.begin; s < samples.end; ++s)
      if (drops)
        kernels::dropout(context.isa, positions_, {context.at(mask_) + s * channels_, std::size_t(channels_)}, from[s],
                         to[s]);
      else if (to.data != from.data)
        std::copy_n(from[s], positions_ * channels_, to[s]);
  }

  double p_;
  Index positions_ = 0, channels_ = 0;
  Slot mask_;
};

const LayerRegistry::Entry<Dropout<false>> elements("dropout");
const LayerRegistry::Entry<Dropout<true>> channels("dropout2d");

}  // namespace
}  // namespace gradrace
