#pragma once
// The gradients of a convolution from lists of the output's gradients that are not zero.

#include "kernels/simd/non_zeros.inl.hpp"
#include "kernels/simd/tiles.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct ConvSparse {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);
  // With 32 registers both gradients come from one walk over a list: of a piece of a kernel they hold weights and sums.
  // With 16 they come from two, and in between the input's window and that of its gradient take turns in the cache.
  static constexpr bool kOneWalk = Tiles<Arch>::kRegisters == 32;
  // Vectors of some rows of a kernel that are worked on together. Each entry of a list costs a broadcast and an address
  // beside them, and sums must outnumber the latency of a multiply-add: nine do, and leave room in 16 registers.
  static constexpr Index kSums = kOneWalk ? 14 : 9, kVectors = 3, kMostRows = 5;

  static Index count_non_zeros(Index n, const float* x) noexcept {
    Index count = 0;
    for_each_vector<V>(n,
                       [&](Index i, auto load, auto) { count += __builtin_popcount(bits(!(load(x + i) == V(0.0f)))); });
    return count;
  }

  static void list_gradients(const ConvShape& s, Range rows, const float* dy, const NonZeroLists& lists) noexcept {
    const CellGrid windows{.width = s.out_w(), .row = s.y.stride * s.in_w * s.in_c, .col = s.x.stride * s.in_c};
    const Range cells{rows.begin * windows.width, rows.end * windows.width};
    NonZeroBlock<Arch>::append_columns(dy + cells.begin * s.out_c, s.out_c, windows, cells, s.out_c, lists);
  }

  /// Some rows of a kernel and, in each, some of its floats: what is worked on together.
  struct Piece {
    Index x = 0, x_row = 0;  ///< where it begins in the input's window, and the way to its next row
    Index w = 0, w_row = 0;  ///< the same in a kernel
  };

  /// A list, and what is walked along it.
  struct Walk {
    const float* gradients;
    const Index32* offsets;
    Index count;
    const float *x, *weight;
    float *dweight, *dx;
    bool accumulate;  // to dweight; else it is overwritten
  };

  /// For every entry of the list, of a piece of Rows times Vectors vectors: dweight += gradient * x(offset ...) and
  /// dx(offset ...) += gradient * weight, or one of the two.
  template <bool kWeight, bool kInput, Index Rows, Index Vectors, class Load, class Store>
  [[gnu::always_inline]] static void walk(Walk list, Piece piece, const Load& load, const Store& store) {
    V weight[Rows][Vectors], sum[Rows][Vectors];
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < Vectors; ++v) {
        const Index at = piece.w + r * piece.w_row + v * kLanes;
        if constexpr (kInput) weight[r][v] = load(list.weight + at);
        if constexpr (kWeight) sum[r][v] = list.accumulate ? load(list.dweight + at) : V(0.0f);
      }
    for (Index i = 0; i < list.count; ++i) {
      const V g(list.gradients[i]);
      const Index window = piece.x + list.offsets[i];
      for (Index r = 0; r < Rows; ++r)
        for (Index v = 0; v < Vectors; ++v) {
          const Index at = window + r * piece.x_row + v * kLanes;
          if constexpr (kWeight) sum[r][v] = multiply_add(g, load(list.x + at), sum[r][v]);
          if constexpr (kInput) store(multiply_add(g, weight[r][v], load(list.dx + at)), list.dx + at);
        }
    }
    if constexpr (kWeight)
      for (Index r = 0; r < Rows; ++r)
        for (Index v = 0; v < Vectors; ++v) store(sum[r][v], list.dweight + piece.w + r * piece.w_row + v * kLanes);
  }

  /// Calls body<Rows, Vectors>(piece) for all rows of some columns of the kernel of output channel o, of which n floats
  /// from i on are `Vectors` vectors.
  template <Index Vectors, class Body>
  static void for_each_row_piece(const ConvShape& s, Index o, Index i, const Body& body) {
    constexpr Index kRows = kSums / Vectors < kMostRows ? kSums / Vectors : kMostRows;
    const Index rows = s.y.kernel, x_row = s.y.dilation * s.in_w * s.in_c, w_row = s.x.kernel * s.in_c;
    for (Index ky = 0; ky < rows; ky += kRows)
      sized<kRows, 1>(rows - ky, 1, [&]<Index Rows, Index>() {
        body.template operator()<Rows, Vectors>(
            Piece{.x = ky * x_row + i, .x_row = x_row, .w = (o * rows + ky) * w_row + i, .w_row = w_row});
      });
  }

  /// Cuts the kernel of output channel o into pieces: calls body<Rows, Vectors>(piece, load, store), where the last
  /// vector of a row may be part of one.
  template <class Body>
  static void for_each_piece(const ConvShape& s, Index o, const Body& body) {
    const Index row = s.x.kernel * s.in_c, rest = row % kLanes;
    for (Index i = 0; i + kLanes <= row; i += kVectors * kLanes)
      sized<1, kVectors>(1, (row - i) / kLanes, [&]<Index, Index Vectors>() {
        for_each_row_piece<Vectors>(s, o, i, [&]<Index Rows, Index>(const Piece& piece) {
          body.template operator()<Rows, Vectors>(
              piece, [](const float* p) { return V::load_unaligned(p); },
              [](const V& v, float* p) { v.store_unaligned(p); });
        });
      });
    if (rest > 0)
      for_each_row_piece<1>(s, o, row - rest, [&]<Index Rows, Index>(const Piece& piece) {
        body.template operator()<Rows, 1>(
            piece, [rest](const float* p) { return load_part<V>(p, rest); },
            [rest](const V& v, float* p) { store_part(v, p, rest); });
      });
  }

  /// Walks along the list of each output channel; `walk` has all but the lists.
  template <bool kWeight, bool kInput>
  static void walk_all(const ConvShape& s, const NonZeros& lists, Walk list) {
    for (Index o = 0; o < s.out_c; ++o) {
      list.gradients = lists.gradients(o);
      list.offsets = lists.offsets(o);
      list.count = lists.count[o];
      if (list.count == 0 && (!kWeight || list.accumulate)) continue;
      for_each_piece(s, o, [&]<Index Rows, Index Vectors>(const Piece& piece, auto load, auto store) {
        walk<kWeight, kInput, Rows, Vectors>(list, piece, load, store);
      });
    }
  }

  static void bias_gradient(const NonZeros& lists, Index channels, float* dbias, bool accumulate) {
    for (Index o = 0; o < channels; ++o) {
      const float* gradients = lists.gradients(o);
      float sum = 0.0f;
      for (Index i = 0; i < lists.count[o]; ++i) sum += gradients[i];
      dbias[o] = accumulate ? dbias[o] + sum : sum;
    }
  }

  static void gradients(const ConvShape& s, const NonZeros& lists, const float* x, const float* weight_rows,
                        float* dweight_rows, float* dbias, bool accumulate, float* dx) noexcept {
    const Walk walk{.gradients = nullptr,
                    .offsets = nullptr,
                    .count = 0,
                    .x = x,
                    .weight = weight_rows,
                    .dweight = dweight_rows,
                    .dx = dx,
                    .accumulate = accumulate};
    bias_gradient(lists, s.out_c, dbias, accumulate);
    if constexpr (kOneWalk)
      if (dx) return walk_all<true, true>(s, lists, walk);
    walk_all<true, false>(s, lists, walk);
    if (dx) walk_all<false, true>(s, lists, walk);
  }
};

}  // namespace
}  // namespace gradrace::kernels
