#pragma once
// The product of a sparse matrix, given as lists, and a dense one. Every multiply-add loads its vector of the dense
// matrix, which costs nothing where a core can load as often as it can multiply.

#include "kernels/simd/non_zeros.inl.hpp"
#include "kernels/simd/tiles.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct SparseProduct {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Tiles<Arch>::kLanes, kVectors = Tiles<Arch>::kVectors;
  // Panels side by side, as many as registers hold but at most 6: of a dense matrix of 64 rows these are 24 KB.
  static constexpr Index kPanels = Tiles<Arch>::kMostSums / kVectors < 6 ? Tiles<Arch>::kMostSums / kVectors : 6;

  /// All rows, for `Panels` panels.
  template <Index Panels>
  static void columns(const SparseProductArgs& g, const float* b, float* c) {
    constexpr Index kReach = 3;  // panels that one pointer serves, see gemm.inl.hpp
    for (Index r = 0; r < g.rows; ++r, c += g.c_row_stride) {
      V sum[Panels][kVectors];
      for (Index p = 0; p < Panels; ++p)
        for (Index v = 0; v < kVectors; ++v) sum[p][v] = V(0.0f);
      const float* const gradients = g.a.gradients(r);
      const Index32* const offsets = g.a.offsets(r);
      for (Index i = 0; i < g.a.count[r]; ++i) {
        const V factor(gradients[i]);
        const float* from[divide_up(Panels, kReach)];
        for (Index p = 0; p < Panels; p += kReach) from[p / kReach] = b + offsets[i] + p * g.b_panel_stride;
        for (Index p = 0; p < Panels; ++p)
          for (Index v = 0; v < kVectors; ++v)
            sum[p][v] = multiply_add(
                factor, V::load_unaligned(from[p / kReach] + p % kReach * g.b_panel_stride + v * kLanes), sum[p][v]);
      }
      for (Index p = 0; p < Panels; ++p)
        for (Index v = 0; v < kVectors; ++v) sum[p][v].store_unaligned(c + p * g.c_panel_stride + v * kLanes);
    }
  }

  static void list_matrix(Index rows, Index cols, const float* x, Index x_stride, Index row_offset,
                          const NonZeroLists& of_rows, const NonZeroLists& of_cols) noexcept {
    using Block = NonZeroBlock<Arch>;
    Block::append_columns(x, x_stride, {.width = 1, .row = row_offset, .col = 0}, {0, rows}, cols, of_cols);
    for (Index c = 0; c < cols; c += Block::kLanes) {
      const auto offsets = Block::offsets({.width = 1, .row = kPanel, .col = 0}, c, Block::kLanes);
      for (Index r = 0; r < rows; ++r) {
        const V row = cols - c < Block::kLanes ? load_part<V>(x + r * x_stride + c, cols - c)
                                               : V::load_unaligned(x + r * x_stride + c);
        Block::append(of_rows, r, bits(!(row == V(0.0f))), offsets, row);
      }
    }
  }

  static void sparse_product(const SparseProductArgs& g) noexcept {
    for (Index p = 0; p < g.panels; p += kPanels)
      sized<kPanels, 1>(g.panels - p, 1, [&]<Index Panels, Index>() {
        columns<Panels>(g, g.b + p * g.b_panel_stride, g.c + p * g.c_panel_stride);
      });
  }
};

}  // namespace
}  // namespace gradrace::kernels
