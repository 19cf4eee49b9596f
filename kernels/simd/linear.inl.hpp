#pragma once
// The forward product of a linear layer. Its weights lie along the inputs, which is what its gradients want; so here
// vectors of inputs meet vectors of weights, and the lanes of an output are added at the end.

#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Linear {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);
  // A tile of outputs: 4 + 3 loads feed 12 accumulators, with 32 registers 4 + 6 feed 24.
  static constexpr Index kTileRows = 4, kTileCols = kLanes == 16 ? 6 : 3;
  // Panels of the depth that are visited together: long enough that the sums, which are fetched and put back, cost
  // little, and short enough that the weights (128 KB for 64 outputs) serve all rows from L2. Each piece is summed by
  // itself and then added: short sums are also the more accurate ones.
  static constexpr Index kDepthPanels = 32;

  /// Adds to sum[row][output], a vector each, the products of some panels of the depth; overwrites them if it is the
  /// first piece.
  template <Index Rows, Index Cols>
  static void tile(const LinearArgs& l, Range panels, const float* x, const float* weight, float* sum) {
    V total[Rows][Cols];
    for (Index r = 0; r < Rows; ++r)
      for (Index c = 0; c < Cols; ++c) total[r][c] = V(0.0f);
    const auto add = [&](const float* from_x, const float* from_w, const auto& load) {
      V w[Cols];
      for (Index c = 0; c < Cols; ++c) w[c] = load(from_w + c * kPanel);
      for (Index r = 0; r < Rows; ++r) {
        const V row = load(from_x + r * l.x_stride);
        for (Index c = 0; c < Cols; ++c) total[r][c] = multiply_add(row, w[c], total[r][c]);
      }
    };
    const Index whole = panels.end * kPanel <= l.inputs ? panels.end : l.inputs / kPanel;
    x += panels.begin * kPanel;
    weight += panels.begin * l.outputs * kPanel;
    for (Index p = panels.begin; p < whole; ++p, x += kPanel, weight += l.outputs * kPanel)
      for (Index i = 0; i < kPanel; i += kLanes)
        add(x + i, weight + i, [](const float* f) { return V::load_unaligned(f); });
    for (Index i = 0; whole < panels.end && i < l.inputs % kPanel; i += kLanes) {
      const Index left = l.inputs % kPanel - i;
      add(x + i, weight + i, [n = left < kLanes ? left : kLanes](const float* f) { return load_part<V>(f, n); });
    }
    for (Index r = 0; r < Rows; ++r)
      for (Index c = 0; c < Cols; ++c) {
        float* to = sum + (r * l.outputs + c) * kLanes;
        (panels.begin > 0 ? V::load_unaligned(to) + total[r][c] : total[r][c]).store_unaligned(to);
      }
  }

  /// The tile of at most Rows x Cols that has exactly rows x cols.
  template <Index Rows, Index Cols>
  static void tile_of(Index rows, Index cols, const LinearArgs& l, Range panels, const float* x, const float* weight,
                      float* sum) {
    if constexpr (Rows > 0 && Cols > 0) {
      if (rows < Rows)
        tile_of<Rows - 1, Cols>(rows, cols, l, panels, x, weight, sum);
      else if (cols < Cols)
        tile_of<Rows, Cols - 1>(rows, cols, l, panels, x, weight, sum);
      else
        tile<Rows, Cols>(l, panels, x, weight, sum);
    }
  }

  static void forward(const LinearArgs& l) noexcept {
    const Index panels = divide_up(l.inputs, kPanel);
    for (Index p = 0; p < panels; p += kDepthPanels) {
      const Range piece{p, p + kDepthPanels < panels ? p + kDepthPanels : panels};
      for (Index o = 0; o < l.outputs; o += kTileCols)
        for (Index n = 0; n < l.rows; n += kTileRows)
          tile_of<kTileRows, kTileCols>(
              l.rows - n < kTileRows ? l.rows - n : kTileRows, l.outputs - o < kTileCols ? l.outputs - o : kTileCols, l,
              piece, l.x + n * l.x_stride, l.weight + o * kPanel, l.sums + (n * l.outputs + o) * kLanes);
    }
    for (Index n = 0; n < l.rows; ++n)
      for (Index o = 0; o < l.outputs; ++o)
        l.y[n * l.y_stride + o] = l.bias[o] + xsimd::hadd(V::load_unaligned(l.sums + (n * l.outputs + o) * kLanes));
  }
};

}  // namespace
}  // namespace gradrace::kernels
