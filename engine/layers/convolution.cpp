#include "engine/layers/convolution.hpp"

#include <algorithm>

#include "kernels/gemm.hpp"

namespace gradrace {
namespace {

/// The place in the panel matrix of element i of PyTorch's [out][in][ky][kx].
Index place_of(const kernels::ConvShape& s, Index i) {
  const kernels::PanelMatrix w = kernels::conv2d_weights(s);
  const Index kx = i % s.x.kernel, ky = i / s.x.kernel % s.y.kernel;
  const Index c = i / (s.x.kernel * s.y.kernel) % s.in_c, o = i / w.rows;
  return w.offset((ky * s.x.kernel + kx) * s.in_c + c, o);
}

}  // namespace

Convolution::Convolution(Options& options) {
  shape_.out_c = options.integer("out_channels", 1, 1 << 16);
  shape_.x.kernel = options.integer("kernel_size", 3, 1, 1 << 10);
  shape_.x.stride = options.integer("stride", 1, 1, 1 << 10);
  shape_.x.padding = options.integer("padding", 0, 0, 1 << 10);
  shape_.x.dilation = options.integer("dilation", 1, 1, 1 << 10);
  shape_.y = shape_.x;
  has_bias_ = options.flag("bias", true);
}

void Convolution::plan(const std::string& name, const Shape& input, LayerPlan& plan) {
  shape_.in_h = input.h, shape_.in_w = input.w, shape_.in_c = input.c;
  if (shape_.out_h() < 1 || shape_.out_w() < 1)
    throw usage_error("a window that spans {}x{} does not fit an input of {}x{}", shape_.y.extent(), shape_.x.extent(),
                      input.h, input.w);
  method_ = kernels::conv2d_best(shape_);
  if (const auto wish = plan.choice().conv; wish && kernels::conv2d_suits(*wish, shape_)) method_ = *wish;
  if (const Index floats = kernels::conv2d_prepared_floats(method_, shape_); floats > 0)
    prepared_ = plan.book_per_worker(Lifetime::kDerived, floats);
  weight_ = plan.add({.name = name + ".weight",
                      .shape = {shape_.out_c, input.c, shape_.y.kernel, shape_.x.kernel},
                      .draw_initial = uniform_by_fan_in(weights().rows),
                      .layout = weights(),
                      .place = [s = shape_](Index i) { return place_of(s, i); }});
  if (!has_bias_) {
    bias_ = plan.book(Lifetime::kDerived, round_up(shape_.out_c, kPanel));
    return;
  }
  bias_ = plan.add({.name = name + ".bias",
                    .shape = {shape_.out_c},
                    .draw_initial = uniform_by_fan_in(weights().rows),
                    .layout = {1, shape_.out_c},
                    .place = [](Index i) { return i; }});
}

void Convolution::add_rows(const Context& context, Range panels, const SampleSums& sums, Index offset, float* column,
                           float* gradient) const {
  const Range channels{panels.begin * kPanel, std::min(panels.end * kPanel, shape_.out_c)};
  const Index depth = weights().rows;
  const kernels::PanelMatrix block{depth, channels.size()};
  for (Index o = channels.begin; o < channels.end; ++o) {
    sums.total(context, offset + o * depth, depth, column);
    for (Index r = 0; r < depth; ++r) gradient[block.offset(r, o - channels.begin)] += column[r];
  }
}

}  // namespace gradrace
