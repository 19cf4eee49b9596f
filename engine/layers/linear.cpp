// "linear": out_features, bias=true. PyTorch's nn.Linear after nn.Flatten: an input of [h][w][c] counts as PyTorch's
// flat channel-major vector.
#include "kernels/linear.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "engine/layers/layer.hpp"
#include "kernels/gemm.hpp"

namespace gradrace {
namespace {

// Weights from this size on are shared out: a cache line that one worker writes and another reads costs as much as
// hundreds of multiply-adds, and each step would make all lines of the weights such.
constexpr Index kSharedFloats = 1 << 15;

class Linear final : public Layer {
 public:
  explicit Linear(Options& options)
      : outputs_(options.integer("out_features", 1, 1 << 20)), has_bias_(options.flag("bias", true)) {}

  Shape plan(const std::string& name, const Shape& input, LayerPlan& plan) override {
    weights_ = {outputs_, input.floats()};
    // Shared out if large; lists reach whole panels, and offsets of 32 bits, only.
    shared_ = weights_.floats() >= kSharedFloats && kernels::linear_parts(weights_) > 1 &&
              weights_.cols % kPanel == 0 &&
              plan.batch() * (weights_.cols + kPanel) <= std::numeric_limits<std::int32_t>::max();
    weight_ = plan.add({.name = name + ".weight",
                        .shape = {outputs_, weights_.cols},
                        .draw_initial = uniform_by_fan_in(weights_.cols),
                        .layout = weights_,
                        .grain = shared_ ? kernels::linear_part_panels(weights_) : 1,
                        .place = [w = weights_, input](Index i) {
                          const Index k = i % w.cols, x = k % input.w, y = k / input.w % input.h;
                          const Index c = k / (input.w * input.h);
                          return w.offset(i / w.cols, (y * input.w + x) * input.c + c);
                        }});
    if (has_bias_)
      bias_ = plan.add({.name = name + ".bias",
                        .shape = {outputs_},
                        .draw_initial = uniform_by_fan_in(weights_.cols),
                        .layout = {1, outputs_},
                        .place = [](Index i) { return i; }});
    else
      bias_ = plan.book(Lifetime::kDerived, round_up(outputs_, kPanel));  // zeros
    sums_ =
        plan.book(shared_ ? Lifetime::kStep : Lifetime::kScratch, kernels::linear_sum_floats(weights_, plan.batch()));
    if (shared_) lists_ = plan.book_per_worker(Lifetime::kStep, kernels::linear_list_floats(weights_, plan.batch()));
    return {1, 1, outputs_};
  }

  bool wants_all_samples() const override { return true; }
  Index multiply_adds() const override { return outputs_ * weights_.cols; }
  Index shared_parts() const override { return shared_ ? kernels::linear_parts(weights_) : 0; }

  void forward_parts(const Context& context, Range parts, Activations in) const override {
    kernels::linear_part_sums(context.isa, weights_, parts, context.batch, {in.data, in.stride}, context.at(weight_),
                              context.span(sums_));
  }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    if (shared_) {
      kernels::linear_add_up(context.isa, weights_, samples, context.batch, context.span(sums_), context.at(bias_),
                             {out.data, out.stride});
    } else {
      const Index n = samples.size();
      kernels::linear_part_sums(context.isa, weights_, {0, kernels::linear_parts(weights_)}, n,
                                {in[samples.begin], in.stride}, context.at(weight_), context.span(sums_));
      kernels::linear_add_up(context.isa, weights_, {0, n}, n, context.span(sums_), context.at(bias_),
                             {out[samples.begin], out.stride});
    }
  }

  void backward(const Context& context, Range samples, Activations, Activations, Activations d_out,
                Activations d_in) const override {
    if (d_in)
      kernels::linear_input_gradient(context.isa, weights_, {0, weights_.panels()}, samples.size(),
                                     {d_out[samples.begin], d_out.stride}, context.at(weight_),
                                     {d_in[samples.begin], d_in.stride});
  }

  void backward_parts(const Context& context, Range parts, Activations in, Activations d_out,
                      Activations d_in) const override {
    kernels::linear_list(context.isa, weights_, context.batch, {d_out.data, d_out.stride}, in.stride,
                         context.span(lists_));
    const Index panels = kernels::linear_part_panels(weights_);
    if (d_in)
      kernels::linear_sparse_input_gradient(
          context.isa, weights_, {parts.begin * panels, std::min(parts.end * panels, weights_.panels())}, context.batch,
          context.span(lists_), context.at(weight_), {d_in.data, d_in.stride});
  }

  /// Formed slice by slice over the whole batch, samples in order: no partial gradients of a large matrix.
  void parameter_gradient(const Context& context, Index index, Range panels, Activations in, Activations d_out,
                          float* gradient) const override {
    if (index == 0 && shared_) {
      kernels::linear_sparse_weight_gradient(context.isa, weights_, panels, context.batch, {in.data, in.stride},
                                             context.span(lists_), gradient);
    } else if (index == 0) {
      kernels::linear_weight_gradient(context.isa, weights_, context.batch, {in.data, in.stride},
                                      {d_out.data, d_out.stride}, panels, gradient);
    } else {
      const Index first = panels.begin * kPanel, outputs = std::min(panels.end * kPanel, outputs_) - first;
      std::fill_n(gradient, panels.size() * kPanel, 0.0f);
      kernels::add_column_sums(context.isa, context.batch, outputs, d_out.data + first, d_out.stride, gradient);
    }
  }

 private:
  Index outputs_;
  bool has_bias_;
  bool shared_ = false;
  kernels::PanelMatrix weights_;
  Slot weight_, bias_, sums_;
  Slot lists_;  // of the gradients that are not zero, each worker's own
};

const LayerRegistry::Entry<Linear> entry("linear");

}  // namespace
}  // namespace gradrace
