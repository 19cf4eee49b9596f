#pragma once
// The forward product of a linear layer. Its weights lie along the inputs, which is what its gradients want; so here
// vectors of inputs meet vectors of weights, and the lanes of an output are added at the end.

#include "kernels/simd/tiles.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Linear {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Tiles<Arch>::kLanes;
  // A tile of sums: 4 + 3 loads feed 12 of them, with 32 registers 4 + 4 feed 16. As many vectors as have lanes are
  // reduced to one together, for little more than a single one would cost.
  static constexpr Index kTileRows = 4, kTileCols = Tiles<Arch>::kRegisters == 32 ? 4 : 3;
  static constexpr Index kTotals = round_up(kTileRows * kTileCols, kLanes);

  /// One tile of sums over whole panels. Its size is known where its loops are compiled, so that all totals stay in
  /// registers.
  template <Index Rows, Index Cols>
  static void tile(const LinearArgs& l, const float* x, const float* weight, float* y) {
    V total[kTotals];
    for (Index i = 0; i < kTotals; ++i) total[i] = V(0.0f);
    for (Index k = 0; k + kPanel <= l.inputs; k += kPanel, weight += l.outputs * kPanel)
      for (Index i = 0; i < kPanel; i += kLanes) {
        V w[Cols];
        for (Index c = 0; c < Cols; ++c) w[c] = V::load_unaligned(weight + c * kPanel + i);
        for (Index r = 0; r < Rows; ++r) {
          const V row = V::load_unaligned(x + r * l.x_stride + k + i);
          for (Index c = 0; c < Cols; ++c) total[r * Cols + c] = multiply_add(row, w[c], total[r * Cols + c]);
        }
      }
    alignas(kAlignment) float sums[kTotals];
    for (Index i = 0; i < kTotals; i += kLanes) lane_sums(total + i).store_aligned(sums + i);
    for (Index r = 0; r < Rows; ++r)
      for (Index c = 0; c < Cols; ++c) y[r * l.outputs + c] = sums[r * Cols + c];
  }

  /// Adds what the inputs of the last panel contribute if it is not whole.
  static void add_rest(const LinearArgs& l) {
    const Index rest = l.inputs % kPanel, whole = l.inputs - rest;
    for (Index n = 0; rest > 0 && n < l.rows; ++n)
      for (Index o = 0; o < l.outputs; ++o) {
        const float *x = l.x + n * l.x_stride + whole, *w = l.weight + whole * l.outputs + o * kPanel;
        for (Index k = 0; k < rest; ++k) l.y[n * l.outputs + o] += x[k] * w[k];
      }
  }

  static void forward(const LinearArgs& l) noexcept {
    for (Index n = 0; n < l.rows; n += kTileRows)
      for (Index o = 0; o < l.outputs; o += kTileCols)
        sized<kTileRows, kTileCols>(l.rows - n, l.outputs - o, [&]<Index Rows, Index Cols>() {
          tile<Rows, Cols>(l, l.x + n * l.x_stride, l.weight + o * kPanel, l.y + n * l.outputs + o);
        });
    add_rest(l);
  }
};

}  // namespace
}  // namespace gradrace::kernels
