#pragma once
// The gradients of a convolution from lists of the output's gradients that are not zero.

#include "kernels/simd/tiles.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct ConvSparse {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);
  // Vectors of some rows of a kernel that are worked on together. Each entry of a list costs a broadcast and an address
  // beside them, and sums must outnumber the latency of a multiply-add: nine do, and leave room in 16 registers.
  static constexpr Index kSums = Tiles<Arch>::kRegisters == 32 ? 15 : 9, kVectors = 3, kMostRows = 5;

  static Index count_non_zeros(Index n, const float* x) noexcept {
    Index count = 0;
    for_each_vector<V>(n,
                       [&](Index i, auto load, auto) { count += __builtin_popcount(bits(!(load(x + i) == V(0.0f)))); });
    return count;
  }

  static void list_gradients(const ConvShape& s, Range rows, const float* dy, const NonZeroLists& lists) noexcept {
    const Index out_w = s.out_w(), channels = s.out_c;
    for (Index c = 0; c < channels; ++c) {
      // As NonZeroLists::append does, with the list's end in a register.
      NonZero* end = lists.list(c) + lists.count[c];
      for (Index oy = rows.begin; oy < rows.end; ++oy) {
        const float* from = dy + oy * out_w * channels + c;
        Index offset = oy * s.y.stride * s.in_w * s.in_c;
        for (Index ox = 0; ox < out_w; ++ox, from += channels, offset += s.x.stride * s.in_c) {
          *end = {Index32(offset), *from};
          end += *from != 0.0f;
        }
      }
      lists.count[c] = Index32(end - lists.list(c));
    }
  }

  /// Some rows of a kernel and, in each, some of its floats: what is worked on together.
  struct Piece {
    Index x = 0, x_row = 0;  ///< where it begins in the input's window, and the way to its next row
    Index w = 0, w_row = 0;  ///< the same in a kernel
  };

  /// dw += sum over the list of gradient * x(offset ...), for a piece of Rows times Vectors vectors.
  template <Index Rows, Index Vectors, class Load, class Store>
  static void gather(const NonZero* entries, Index count, const Piece& piece, const float* x, float* dw,
                     const Load& load, const Store& store) {
    V sum[Rows][Vectors];
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < Vectors; ++v) sum[r][v] = load(dw + piece.w + r * piece.w_row + v * kLanes);
    for (Index i = 0; i < count; ++i) {
      const V g(entries[i].gradient);
      const float* from = x + piece.x + entries[i].offset;
      for (Index r = 0; r < Rows; ++r)
        for (Index v = 0; v < Vectors; ++v)
          sum[r][v] = multiply_add(g, load(from + r * piece.x_row + v * kLanes), sum[r][v]);
    }
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < Vectors; ++v) store(sum[r][v], dw + piece.w + r * piece.w_row + v * kLanes);
  }

  /// dx(offset ...) += gradient * w for every entry of the list, for a piece of Rows times Vectors vectors.
  template <Index Rows, Index Vectors, class Load, class Store>
  static void scatter(const NonZero* entries, Index count, const Piece& piece, const float* w, float* dx,
                      const Load& load, const Store& store) {
    V weight[Rows][Vectors];
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < Vectors; ++v) weight[r][v] = load(w + piece.w + r * piece.w_row + v * kLanes);
    for (Index i = 0; i < count; ++i) {
      const V g(entries[i].gradient);
      float* to = dx + piece.x + entries[i].offset;
      for (Index r = 0; r < Rows; ++r)
        for (Index v = 0; v < Vectors; ++v) {
          float* at = to + r * piece.x_row + v * kLanes;
          store(multiply_add(g, weight[r][v], load(at)), at);
        }
    }
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

  static void weight_gradient(const ConvShape& s, const NonZeros& lists, const float* x, float* dweight_rows,
                              float* dbias) noexcept {
    for (Index o = 0; o < s.out_c; ++o) {
      const NonZero* entries = lists.list(o);
      const Index count = lists.count[o];
      if (count == 0) continue;
      float sum = 0.0f;
      for (Index i = 0; i < count; ++i) sum += entries[i].gradient;
      dbias[o] += sum;
      for_each_piece(s, o, [&]<Index Rows, Index Vectors>(const Piece& piece, auto load, auto store) {
        gather<Rows, Vectors>(entries, count, piece, x, dweight_rows, load, store);
      });
    }
  }

  static void input_gradient(const ConvShape& s, const NonZeros& lists, const float* weight_rows, float* dx) noexcept {
    for (Index o = 0; o < s.out_c; ++o) {
      const NonZero* entries = lists.list(o);
      const Index count = lists.count[o];
      if (count == 0) continue;
      for_each_piece(s, o, [&]<Index Rows, Index Vectors>(const Piece& piece, auto load, auto store) {
        scatter<Rows, Vectors>(entries, count, piece, weight_rows, dx, load, store);
      });
    }
  }
};

}  // namespace
}  // namespace gradrace::kernels
