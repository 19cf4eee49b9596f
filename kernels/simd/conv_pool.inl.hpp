#pragma once
// The fused stage's parts: ReLU and pooling of one row of windows, the lists of non-zero gradients, and the two sums
// over them.

#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct ConvPool {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);
  // Rows of a kernel, and vectors of each, that are worked on together. Each entry of a list costs a broadcast and an
  // address beside them, and accumulators must outnumber the latency of their sums: nine do, and leave room in 16
  // registers.
  static constexpr Index kRows = 3, kVectors = 3;

  /// Calls visit(value, place) for a window's values but the first, in row-major order. `at` is the first value of some
  /// channels, row the distance between rows. Side: of a square window, if known at compile time, which makes the loop
  /// several times as fast; else 0.
  template <Index Side, class Load, class Visit>
  static void for_each_other(const ConvPoolShape& s, const float* at, Index row, const Load& load, const Visit& visit) {
    const Index height = Side ? Side : s.pool_h, width = Side ? Side : s.pool_w;
    for (Index ky = 0; ky < height; ++ky)
      for (Index kx = ky == 0; kx < width; ++kx)
        visit(load(at + ky * row + kx * s.conv.out_c), V(float(ky * width + kx)));
  }

  /// The maximum of a window and its place, the first maximum and any NaN winning.
  struct Best {
    V value, place;
  };
  template <Index Side, class Load>
  static Best window_max(const ConvPoolShape& s, const float* at, Index row, const Load& load) {
    Best best{load(at), V(0.0f)};
    V all = best.value;  // NaN if any of them is
    for_each_other<Side>(s, at, row, load, [&](const V& v, const V& place) {
      best.place = xsimd::select(v > best.value, place, best.place);
      best.value = xsimd::max(v, best.value);
      all += v;
    });
    if (!bits(xsimd::isnan(all))) return best;
    // NaN, or infinities of both signs: rare, so the comparison that NaN needs stands here alone.
    best = {load(at), V(0.0f)};
    for_each_other<Side>(s, at, row, load, [&](const V& v, const V& place) {
      const auto wins = (v > best.value) | xsimd::isnan(v);
      best = {xsimd::select(wins, v, best.value), xsimd::select(wins, place, best.place)};
    });
    return best;
  }

  static void relu_pool_row(const ConvPoolShape& s, const float* rows, const float* scale, float* y,
                            float* place) noexcept {
    (s.pool_h == 2 && s.pool_w == 2 ? pool_row<2> : pool_row<0>)(s, rows, scale, y, place);
  }

  template <Index Side>
  static void pool_row(const ConvPoolShape& s, const float* rows, const float* scale, float* y, float* place) {
    const Index channels = s.conv.out_c, row = s.conv.out_w() * channels, windows = s.out_w();
    for (Index px = 0; px < windows; ++px, rows += s.pool_w * channels, y += channels)
      for_each_vector<V>(channels, [&](Index c, auto load, auto store) {
        const Best best = window_max<Side>(s, rows + c, row, load);
        const V factor = scale ? load(scale + c) : V(1.0f);
        const auto cut = best.value <= V(0.0f);  // false for NaN, which stays
        store(xsimd::select(cut, V(0.0f), best.value) * factor, y + c);
        if (place) store(xsimd::select(cut | (factor == V(0.0f)), V(kNowhere), best.place), place + px * channels + c);
      });
  }

  static void list_non_zeros(const ConvPoolShape& s, Range band, const float* dy, const float* scale,
                             const float* place, Index32* step, const NonZeroLists& lists) noexcept {
    const Index channels = s.conv.out_c, windows = s.out_w();
    const Index row = s.conv.y.stride * s.conv.in_w * s.conv.in_c, col = s.conv.x.stride * s.conv.in_c;
    step[Index(kNowhere)] = 0;
    for (Index p = 0; p < s.pool_h * s.pool_w; ++p) step[p] = Index32(p / s.pool_w * row + p % s.pool_w * col);
    for (Index c = 0; c < channels; ++c) {
      // Every output is written behind the list and only some stay there: a branch could not be foreseen.
      NonZero* end = lists.list(c);
      const float factor = scale ? scale[c] : 1.0f;
      for (Index py = band.begin; py < band.end; ++py) {
        Index32 base = Index32(py * s.pool_h * row);
        Index at = py * windows * channels + c;
        for (Index px = 0; px < windows; ++px, at += channels, base += Index32(s.pool_w * col)) {
          const int from = int(place[at]);
          *end = {base + step[from], dy[at] * factor};
          end += from >= 0;
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

  /// dw += sum over the list of gradient * x(offset ...), for a piece of Rows times Vectors whole vectors.
  template <Index Rows, Index Vectors>
  static void gather(const NonZero* entries, Index count, const Piece& piece, const float* x, float* dw) {
    V sum[Rows][Vectors];
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < Vectors; ++v) sum[r][v] = V::load_unaligned(dw + piece.w + r * piece.w_row + v * kLanes);
    for (Index i = 0; i < count; ++i) {
      const V g(entries[i].gradient);
      const float* from = x + piece.x + entries[i].offset;
      for (Index r = 0; r < Rows; ++r)
        for (Index v = 0; v < Vectors; ++v)
          sum[r][v] = multiply_add(g, V::load_unaligned(from + r * piece.x_row + v * kLanes), sum[r][v]);
    }
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < Vectors; ++v) sum[r][v].store_unaligned(dw + piece.w + r * piece.w_row + v * kLanes);
  }

  /// dx(offset ...) += gradient * w for every entry of the list, for a piece of Rows times Vectors whole vectors.
  template <Index Rows, Index Vectors>
  static void scatter(const NonZero* entries, Index count, const Piece& piece, const float* w, float* dx) {
    V weight[Rows][Vectors];
    for (Index r = 0; r < Rows; ++r)
      for (Index v = 0; v < Vectors; ++v) weight[r][v] = V::load_unaligned(w + piece.w + r * piece.w_row + v * kLanes);
    for (Index i = 0; i < count; ++i) {
      const V g(entries[i].gradient);
      float* to = dx + piece.x + entries[i].offset;
      for (Index r = 0; r < Rows; ++r)
        for (Index v = 0; v < Vectors; ++v) {
          float* at = to + r * piece.x_row + v * kLanes;
          multiply_add(g, weight[r][v], V::load_unaligned(at)).store_unaligned(at);
        }
    }
  }

  /// Cuts the kernel of output channel o into pieces: calls whole<Rows, Vectors>(piece), and rest(piece, n) for n
  /// floats of one row that are no whole vector.
  template <class Whole, class Rest>
  static void for_each_piece(const ConvPoolShape& s, Index o, const Whole& whole, const Rest& rest) {
    const Index row = s.conv.x.kernel * s.conv.in_c, rows = s.conv.y.kernel;
    for (Index ky = 0; ky < rows; ky += kRows) {
      Piece piece;
      piece.x_row = s.conv.y.dilation * s.conv.in_w * s.conv.in_c;
      piece.w_row = row;
      const auto move_to = [&](Index y, Index i) {
        piece.x = y * piece.x_row + i;
        piece.w = (o * rows + y) * row + i;
      };
      for (Index i = 0; i + kLanes <= row; i += kVectors * kLanes) {
        move_to(ky, i);
        sized<kRows, kVectors>(rows - ky, (row - i) / kLanes,
                               [&]<Index R, Index N>() { whole.template operator()<R, N>(piece); });
      }
      for (Index y = ky; row % kLanes && y < rows && y < ky + kRows; ++y) {
        move_to(y, row / kLanes * kLanes);
        rest(piece, row % kLanes);
      }
    }
  }

  static void sparse_weight_gradient(const ConvPoolShape& s, const NonZeros& lists, const float* x, float* dweight_rows,
                                     float* dbias) noexcept {
    for (Index o = 0; o < s.conv.out_c; ++o) {
      const NonZero* entries = lists.list(o);
      const Index count = lists.count[o];
      float sum = 0.0f;
      for (Index i = 0; i < count; ++i) sum += entries[i].gradient;
      dbias[o] += sum;
      for_each_piece(
          s, o,
          [&]<Index Rows, Index Vectors>(const Piece& piece) {
            gather<Rows, Vectors>(entries, count, piece, x, dweight_rows);
          },
          [&](const Piece& piece, Index n) {
            V total = load_part<V>(dweight_rows + piece.w, n);
            for (Index i = 0; i < count; ++i)
              total = multiply_add(V(entries[i].gradient), load_part<V>(x + piece.x + entries[i].offset, n), total);
            store_part(total, dweight_rows + piece.w, n);
          });
    }
  }

  static void sparse_input_gradient(const ConvPoolShape& s, const NonZeros& lists, const float* weight_rows,
                                    float* dx) noexcept {
    for (Index o = 0; o < s.conv.out_c; ++o) {
      const NonZero* entries = lists.list(o);
      const Index count = lists.count[o];
      for_each_piece(
          s, o,
          [&]<Index Rows, Index Vectors>(const Piece& piece) {
            scatter<Rows, Vectors>(entries, count, piece, weight_rows, dx);
          },
          [&](const Piece& piece, Index n) {
            const V weight = load_part<V>(weight_rows + piece.w, n);
            for (Index i = 0; i < count; ++i) {
              float* at = dx + piece.x + entries[i].offset;
              store_part(multiply_add(V(entries[i].gradient), weight, load_part<V>(at, n)), at, n);
            }
          });
    }
  }
};

}  // namespace
}  // namespace gradrace::kernels
