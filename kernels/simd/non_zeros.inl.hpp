#pragma once
// Lists of what is not zero, made from some cells (rows of a matrix) and some columns at a time: a list for each
// column.

#include "kernels/simd/compress.inl.hpp"
#include "kernels/simd/transpose.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

/// What the cells of a matrix stand for: a grid, row by row, and the offset from one row and one column to the next.
struct CellGrid {
  Index width, row, col;
};

template <class Arch>
struct NonZeroBlock {
  using V = Vector<Arch>;
  using Offsets = xsimd::batch<Index32, Arch>;
  static constexpr Index kLanes = Index(V::size);

  /// The offsets of some cells.
  static Offsets offsets(const CellGrid& grid, Index first, Index cells) {
    alignas(kAlignment) Index32 offset[kLanes] = {};
    Index y = first / grid.width, x = first % grid.width;
    for (Index i = 0; i < cells; ++i) {
      offset[i] = Index32(y * grid.row + x * grid.col);
      if (++x == grid.width) x = 0, ++y;
    }
    return Offsets::load_aligned(offset);
  }

  /// The first n columns of some cells, `stride` floats apart: v[i] has those of column i, and `absent` in the lanes of
  /// cells that do not exist.
  static void columns(const float* from, Index stride, Index cells, Index n, float absent, V (&v)[kLanes]) {
    if (cells == kLanes && n == kLanes)
      for (Index i = 0; i < kLanes; ++i) v[i] = V::load_unaligned(from + i * stride);
    else
      for (Index i = 0; i < kLanes; ++i) v[i] = i < cells ? load_part<V>(from + i * stride, n) : V(absent);
    transpose(v);
  }

  /// Appends to a list the lanes whose bits are set in `kept`.
  static void append(const NonZeroLists& lists, Index list, unsigned kept, const Offsets& offsets, const V& gradients) {
    const Index count = lists.count[list];
    compress(kept, offsets, gradients, lists.offsets(list) + count, lists.gradients(list) + count);
    lists.count[list] = Index32(count) + __builtin_popcount(kept);
  }

  /// Appends to a list for each of n columns what is not zero in some cells, the first of which begins at `from`.
  static void append_columns(const float* from, Index stride, const CellGrid& grid, Range cells, Index n,
                             const NonZeroLists& lists) {
    for (Index cell = cells.begin; cell < cells.end; cell += kLanes, from += kLanes * stride) {
      const Index some = cells.end - cell < kLanes ? cells.end - cell : kLanes;
      const Offsets places = offsets(grid, cell, some);
      for (Index c = 0; c < n; c += kLanes) {
        const Index width = n - c < kLanes ? n - c : kLanes;
        V gradients[kLanes];
        columns(from + c, stride, some, width, 0.0f, gradients);
        for (Index i = 0; i < width; ++i)  // NaN is not zero
          append(lists, c + i, bits(!(gradients[i] == V(0.0f))), places, gradients[i]);
      }
    }
  }
};

}  // namespace
}  // namespace gradrace::kernels
