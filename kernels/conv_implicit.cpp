// Convolution that reads its patches in place: without padding and without dilation along x, each row of a window is
// one run of the image.

#include <algorithm>

#include "kernels/conv_method.hpp"
#include "kernels/conv_single.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

bool supports(const ConvShape& s) {
  return s.x.dilation == 1 && s.x.padding == 0 && s.y.padding == 0;
}

void forward_rows(const Isa& isa, const ConvShape& s, Range out_rows, const float* x, const float* weight,
                  const float* bias, float* y, std::span<float>) noexcept {
  if (conv_single_supports(s)) return isa.table().conv_single_forward(s, out_rows, x, weight, bias, y);
  // Output positions are stride * channels apart in the image, the rows of a window dilation * rows.
  const Index position = s.x.stride * s.in_c, row = s.in_w * s.in_c;
  GemmArgs product{.rows = s.out_w(),
                   .cols = s.out_c,
                   .depth = s.depth(),
                   .a = x,
                   .a_tile_stride = isa.table().gemm_tile_rows * position,
                   .a_row_stride = position,
                   .a_depth_stride = 1,
                   .a_run = s.x.kernel * s.in_c,
                   .a_run_stride = s.y.dilation * row,
                   .b = weight,
                   .b_panel_stride = s.depth() * kPanel,
                   .b_depth_stride = kPanel,
                   .c = y,
                   .c_panel_stride = kPanel,
                   .c_row_stride = s.out_c,
                   .bias = bias,
                   .accumulate = false};
  for (Index oy = out_rows.begin; oy < out_rows.end; ++oy, product.c += s.out_w() * s.out_c) {
    product.a = x + oy * s.y.stride * row;
    isa.table().gemm(product);
  }
}

/// The last positions whose gradients, read as whole panels, would reach behind dy.
Index tail_positions(const ConvShape& s) {
  return divide_up(round_up(s.out_c, kPanel) - s.out_c, s.out_c);
}

/// The weight's gradient from the first `positions` of an image's part and its output's gradients. Each row of the
/// kernel is a product of its own, whose depth, the positions, runs along the image's rows.
void weight_gradient(const Isa& isa, const ConvShape& s, Index positions, const float* x, const float* dy,
                     Index dy_stride, float* dweight, bool accumulate) noexcept {
  const Index row = s.x.kernel * s.in_c;
  for (Index ky = 0; ky < s.y.kernel; ++ky)
    isa.table().gemm({.rows = row,
                      .cols = s.out_c,
                      .depth = positions,
                      .a = x + ky * s.y.dilation * s.in_w * s.in_c,
                      .a_tile_stride = isa.table().gemm_tile_rows,
                      .a_row_stride = 1,
                      .a_depth_stride = s.x.stride * s.in_c,
                      .a_run = s.out_w(),
                      .a_run_stride = s.y.stride * s.in_w * s.in_c,
                      .b = dy,
                      .b_panel_stride = kPanel,
                      .b_depth_stride = dy_stride,
                      .c = dweight + ky * row * kPanel,
                      .c_panel_stride = s.depth() * kPanel,
                      .c_row_stride = kPanel,
                      .bias = nullptr,
                      .accumulate = accumulate});
}

void parameter_gradient(const Isa& isa, const ConvShape& s, const float* x, const float* dy, float* dweight,
                        float* dbias, bool accumulate, std::span<float> scratch) noexcept {
  if (conv_single_supports(s)) return isa.table().conv_single_gradient(s, x, nullptr, dy, accumulate, dweight, dbias);
  const Index positions = s.out_h() * s.out_w(), tail = tail_positions(s), head = positions - tail;
  if (tail > s.out_w()) return conv_im2col.parameter_gradient(isa, s, x, dy, dweight, dbias, accumulate, scratch);
  if (head > 0) weight_gradient(isa, s, head, x, dy, s.out_c, dweight, accumulate);
  if (tail > 0) {  // in the last row of positions
    const Index panels = round_up(s.out_c, kPanel);
    float* copy = scratch.data();
    for (Index p = 0; p < tail; ++p)
      std::fill(std::copy_n(dy + (head + p) * s.out_c, s.out_c, copy + p * panels), copy + (p + 1) * panels, 0.0f);
    const Index oy = s.out_h() - 1, ox = s.out_w() - tail;
    weight_gradient(isa, s, tail, x + (oy * s.y.stride * s.in_w + ox * s.x.stride) * s.in_c, copy, panels, dweight,
                    accumulate || head > 0);
  }
  conv_bias_gradient(isa, s, dy, dbias, accumulate);
}

}  // namespace

constinit const ConvMethodKernels conv_implicit = {
    .name = "implicit",
    .supports = supports,
    .suits = [](const ConvShape&) { return true; },
    .cost = direct_products,
    .row_block = 1,
    .most_rows = [](const ConvShape& s) { return s.out_h(); },
    .prepared_floats = [](const ConvShape&) { return Index(0); },
    .prepare_weights = nullptr,
    .scratch_floats =
        [](const ConvShape& s) {
          return tail_positions(s) > s.out_w() ? conv_im2col.scratch_floats(s)
                                               : tail_positions(s) * round_up(s.out_c, kPanel);
        },
    .forward_rows = forward_rows,
    .pools = nullptr,
    .pool_forward = nullptr,
    .parameter_gradient = parameter_gradient,
};

}  // namespace gradrace::kernels
