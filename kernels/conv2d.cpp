#include "kernels/conv2d.hpp"

#include <algorithm>
#include <iterator>

#include "kernels/gemm.hpp"
#include "kernels/table.hpp"
#include "kernels/winograd.hpp"

namespace gradrace::kernels {
namespace {

// Patches of a tile of output rows, 64 KB: they stream through L1 from L2 anyway, and each panel of weights, which does
// stay in L1, serves more of them.
constexpr Index kPatchFloats = 16384;

constexpr const char* kNames[] = {"im2col", "implicit", "winograd2", "winograd4"};  // of ConvMethod's values

/// The size of a Winograd method's tiles; 0 for the others.
Index winograd_tile(ConvMethod method) {
  return method == ConvMethod::kWinograd2 ? 2 : method == ConvMethod::kWinograd4 ? 4 : 0;
}

/// Whether the kernels of conv_single.inl.hpp do what kImplicit does.
bool is_single(const ConvShape& s) {
  const auto plain = [](const Window& w) {
    return w.kernel == 3 && w.stride == 1 && w.padding == 0 && w.dilation == 1;
  };
  return s.in_c == 1 && plain(s.y) && plain(s.x) && s.out_c % kPanel == 0;
}

/// A patch's gradient is produced in whole panels, so its row is padded; plain patches use the same stride.
Index patch_stride(const ConvShape& s) {
  return round_up(s.depth(), kPanel);
}

Index tile_rows(const ConvShape& s) {
  const Index row = std::max<Index>(s.out_w() * patch_stride(s), 1);
  return std::clamp<Index>(kPatchFloats / row, 1, std::max<Index>(s.out_h(), 1));
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

/// The weight's gradient from patches, a tile of output rows at a time.
void im2col_weight_gradient(const Isa& isa, const ConvShape& s, const float* x, const float* dy, float* dweight,
                            bool accumulate, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(Index(scratch.size()), >=, conv2d_scratch_floats(s));
  float* dy_copy = scratch.data() + round_up(tile_rows(s) * s.out_w() * patch_stride(s), kPanel);
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
                      .b = whole_panels(dy_rows, positions, s.out_c, dy_copy),
                      .b_panel_stride = kPanel,
                      .b_depth_stride = round_up(s.out_c, kPanel),
                      .c = dweight,
                      .c_panel_stride = s.depth() * kPanel,
                      .c_row_stride = kPanel,
                      .bias = nullptr,
                      .accumulate = accumulate || rows.begin > 0});
  });
}

/// The same with the image read in place: each row of the kernel is a product of its own, whose depth, the output
/// positions, runs along the image's rows.
void implicit_weight_gradient(const Isa& isa, const ConvShape& s, const float* x, const float* dy, float* dweight,
                              bool accumulate) noexcept {
  const Index row = s.x.kernel * s.in_c;
  for (Index ky = 0; ky < s.y.kernel; ++ky)
    isa.table().gemm({.rows = row,
                      .cols = s.out_c,
                      .depth = s.out_h() * s.out_w(),
                      .a = x + ky * s.y.dilation * s.in_w * s.in_c,
                      .a_tile_stride = isa.table().gemm_tile_rows,
                      .a_row_stride = 1,
                      .a_depth_stride = s.x.stride * s.in_c,
                      .a_run = s.out_w(),
                      .a_run_stride = s.y.stride * s.in_w * s.in_c,
                      .b = dy,
                      .b_panel_stride = kPanel,
                      .b_depth_stride = s.out_c,
                      .c = dweight + ky * row * kPanel,
                      .c_panel_stride = s.depth() * kPanel,
                      .c_row_stride = kPanel,
                      .bias = nullptr,
                      .accumulate = accumulate});
}

}  // namespace

Index conv2d_scratch_floats(const ConvShape& s) {
  const Index positions = tile_rows(s) * s.out_w();
  Index floats = round_up(positions * patch_stride(s), kPanel) + positions * round_up(s.out_c, kPanel);
  for (const Index tile : {2, 4})
    if (winograd_supports(tile, s)) floats = std::max(floats, winograd_scratch_floats(tile, s));
  return floats;
}

Index conv2d_prepared_floats(ConvMethod method, const ConvShape& s) {
  return winograd_tile(method) ? winograd_weight_floats(winograd_tile(method), s) : 0;
}

void conv2d_prepare_weights(const Isa& isa, ConvMethod method, const ConvShape& s, const float* weight,
                            float* prepared) noexcept {
  if (winograd_tile(method)) winograd_transform_weights(isa, winograd_tile(method), s, weight, prepared);
}

Index conv2d_row_block(ConvMethod method) {
  return std::max<Index>(winograd_tile(method), 1);
}

bool conv2d_supports(ConvMethod method, const ConvShape& s) {
  if (winograd_tile(method)) return winograd_supports(winograd_tile(method), s);
  return method == ConvMethod::kIm2col || (s.x.dilation == 1 && s.x.padding == 0 && s.y.padding == 0);
}

bool conv2d_suits(ConvMethod method, const ConvShape& s) {
  return conv2d_supports(method, s) && (!winograd_tile(method) || s.in_c % 8 == 0);
}

ConvMethod conv2d_best(const ConvShape& s) {
  const auto products = [&](Index tile) {
    return (tile + 2) * (tile + 2) * divide_up(s.out_h(), tile) * divide_up(s.out_w(), tile);
  };
  if (conv2d_suits(ConvMethod::kWinograd4, s))
    return products(4) < products(2) ? ConvMethod::kWinograd4 : ConvMethod::kWinograd2;
  return conv2d_supports(ConvMethod::kImplicit, s) ? ConvMethod::kImplicit : ConvMethod::kIm2col;
}

const char* name(ConvMethod method) {
  return kNames[int(method)];
}

std::optional<ConvMethod> conv_method(std::string_view name) {
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return {};
  return ConvMethod(found - std::begin(kNames));
}

void conv2d_forward(const Isa& isa, ConvMethod method, const ConvShape& s, const float* x, const float* weight,
                    const float* bias, float* y, std::span<float> scratch) noexcept {
  if (winograd_tile(method)) return conv2d_forward_rows(isa, method, s, {0, s.out_h()}, x, weight, bias, y, scratch);
  for_each_row_tile(s, [&](Range rows) {
    conv2d_forward_rows(isa, method, s, rows, x, weight, bias, y + rows.begin * s.out_w() * s.out_c, scratch);
  });
}

void conv2d_forward_rows(const Isa& isa, ConvMethod method, const ConvShape& s, Range out_rows, const float* x,
                         const float* weight, const float* bias, float* y, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(conv2d_supports(method, s), ==, true);
  if (winograd_tile(method)) {
    winograd_forward_rows(isa, winograd_tile(method), s, out_rows, x, weight, bias, y, scratch);
    return;
  }
  if (method == ConvMethod::kImplicit && is_single(s)) {
    isa.table().conv_single_forward(s, out_rows, x, weight, bias, y);
    return;
  }
  const Index out_w = s.out_w(), tile = isa.table().gemm_tile_rows;
  GemmArgs product{.rows = out_w,
                   .cols = s.out_c,
                   .depth = s.depth(),
                   .a = x,
                   .a_tile_stride = 0,
                   .a_row_stride = 0,
                   .a_depth_stride = 1,
                   .b = weight,
                   .b_panel_stride = s.depth() * kPanel,
                   .b_depth_stride = kPanel,
                   .c = y,
                   .c_panel_stride = kPanel,
                   .c_row_stride = s.out_c,
                   .bias = bias,
                   .accumulate = false};
  if (method == ConvMethod::kIm2col) {
    GRADRACE_EXPECT(Index(scratch.size()), >=, conv2d_scratch_floats(s));
    GRADRACE_EXPECT(out_rows.size(), <=, tile_rows(s));
    isa.table().im2col(s, x, out_rows, scratch.data());
    product.rows *= out_rows.size();
    product.a = scratch.data();
    product.a_row_stride = s.depth();
    product.a_tile_stride = tile * s.depth();
    isa.table().gemm(product);
    return;
  }
  // The rows of a window are runs of the image: output positions are stride * channels apart, runs dilation * rows.
  product.a_row_stride = s.x.stride * s.in_c;
  product.a_tile_stride = tile * product.a_row_stride;
  product.a_run = s.x.kernel * s.in_c;
  product.a_run_stride = s.y.dilation * s.in_w * s.in_c;
  for (Index oy = out_rows.begin; oy < out_rows.end; ++oy, product.c += out_w * s.out_c) {
    product.a = x + oy * s.y.stride * s.in_w * s.in_c;
    isa.table().gemm(product);
  }
}

void conv2d_parameter_gradient(const Isa& isa, ConvMethod method, const ConvShape& s, const float* x, const float* dy,
                               float* dweight, float* dbias, bool accumulate, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(conv2d_supports(method, s), ==, true);
  if (method != ConvMethod::kIm2col && is_single(s)) {
    isa.table().conv_single_gradient(s, x, dy, accumulate, dweight, dbias);
    return;
  }
  if (method != ConvMethod::kIm2col && s.out_c % kPanel == 0)
    implicit_weight_gradient(isa, s, x, dy, dweight, accumulate);
  else
    im2col_weight_gradient(isa, s, x, dy, dweight, accumulate, scratch);
  if (!accumulate) std::fill_n(dbias, s.out_c, 0.0f);
  isa.table().add_column_sums(s.out_h() * s.out_w(), s.out_c, dy, s.out_c, dbias);
}

void conv2d_input_gradient(const Isa& isa, const ConvShape& s, const float* dy, const float* weight_transposed,
                           float* dx, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(Index(scratch.size()), >=, conv2d_scratch_floats(s));
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
