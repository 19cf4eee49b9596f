#pragma once
// The register-tiled product. A tile of C stays in registers while the whole depth streams past: per step one row of a
// B panel is loaded and one element of each A row is broadcast. 12 accumulators hide the latency of the FMA on all of
// our processors (two units, four or five cycles) and leave registers for both operands.

#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Gemm {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);
  static constexpr Index kVectors = kPanel / kLanes;  // per row of a tile
  static constexpr Index kTileRows = 12 / kVectors;
  // Of a deep product only this much depth is visited at a time, so that the piece of B panel (16 KB) stays in L1 for
  // all row tiles. Each piece is summed by itself and then added to C: short sums are also the more accurate ones.
  static constexpr Index kDepthBlock = 256;

  template <Index Rows>
  static void multiply(const GemmArgs& g, Index depth, const float* a, const float* b, V (&sum)[Rows][kVectors]) {
    const auto step = [&](Index k) {
      V row[kVectors];
      for (Index v = 0; v < kVectors; ++v) row[v] = V::load_unaligned(b + k * g.b_depth_stride + v * kLanes);
      for (Index r = 0; r < Rows; ++r) {
        const V scalar(a[r * g.a_row_stride + k * g.a_depth_stride]);
        for (Index v = 0; v < kVectors; ++v) sum[r][v] = xsimd::fma(scalar, row[v], sum[r][v]);
      }
    };
    for (Index k = 0; k < depth; ++k) step(k);
  }

  /// One tile with all its columns inside the matrix.
  template <Index Rows>
  static void tile(const GemmArgs& g, Index depth, const float* a, const float* b, const float* bias, bool accumulate,
                   float* c) {
    V sum[Rows][kVectors];
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < kVectors; ++v) sum[r][v] = bias ? V::load_unaligned(bias + v * kLanes) : V(0.0f);
    multiply<Rows>(g, depth, a, b, sum);
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < kVectors; ++v) {
        float* to = c + r * g.c_row_stride + v * kLanes;
        (accumulate ? V::load_unaligned(to) + sum[r][v] : sum[r][v]).store_unaligned(to);
      }
  }

  /// Tiles of the last, incomplete panel work on a copy of C that has all 16 columns.
  template <Index Rows>
  static void edge_tile(const GemmArgs& g, Index depth, const float* a, const float* b, const float* bias,
                        bool accumulate, float* c, Index cols) {
    alignas(kAlignment) float whole[Rows * kPanel] = {};
    if (accumulate)
      for (Index r = 0; r < Rows; ++r)
        for (Index j = 0; j < cols; ++j) whole[r * kPanel + j] = c[r * g.c_row_stride + j];
    GemmArgs inside = g;
    inside.c_row_stride = kPanel;
    tile<Rows>(inside, depth, a, b, bias, accumulate, whole);
    for (Index r = 0; r < Rows; ++r)
      for (Index j = 0; j < cols; ++j) c[r * g.c_row_stride + j] = whole[r * kPanel + j];
  }

  template <Index Rows>
  static void any_tile(const GemmArgs& g, Index depth, const float* a, const float* b, const float* bias,
                       bool accumulate, float* c, Index cols) {
    if (cols == kPanel)
      tile<Rows>(g, depth, a, b, bias, accumulate, c);
    else
      edge_tile<Rows>(g, depth, a, b, bias, accumulate, c, cols);
  }

  /// The last rows: the tile of exactly that height.
  template <Index Rows>
  static void last_tile(Index rows, const GemmArgs& g, Index depth, const float* a, const float* b, const float* bias,
                        bool accumulate, float* c, Index cols) {
    if constexpr (Rows > 0) {
      if (rows == Rows)
        any_tile<Rows>(g, depth, a, b, bias, accumulate, c, cols);
      else
        last_tile<Rows - 1>(rows, g, depth, a, b, bias, accumulate, c, cols);
    }
  }

  static void gemm(const GemmArgs& g) noexcept {
    for (Index k = 0; k < g.depth; k += kDepthBlock) {
      const Index depth = g.depth - k < kDepthBlock ? g.depth - k : kDepthBlock;
      const bool accumulate = g.accumulate || k > 0;
      for (Index j = 0; j < g.cols; j += kPanel) {
        const Index cols = g.cols - j < kPanel ? g.cols - j : kPanel;
        const float* b = g.b + j / kPanel * g.b_panel_stride + k * g.b_depth_stride;
        const float* bias = g.bias && k == 0 ? g.bias + j : nullptr;
        const float* a = g.a + k * g.a_depth_stride;
        float* c = g.c + j / kPanel * g.c_panel_stride;
        Index r = 0;
        for (; r + kTileRows <= g.rows; r += kTileRows, a += g.a_tile_stride, c += kTileRows * g.c_row_stride)
          any_tile<kTileRows>(g, depth, a, b, bias, accumulate, c, cols);
        last_tile<kTileRows - 1>(g.rows - r, g, depth, a, b, bias, accumulate, c, cols);
      }
    }
  }

  /// 16 x 16 blocks: each line of the source is read once and each line of the result written once while in L1.
  static void transpose(PanelMatrix shape, const float* from, Range rows, float* to) noexcept {
    const Index outputs = shape.cols;
    for (Index r0 = rows.begin; r0 < rows.end; r0 += kPanel) {
      const Index height = rows.end - r0 < kPanel ? rows.end - r0 : kPanel;
      for (Index c = 0; c < outputs; ++c) {
        const float* source = from + shape.offset(r0, c);
        float* target = to + r0 * outputs + c * kPanel;
        for (Index i = 0; i < height; ++i) target[i] = source[i * kPanel];
      }
    }
  }

  static void add_column_sums(Index rows, Index cols, const float* x, Index row_stride, float* sums) noexcept {
    for_each_vector<V>(cols, [&](Index c, auto load, auto store) {
      V sum = load(sums + c);
      for (Index r = 0; r < rows; ++r) sum += load(x + r * row_stride + c);
      store(sum, sums + c);
    });
  }

  template <class Load>
  static V tree(Index terms, const float* x, Index term_stride, const Load& load) {
    if (terms == 1) return load(x);
    const Index half = (terms + 1) / 2;
    return tree(half, x, term_stride, load) + tree(terms - half, x + half * term_stride, term_stride, load);
  }

  static void tree_sum(Index terms, Index n, const float* x, Index term_stride, float* sum) noexcept {
    for_each_vector<V>(n,
                       [&](Index i, auto load, auto store) { store(tree(terms, x + i, term_stride, load), sum + i); });
  }
};

}  // namespace
}  // namespace gradrace::kernels
