// "conv_pool": the options of conv2d without dilation, pool_size=2 and p=0. What the fusion pass makes of
// conv2d, relu, max_pool2d and dropout2d in a row: the same numbers from the same random draws, with no array between.
#include "kernels/conv_pool.hpp"

#include <algorithm>

#include "engine/layers/convolution.hpp"
#include "kernels/gemm.hpp"

namespace gradrace {
namespace {

class ConvPool final : public Layer {
 public:
  explicit ConvPool(Options& options)
      : conv_(options), pool_(options.integer("pool_size", 2, 1, 16)), p_(options.number("p", 0, 0, 0.999)) {}

  Shape plan(const std::string& name, const Shape& input, LayerPlan& plan) override {
    conv_.plan(name, input, plan);
    shape_ = {.conv = conv_.shape(), .pool_h = pool_, .pool_w = pool_};
    if (!kernels::conv_pool_supports(shape_))
      throw usage_error("a pooling window of {}x{} does not fit the convolution's output of {}x{}", pool_, pool_,
                        conv_.shape().out_h(), conv_.shape().out_w());
    const Index channels = conv_.shape().out_c;
    weight_rows_ = plan.book(Lifetime::kDerived, conv_.weights().rows * channels);
    sums_.plan(plan, bias_offset() + channels);
    places_ = plan.book(Lifetime::kStep, plan.batch() * shape_.out_floats());
    mask_ = plan.book(Lifetime::kStep, plan.batch() * channels);
    scratch_ = plan.book(Lifetime::kScratch, kernels::conv_pool_scratch_floats(shape_));
    return {shape_.out_h(), shape_.out_w(), channels};
  }

  Index samples_together() const override { return sums_.samples_together(); }
  Index multiply_adds() const override { return conv_.multiply_adds(); }
  std::optional<ConvKernels> kernels_used() const override {
    return ConvKernels{conv_.method(), "fused with relu, max pool and dropout; sparse backward"};
  }

  void draw(const Context& context, Generator& generator, DropoutStream stream) override {
    if (p_ > 0) draw_dropout(generator, stream, 1.0 - p_, context.span(mask_).first(mask_floats(context.batch)));
  }

  void prepare(const Context& context) const override { conv_.prepare(context); }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    for (Index s = samples.begin; s < samples.end; ++s)
      kernels::conv_pool_forward(context.isa, conv_.method(), shape_, in[s], conv_.forward_weight(context),
                                 conv_.bias(context), context.training ? scale(context, s) : nullptr, out[s],
                                 context.training ? places(context, s) : nullptr, context.span(scratch_));
  }

  void backward(const Context& context, Range samples, Activations in, Activations, Activations d_out,
                Activations d_in) const override {
    for (Index s = samples.begin; s < samples.end; ++s) {
      float* term = sums_.term(context, s);
      kernels::conv_pool_backward(context.isa, shape_, in[s], d_out[s], scale(context, s), places(context, s),
                                  context.at(weight_rows_), term, term + bias_offset(), sums_.adds(s),
                                  d_in ? d_in[s] : nullptr, context.span(scratch_));
      sums_.done(context, s);
    }
  }

  void parameter_gradient(const Context& context, Index index, Range panels, Activations, Activations,
                          float* gradient) const override {
    const Range channels{panels.begin * kPanel, std::min(panels.end * kPanel, shape_.conv.out_c)};
    std::fill_n(gradient, panels.size() * kPanel * (index == 0 ? conv_.weights().rows : 1), 0.0f);
    if (index == 0)
      conv_.add_rows(context, panels, sums_, 0, context.at(scratch_), gradient);
    else
      sums_.total(context, bias_offset() + channels.begin, channels.size(), gradient);
  }

  void refresh(const Context& context, Index index, Range panels) const override {
    if (index == 0)
      kernels::columns_from_panels(conv_.weights(), conv_.weight(context), panels, context.at(weight_rows_));
  }

 private:
  /// Of a sum over samples: the weight's gradient as rows [out_channels][depth], then the bias's.
  Index bias_offset() const { return round_up(conv_.weights().rows * shape_.conv.out_c, kPanel); }
  std::size_t mask_floats(Index samples) const { return std::size_t(samples * shape_.conv.out_c); }
  const float* scale(const Context& context, Index sample) const {
    return p_ > 0 ? context.at(mask_) + mask_floats(sample) : nullptr;
  }
  float* places(const Context& context, Index sample) const {
    return context.at(places_) + sample * shape_.out_floats();
  }

  Convolution conv_;
  Index pool_;
  double p_;
  kernels::ConvPoolShape shape_;
  SampleSums sums_;
  Slot weight_rows_, places_, mask_, scratch_;
};

const LayerRegistry::Entry<ConvPool> entry("conv_pool");

}  // namespace
}  // namespace gradrace
