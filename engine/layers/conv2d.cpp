// "conv2d": out_channels, kernel_size, stride=1, padding=0, dilation=1, bias=true. PyTorch's nn.Conv2d, square windows.
// And relu=false: whether nn.ReLU follows at once, which is what the fusion pass makes of the two.
#include <algorithm>

#include "engine/layers/convolution.hpp"
#include "engine/layers/input_gradient.hpp"
#include "kernels/conv_sparse.hpp"
#include "kernels/gemm.hpp"
#include "kernels/pointwise.hpp"

namespace gradrace {
namespace {

// Without a wish a sample's gradients are summed over the non-zeros where there is at most one in kSparseShare, as
// behind ReLU and max pooling, and each of them stands for sums of at least kSparseDepth: listing it costs as much as
// some tens of multiply-adds.
constexpr Index kSparseShare = 4, kSparseDepth = 128;

class Conv2d final : public Layer {
 public:
  explicit Conv2d(Options& options) : conv_(options), relu_(options.flag("relu", false)) {}

  Shape plan(const std::string& name, const Shape& input, LayerPlan& plan) override {
    conv_.plan(name, input, plan);
    wish_ = plan.choice().backward;
    may_be_sparse_ = wish_ ? *wish_ == Backward::kSparse : conv_.weights().rows >= kSparseDepth;
    input_gradient_.plan(conv_.shape(), plan);
    if (may_be_sparse_) weight_rows_ = plan.book(Lifetime::kDerived, row_floats());
    sums_.plan(plan, sum_floats());
    scratch_ = plan.book(Lifetime::kScratch, scratch_floats());
    return {conv_.shape().out_h(), conv_.shape().out_w(), conv_.shape().out_c};
  }

  Index samples_together() const override { return sums_.samples_together(); }
  Index multiply_adds() const override { return conv_.multiply_adds(); }
  Reads backward_reads() const override { return {.input = true, .output = relu_}; }
  std::optional<ConvKernels> kernels_used() const override {
    const char* backward = !may_be_sparse_ ? "dense backward"
                           : wish_         ? "sparse backward"
                                           : "sparse backward where it pays";
    return ConvKernels{conv_.method(), backward};
  }

  void prepare(const Context& context) const override {
    conv_.prepare(context);
    input_gradient_.prepare(context);
  }

  void forward(const Context& context, Range samples, Activations in, Activations out) const override {
    const auto forward = relu_ ? kernels::conv2d_relu_forward : kernels::conv2d_forward;
    for (Index s = samples.begin; s < samples.end; ++s)
      forward(context.isa, conv_.method(), conv_.shape(), in[s], conv_.forward_weight(context), conv_.bias(context),
              out[s], context.span(scratch_));
  }

  void backward(const Context& context, Range samples, Activations in, Activations out, Activations d_out,
                Activations d_in) const override {
    const std::size_t floats = std::size_t(conv_.shape().out_floats());
    for (Index s = samples.begin; s < samples.end; ++s) {
      if (relu_ && !kernel_applies_relu(bool(d_in)))
        kernels::relu_backward(context.isa, {out[s], floats}, {d_out[s], floats}, {d_out[s], floats});
      float* term = sums_.term(context, s);
      float* d_image = d_in ? d_in[s] : nullptr;
      if (!sums_.adds(s)) std::fill_n(term, sum_floats(), 0.0f);
      if (is_sparse(context, d_out[s]))
        kernels::conv_sparse_gradients(context.isa, conv_.shape(), in[s], d_out[s], context.at(weight_rows_),
                                       term + rows_offset(), term + bias_offset(), true, d_image,
                                       context.span(scratch_));
      else
        dense_backward(context, in[s], out[s], d_out[s], term, d_image);
      sums_.done(context, s);
    }
  }

  void parameter_gradient(const Context& context, Index index, Range panels, Activations, Activations,
                          float* gradient) const override {
    const Index panel = (index == 0 ? conv_.weights().rows : 1) * kPanel;
    sums_.total(context, (index == 0 ? 0 : bias_offset()) + panels.begin * panel, panels.size() * panel, gradient);
    if (index == 0 && may_be_sparse_)
      conv_.add_rows(context, panels, sums_, rows_offset(), context.at(scratch_), gradient);
  }

  void refresh(const Context& context, Index index, Range panels) const override {
    if (index != 0) return;
    input_gradient_.refresh(context, conv_.weight(context), panels);
    if (may_be_sparse_)
      kernels::columns_from_panels(conv_.weights(), conv_.weight(context), panels, context.at(weight_rows_));
  }

 private:
  /// Whether backward leaves ReLU to the kernel of the weight's gradient, as it may where nobody else reads d_out.
  bool kernel_applies_relu(bool wants_d_in) const { return !wants_d_in && !may_be_sparse_; }
  bool is_sparse(const Context& context, const float* d_out) const {
    if (wish_ || !may_be_sparse_) return may_be_sparse_;
    const Index floats = conv_.shape().out_floats();
    return kernels::count_non_zeros(context.isa, {d_out, std::size_t(floats)}) * kSparseShare <= floats;
  }

  void dense_backward(const Context& context, const float* x, const float* y, float* dy, float* term, float* dx) const {
    if (relu_ && kernel_applies_relu(dx != nullptr))
      kernels::conv2d_relu_parameter_gradient(context.isa, conv_.method(), conv_.shape(), x, y, dy, term,
                                              term + bias_offset(), true, context.span(scratch_));
    else
      kernels::conv2d_parameter_gradient(context.isa, conv_.method(), conv_.shape(), x, dy, term, term + bias_offset(),
                                         true, context.span(scratch_));
    if (dx) input_gradient_.compute(context, dy, dx, context.span(scratch_));
  }

  /// Of a sum over samples: the weight's gradient of dense samples as a panel matrix, the bias's, and the weight's of
  /// sparse samples as rows [out_channels][depth].
  Index bias_offset() const { return conv_.weights().floats(); }
  Index rows_offset() const { return bias_offset() + round_up(conv_.shape().out_c, kPanel); }
  Index row_floats() const { return round_up(conv_.weights().rows * conv_.shape().out_c, kPanel); }
  Index sum_floats() const { return rows_offset() + (may_be_sparse_ ? row_floats() : 0); }
  /// For a pass over one sample, and for a column of the gradient.
  Index scratch_floats() const {
    const Index dense = std::max(kernels::conv2d_scratch_floats(conv_.shape()), input_gradient_.scratch_floats());
    if (!may_be_sparse_) return dense;
    return std::max({dense, kernels::conv_sparse_scratch_floats(conv_.shape()), conv_.weights().rows});
  }

  Convolution conv_;
  InputGradient input_gradient_;
  bool relu_;
  std::optional<Backward> wish_;
  bool may_be_sparse_ = false;
  SampleSums sums_;
  Slot weight_rows_, scratch_;
};

const LayerRegistry::Entry<Conv2d> entry("conv2d");

}  // namespace
}  // namespace gradrace
