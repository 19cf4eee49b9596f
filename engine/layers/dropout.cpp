// "dropout" drops single elements, "dropout2d" whole channels; both with p=0.5. PyTorch's nn.Dropout and nn.Dropout2d:
// what stays is scaled by 1 / (1 - p), and evaluation lets everything pass. In place.
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

  void draw(const Context& context, Generator& generator, DropoutStream stream) override {
    if (p_ > 0) draw_dropout(generator, stream, 1.0 - p_, {context.at(mask_), std::size_t(context.batch * channels_)});
  }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    if (context.training) scale(context, samples, in, out);
  }

  void backward(const Context& context, Range samples, Activations, Activations, Activations d_out,
                Activations d_in) const override {
    if (d_in) scale(context, samples, d_out, d_in);
  }

 private:
  void scale(const Context& context, Range samples, Activations from, Activations to) const {
    if (p_ == 0) return;
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::dropout(context.isa, positions_, {context.at(mask_) + s * channels_, std::size_t(channels_)}, from[s],
                       to[s]);
  }

  double p_;
  Index positions_ = 0, channels_ = 0;
  Slot mask_;
};

const LayerRegistry::Entry<Dropout<false>> elements("dropout");
const LayerRegistry::Entry<Dropout<true>> channels("dropout2d");

}  // namespace
}  // namespace gradrace
