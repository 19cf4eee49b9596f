// Convolution by patches that are copied into a matrix, a tile of output rows at a time, so that they stay in cache.

#include <algorithm>

#include "kernels/conv2d.hpp"
#include "kernels/conv_method.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

// Patches of a tile, 64 KB: they stream through L1 from L2 anyway, and each panel of weights, which does stay in L1,
// serves more of them.
constexpr Index kPatchFloats = 16384;

/// A patch's gradient is produced in whole panels, so its row is padded; plain patches use the same stride.
Index patch_stride(const ConvShape& s) {
  return round_up(s.depth(), kPanel);
}

Index tile_rows(const ConvShape& s) {
  const Index row = std::max<Index>(s.out_w() * patch_stride(s), 1);
  return std::clamp<Index>(kPatchFloats / row, 1, std::max<Index>(s.out_h(), 1));
}

/// Where the copy of the output gradients begins, behind a tile's patches.
Index patch_floats(const ConvShape& s) {
  return round_up(tile_rows(s) * s.out_w() * patch_stride(s), kPanel);
}

template <class Body>
void for_each_row_tile(const ConvShape& s, const Body& body) {
  for (Index row = 0; row < s.out_h(); row += tile_rows(s)) body(Range{row, std::min(row + tile_rows(s), s.out_h())});
}

/// The output gradients of some positions as a GEMM operand: in place if rows are whole panels, else a padded copy.
const float* whole_panels(const float* dy, Index positions, Index channels, float* copy) {
  if (channels % kPanel == 0) return dy;
  const Index padded = round_up(channels, kPanel);
  for (Index p = 0; p < positions; ++p) {
    std::copy_n(dy + p * channels, channels, copy + p * padded);
    std::fill_n(copy + p * padded + channels, padded - channels, 0.0f);
  }
  return copy;
}

void forward_rows(const Isa& isa, const ConvShape& s, Range out_rows, const float* x, const float* weight,
                  const float* bias, float* y, std::span<float> scratch) noexcept {
  isa.table().im2col(s, x, out_rows, scratch.data());
  isa.table().gemm({.rows = out_rows.size() * s.out_w(),
                    .cols = s.out_c,
                    .depth = s.depth(),
                    .a = scratch.data(),
                    .a_tile_stride = isa.table().gemm_tile_rows * s.depth(),
                    .a_row_stride = s.depth(),
                    .a_depth_stride = 1,
                    .b = weight,
                    .b_panel_stride = s.depth() * kPanel,
                    .b_depth_stride = kPanel,
                    .c = y,
                    .c_panel_stride = kPanel,
                    .c_row_stride = s.out_c,
                    .bias = bias,
                    .accumulate = false});
}

void parameter_gradient(const Isa& isa, const ConvShape& s, const float* x, const float* dy, float* dweight,
                        float* dbias, bool accumulate, std::span<float> scratch) noexcept {
  for_each_row_tile(s, [&](Range rows) {
    const Index positions = rows.size() * s.out_w();
    const float* dy_rows = dy + rows.begin * s.out_w() * s.out_c;
    isa.table().im2col(s, x, rows, scratch.data());
    isa.table().gemm({.rows = s.depth(),
                      .cols = s.out_c,
                      .depth = positions,
                      .a = scratch.data(),
                      .a_tile_stride = isa.table().gemm_tile_rows,
                      .a_row_stride = 1,
                      .a_depth_stride = s.depth(),
                      .b = whole_panels(dy_rows, positions, s.out_c, scratch.data() + patch_floats(s)),
                      .b_panel_stride = kPanel,
                      .b_depth_stride = round_up(s.out_c, kPanel),
                      .c = dweight,
                      .c_panel_stride = s.depth() * kPanel,
                      .c_row_stride = kPanel,
                      .bias = nullptr,
                      .accumulate = accumulate || rows.begin > 0});
  });
  conv_bias_gradient(isa, s, dy, dbias, accumulate);
}

}  // namespace

constinit const ConvMethodKernels conv_im2col = {
    .name = "im2col",
    .supports = [](const ConvShape&) { return true; },
    .suits = [](const ConvShape&) { return true; },
    .cost = [](const ConvShape& s) { return direct_products(s) + s.out_h() * s.out_w(); },  // and copies each patch
    .row_block = 1,
    .most_rows = tile_rows,
    .prepared_floats = [](const ConvShape&) { return Index(0); },
    .prepare_weights = nullptr,
    .scratch_floats =
        [](const ConvShape& s) { return patch_floats(s) + tile_rows(s) * s.out_w() * round_up(s.out_c, kPanel); },
    .forward_rows = forward_rows,
    .pools = nullptr,
    .pool_forward = nullptr,
    .parameter_gradient = parameter_gradient,
};

void im2col_input_gradient(const Isa& isa, const ConvShape& s, const float* dy, const float* weight_transposed,
                           float* dx, std::span<float> scratch) noexcept {
  const PanelMatrix wt = conv2d_weights(s).transposed();
  const Index stride = patch_stride(s);
  std::fill_n(dx, s.in_h * s.in_w * s.in_c, 0.0f);
  for_each_row_tile(s, [&](Range rows) {
    isa.table().gemm({.rows = rows.size() * s.out_w(),
                      .cols = s.depth(),
                      .depth = s.out_c,
                      .a = dy + rows.begin * s.out_w() * s.out_c,
                      .a_tile_stride = isa.table().gemm_tile_rows * s.out_c,
                      .a_row_stride = s.out_c,
                      .a_depth_stride = 1,
                      .b = weight_transposed,
                      .b_panel_stride = wt.rows * kPanel,
                      .b_depth_stride = kPanel,
                      .c = scratch.data(),
                      .c_panel_stride = kPanel,
                      .c_row_stride = stride,
                      .bias = nullptr,
                      .accumulate = false});
    isa.table().col2im(s, scratch.data(), stride, rows, dx);
  });
}

}  // namespace gradrace::kernels
