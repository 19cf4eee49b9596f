#include "kernels/winograd.hpp"

#include <algorithm>

#include "kernels/conv2d.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

const WinogradKernels& kernels(const Isa& isa, Index tile) {
  return tile == 2 ? isa.table().winograd2 : isa.table().winograd4;
}

Index points(Index tile) {
  return (tile + 2) * (tile + 2);
}

/// At least n floats, and an odd number of cache lines: with such a stride the points of a tile, which are visited
/// together, spread over all sets of the cache.
Index odd_lines(Index n) {
  return (divide_up(n, kPanel) | 1) * kPanel;
}

/// From one point of the transformed weights to the next.
Index weight_stride(const ConvShape& s) {
  return odd_lines(s.in_c * kPanel);
}

/// The sizes of a row of tiles, and where its parts of the scratch memory begin; zeros stand before them.
WinogradRow plan_row(Index tile, const ConvShape& s, float* scratch) {
  WinogradRow row{};
  row.tiles = divide_up(s.out_w(), tile);
  row.in_c = s.in_c;
  row.in_floats = s.in_w * s.in_c;
  row.out_c = s.out_c;
  row.out_w = s.out_w();
  row.line_stride = odd_lines((row.tiles * tile + 2) * s.in_c);
  row.input_stride = odd_lines(row.tiles * s.in_c);
  row.weight_stride = weight_stride(s);
  row.lines = scratch + row.line_stride;
  row.inputs = row.lines + (tile + 2) * row.line_stride;
  return row;
}

}  // namespace

bool winograd_supports(Index tile, const ConvShape& s) {
  const auto fits = [](const Window& w) { return w.kernel == 3 && w.stride == 1 && w.padding == 0 && w.dilation == 1; };
  return (tile == 2 || tile == 4) && fits(s.y) && fits(s.x);
}

Index winograd_weight_floats(Index tile, const ConvShape& s) {
  return conv2d_weights(s).panels() * points(tile) * weight_stride(s);
}

Index winograd_scratch_floats(Index tile, const ConvShape& s) {
  const WinogradRow row = plan_row(tile, s, nullptr);
  return (tile + 3) * row.line_stride + points(tile) * row.input_stride;
}

void winograd_transform_weights(const Isa& isa, Index tile, const ConvShape& s, const float* weight,
                                float* transformed) noexcept {
  GRADRACE_EXPECT(winograd_supports(tile, s), ==, true);
  kernels(isa, tile).weights(s.in_c, conv2d_weights(s).panels(), weight, transformed, weight_stride(s));
}

void winograd_forward_rows(const Isa& isa, Index tile, const ConvShape& s, Range out_rows, const float* x,
                           const float* transformed, const float* bias, float* y, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(winograd_supports(tile, s), ==, true);
  GRADRACE_EXPECT(Index(scratch.size()), >=, winograd_scratch_floats(tile, s));
  GRADRACE_EXPECT(out_rows.begin % tile, ==, 0);
  GRADRACE_EXPECT(out_rows.end % tile == 0 || out_rows.end == s.out_h(), ==, true);
  WinogradRow row = plan_row(tile, s, scratch.data());
  row.weight = transformed;
  row.bias = bias;
  std::fill_n(scratch.data(), row.in_floats, 0.0f);
  for (Index i = 0; i < tile + 2; ++i)
    std::fill_n(row.lines + i * row.line_stride + row.in_floats, row.line_stride - row.in_floats, 0.0f);
  for (Index oy = out_rows.begin; oy < out_rows.end; oy += tile, y += tile * row.out_w * row.out_c) {
    for (Index i = 0; i < tile + 2; ++i) row.x[i] = oy + i < s.in_h ? x + (oy + i) * row.in_floats : scratch.data();
    row.rows = std::min(tile, out_rows.end - oy);
    row.y = y;
    kernels(isa, tile).row(row);
  }
}

}  // namespace gradrace::kernels
