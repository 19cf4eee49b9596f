#pragma once
// The register-tiled product. A tile of C stays in registers while the whole depth streams past: per step one row of a
// B panel (or of two) is loaded and one element of each A row is broadcast.

#include "kernels/simd/tiles.inl.hpp"
#include "kernels/simd/transpose.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Gemm {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Tiles<Arch>::kLanes, kVectors = Tiles<Arch>::kVectors;
  static constexpr Index kTilePanels = kVectors == 1 ? 2 : 1;  // side by side: the nearer to a square, the fewer loads
  static constexpr Index kTileRows = Tiles<Arch>::kMostSums / (kTilePanels * kVectors);

  /// Where one tile's operands begin, for one piece of the depth.
  struct Tile {
    Index depth, run_left;  ///< steps in this piece, and until A's first run ends
    const float* a;
    const float* b;
    const float* bias;
    float* c;
    bool accumulate;
  };

  /// Vector v of a row of a tile: where it lies in B or C, whose panels are panel_stride apart.
  static constexpr Index at(Index v, Index panel_stride) { return v / kVectors * panel_stride + v % kVectors * kLanes; }

  /// Adds the products of `steps` steps of the depth.
  template <Index Rows, Index Vectors>
  static void multiply_run(const GemmArgs& g, Index steps, const float* a, const float* b, V (&sum)[Rows][Vectors]) {
    // An address holds one stride, once, twice, four or eight times: one pointer for three rows keeps all addresses of
    // a tile in registers.
    constexpr Index kReach = 3;
    const float* rows[divide_up(Rows, kReach)];
    for (Index r = 0; r < Rows; r += kReach) rows[r / kReach] = a + r * g.a_row_stride;
    for (; steps > 0; --steps, b += g.b_depth_stride) {
      V row[Vectors];
      for (Index v = 0; v < Vectors; ++v) row[v] = V::load_unaligned(b + at(v, g.b_panel_stride));
      for (Index r = 0; r < Rows; ++r) {
        const V scalar(rows[r / kReach][r % kReach * g.a_row_stride]);
        for (Index v = 0; v < Vectors; ++v) sum[r][v] = multiply_add(scalar, row[v], sum[r][v]);
      }
      for (const float*& pointer : rows) pointer += g.a_depth_stride;
    }
  }

  template <Index Rows, Index Vectors>
  static void multiply(const GemmArgs& g, const Tile& t, V (&sum)[Rows][Vectors]) {
    const float* a = t.a;
    const float* b = t.b;
    const float* run_begin = a - (g.a_run - t.run_left) * g.a_depth_stride;
    Index left = t.depth, run = t.run_left;
    while (true) {
      const Index steps = run < left ? run : left;
      multiply_run(g, steps, a, b, sum);
      if (left <= run) return;
      b += steps * g.b_depth_stride;
      left -= run;
      run = g.a_run;
      a = run_begin += g.a_run_stride;
    }
  }

  /// One tile with all its columns inside the matrix.
  template <Index Rows, Index Panels>
  static void whole_tile(const GemmArgs& g, const Tile& t) {
    constexpr Index kWidth = Panels * kVectors;
    V sum[Rows][kWidth];
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < kWidth; ++v) sum[r][v] = t.bias ? V::load_unaligned(t.bias + v * kLanes) : V(0.0f);
    if (t.accumulate)  // C has been out of use for long; to L2, for its rows may share the sets of L1
      for (Index r = 0; r < Rows; ++r)
        for (Index p = 0; p < Panels; ++p) __builtin_prefetch(t.c + r * g.c_row_stride + p * g.c_panel_stride, 1, 2);
    multiply(g, t, sum);
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < kWidth; ++v) {
        float* to = t.c + r * g.c_row_stride + at(v, g.c_panel_stride);
        (t.accumulate ? V::load_unaligned(to) + sum[r][v] : sum[r][v]).store_unaligned(to);
      }
  }

  /// The first columns of a row of a panel, zeros in the others; and the way back.
  static void load_part_panel(const float* from, float* whole, Index cols) {
    for (Index v = 0; v < kVectors; ++v, whole += kLanes)
      load_part<V>(from + v * kLanes, part_of(v, cols)).store_aligned(whole);
  }
  static void store_part_panel(const float* whole, float* to, Index cols) {
    for (Index v = 0; v < kVectors; ++v, whole += kLanes)
      store_part(V::load_aligned(whole), to + v * kLanes, part_of(v, cols));
  }
  static constexpr Index part_of(Index v, Index cols) {
    const Index n = cols - v * kLanes;
    return n < 0 ? 0 : n < kLanes ? n : kLanes;
  }

  /// One tile of the last, incomplete panel works on a copy of C that has all 16 columns.
  template <Index Rows>
  static void edge_tile(const GemmArgs& g, const Tile& t, Index cols) {
    alignas(kAlignment) float whole[Rows * kPanel];
    if (t.accumulate)
      for (Index r = 0; r < Rows; ++r) load_part_panel(t.c + r * g.c_row_stride, whole + r * kPanel, cols);
    GemmArgs g_inside = g;
    g_inside.c_row_stride = kPanel;
    Tile inside = t;
    inside.c = whole;
    whole_tile<Rows, 1>(g_inside, inside);
    for (Index r = 0; r < Rows; ++r) store_part_panel(whole + r * kPanel, t.c + r * g.c_row_stride, cols);
  }

  /// The tile of at most Rows rows that has exactly `rows`; of whole panels, or of less than one.
  template <Index Rows>
  static void tile(Index rows, const GemmArgs& g, const Tile& t, Index cols) {
    if constexpr (Rows > 0) {
      if (rows != Rows)
        tile<Rows - 1>(rows, g, t, cols);
      else if (cols == kTilePanels * kPanel)
        whole_tile<Rows, kTilePanels>(g, t);
      else if (cols == kPanel)
        whole_tile<Rows, 1>(g, t);
      else
        edge_tile<Rows>(g, t, cols);
    }
  }

  /// Columns of the tile that begins where `left` columns are left.
  static Index tile_cols(Index left) {
    return left >= kTilePanels * kPanel ? kTilePanels * kPanel : left < kPanel ? left : kPanel;
  }

  /// Of a deep product one chain's depth is visited at a time, so that the piece of B panel stays in L1 for all row
  /// tiles. Each piece is summed by itself and then added to C.
  static void gemm(const GemmArgs& g) noexcept {
    Tile t{};
    Index in_run = 0;  // steps of A's current run that lie behind
    const float* a = g.a;
    for (Index k = 0; k < g.depth; k += kChain) {
      t.depth = g.depth - k < kChain ? g.depth - k : kChain;
      t.run_left = g.a_run - in_run;
      t.accumulate = g.accumulate || k > 0;
      for (Index j = 0, cols; j < g.cols; j += cols) {
        cols = tile_cols(g.cols - j);
        t.a = a;
        t.b = g.b + j / kPanel * g.b_panel_stride + k * g.b_depth_stride;
        t.bias = g.bias && k == 0 ? g.bias + j : nullptr;
        t.c = g.c + j / kPanel * g.c_panel_stride;
        for (Index r = 0; r < g.rows; r += kTileRows, t.a += g.a_tile_stride, t.c += kTileRows * g.c_row_stride)
          tile<kTileRows>(g.rows - r < kTileRows ? g.rows - r : kTileRows, g, t, cols);
      }
      for (in_run += t.depth, a += t.depth * g.a_depth_stride; in_run >= g.a_run; in_run -= g.a_run)
        a += g.a_run_stride - g.a_run * g.a_depth_stride;
    }
  }

  /// The transpose of as many rows of a panel as a vector has lanes.
  static void transpose_block(const float* from, float* to) {
    V v[kLanes];
    for (Index i = 0; i < kLanes; ++i) v[i] = V::load_unaligned(from + i * kPanel);
    kernels::transpose(v);
    for (Index i = 0; i < kLanes; ++i) v[i].store_unaligned(to + i * kPanel);
  }

  /// Panel by panel: 16 rows of 16 become 16 columns, so that whole lines are read and written.
  static void transpose(PanelMatrix shape, const float* from, Range panels, float* to) noexcept {
    const Index outputs = shape.cols;
    for (Index r0 = 0; r0 < shape.rows; r0 += kPanel)
      for (Index c0 = panels.begin * kPanel; c0 < panels.end * kPanel; c0 += kPanel) {
        const Index height = shape.rows - r0 < kPanel ? shape.rows - r0 : kPanel;
        const Index width = outputs - c0 < kPanel ? outputs - c0 : kPanel;
        const float* source = from + shape.offset(r0, c0);
        float* target = to + r0 * outputs + c0 * kPanel;
        if (height == kPanel && width == kPanel) {
          for (Index c = 0; c < kPanel; c += kLanes)
            for (Index r = 0; r < kPanel; r += kLanes)
              transpose_block(source + r * kPanel + c, target + c * kPanel + r);
        } else {
          for (Index c = 0; c < width; ++c)
            for (Index r = 0; r < height; ++r) target[c * kPanel + r] = source[r * kPanel + c];
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
