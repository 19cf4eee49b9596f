#include "kernels/winograd.hpp"

#include <algorithm>

#include "kernels/conv2d.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

const WinogradKernels& kernels(const Isa& isa, Index tile, const ConvShape& s) {
  if (s.x.kernel == 5) return isa.table().winograd2_wide;
  return tile == 2 ? isa.table().winograd2 : isa.table().winograd4;
}

/// Inputs that a tile needs along an axis.
Index side(Index tile, const ConvShape& s) {
  return tile + s.x.kernel - 1;
}
Index points(Index tile, const ConvShape& s) {
  return side(tile, s) * side(tile, s);
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

// Tiles that are multiplied together where the image is so narrow that a row of them would not fill the registers.
constexpr Index kTogether = 6;

/// A row of the image that holds zeros, for tiles that stick out below.
Index zero_line_floats(const ConvShape& s) {
  return odd_lines(s.in_w * s.in_c);
}

/// Rows of tiles that are worked on together.
Index tile_rows(Index width) {
  return std::max<Index>(kTogether / std::max<Index>(width, 1), 1);
}

/// The sizes of some rows of tiles.
WinogradTiles plan_tiles(Index tile, const ConvShape& s) {
  WinogradTiles w{};
  w.width = divide_up(s.out_w(), tile);
  w.in_c = s.in_c;
  w.in_w = s.in_w;
  w.out_c = s.out_c;
  w.out_w = s.out_w();
  w.input_stride = odd_lines(tile_rows(w.width) * w.width * s.in_c);
  w.weight_stride = weight_stride(s);
  return w;
}

/// Transforms the inputs of some rows of tiles at a time: calls outputs(w, first output row) for each.
template <class Outputs>
void for_tile_rows(const Isa& isa, Index tile, const ConvShape& s, Range out_rows, const float* x,
                   const float* transformed, const float* bias, std::span<float> scratch, const Outputs& outputs) {
  GRADRACE_EXPECT(winograd_supports(tile, s), ==, true);
  GRADRACE_EXPECT(Index(scratch.size()), >=, winograd_scratch_floats(tile, s));
  GRADRACE_EXPECT(out_rows.begin % tile, ==, 0);
  WinogradTiles w = plan_tiles(tile, s);
  w.inputs = scratch.data() + zero_line_floats(s);
  w.weight = transformed;
  w.bias = bias;
  const float* zero_line = scratch.data();
  std::fill_n(scratch.data(), s.in_w * s.in_c, 0.0f);
  const Index together = tile * tile_rows(w.width);
  for (Index first = out_rows.begin; first < out_rows.end; first += together) {
    w.rows = std::min(together, out_rows.end - first);
    w.tiles = 0;
    for (Index oy = first; oy < first + w.rows; oy += tile, w.tiles += w.width) {
      for (Index i = 0; i < side(tile, s); ++i) w.x[i] = oy + i < s.in_h ? x + (oy + i) * s.in_w * s.in_c : zero_line;
      kernels(isa, tile, s).inputs(w, w.tiles);
    }
    outputs(w, first);
  }
}

}  // namespace

bool winograd_supports(Index tile, const ConvShape& s) {
  const auto fits = [&](const Window& w) {
    return w.kernel == s.x.kernel && w.stride == 1 && w.padding == 0 && w.dilation == 1;
  };
  const bool known = s.x.kernel == 3 ? tile == 2 || tile == 4 : s.x.kernel == 5 && tile == 2;
  return known && fits(s.y) && fits(s.x);
}

Index winograd_weight_floats(Index tile, const ConvShape& s) {
  return conv2d_weights(s).panels() * points(tile, s) * weight_stride(s);
}

Index winograd_scratch_floats(Index tile, const ConvShape& s) {
  const WinogradTiles w = plan_tiles(tile, s);
  return zero_line_floats(s) + points(tile, s) * w.input_stride;
}

void winograd_transform_weights(const Isa& isa, Index tile, const ConvShape& s, const float* weight,
                                float* transformed) noexcept {
  GRADRACE_EXPECT(winograd_supports(tile, s), ==, true);
  kernels(isa, tile, s).weights(s.in_c, conv2d_weights(s).panels(), weight, transformed, weight_stride(s));
}

void winograd_forward_rows(const Isa& isa, Index tile, const ConvShape& s, Range out_rows, const float* x,
                           const float* transformed, const float* bias, float* y, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(out_rows.end % tile == 0 || out_rows.end == s.out_h(), ==, true);
  for_tile_rows(isa, tile, s, out_rows, x, transformed, bias, scratch, [&](WinogradTiles& w, Index first) {
    w.y = y + (first - out_rows.begin) * w.out_w * w.out_c;
    kernels(isa, tile, s).outputs(w);
  });
}

bool winograd_pools(Index tile, const ConvPoolShape& s) {
  return winograd_supports(tile, s.conv) && s.pool_h == 2 && s.pool_w == 2;
}

void winograd_pool_forward(const Isa& isa, Index tile, const ConvPoolShape& s, const float* x, const float* transformed,
                           const float* bias, const float* scale, float* y, float* place,
                           std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(winograd_pools(tile, s), ==, true);
  const Range rows{0, s.out_h() * s.pool_h};
  for_tile_rows(isa, tile, s.conv, rows, x, transformed, bias, scratch, [&](const WinogradTiles& w, Index first) {
    const Index at = first / s.pool_h * s.out_w() * s.conv.out_c;
    kernels(isa, tile, s.conv)
        .pooled_outputs(w, {.place_row = s.place_row(),
                            .place_col = s.place_col(),
                            .scale = scale,
                            .y = y + at,
                            .place = place ? place + at : nullptr});
  });
}

}  // namespace gradrace::kernels
