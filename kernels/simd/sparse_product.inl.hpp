#pragma once
// The product of a sparse matrix, given as lists, and a dense one. Every multiply-add loads its vector of the dense
// matrix, which costs nothing where a core can load as often as it can multiply.

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
      const NonZero* const end = g.a.list(r) + g.a.count[r];
      for (const NonZero* entry = g.a.list(r); entry < end; ++entry) {
        const V factor(entry->gradient);
        const float* from[divide_up(Panels, kReach)];
        for (Index p = 0; p < Panels; p += kReach) from[p / kReach] = b + entry->offset + p * g.b_panel_stride;
        for (Index p = 0; p < Panels; ++p)
          for (Index v = 0; v < kVectors; ++v)
            sum[p][v] = multiply_add(
                factor, V::load_unaligned(from[p / kReach] + p % kReach * g.b_panel_stride + v * kLanes), sum[p][v]);
      }
      for (Index p = 0; p < Panels; ++p)
        for (Index v = 0; v < kVectors; ++v) sum[p][v].store_unaligned(c + p * g.c_panel_stride + v * kLanes);
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
