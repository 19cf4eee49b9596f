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
  // Vectors of a kernel's row that are worked on together. Each entry of a list costs a broadcast and two addresses
  // beside them, so more is better; six of accumulators or weights leave room in 16 registers.
  static constexpr Index kVectors = 6;

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

  static NonZeros list_non_zeros(const ConvPoolShape& s, Range band, const float* dy, const float* scale,
                                 const float* place, float* scratch) noexcept {
    const Index channels = s.conv.out_c, windows = s.out_w();
    const NonZeros lists{reinterpret_cast<Index32*>(scratch),
                         reinterpret_cast<NonZero*>(scratch + round_up(channels + s.pool_h * s.pool_w, 2)),
                         band.size() * windows};
    Index32* step = lists.count + channels;  // from a window's first input to that of each place
    const Index row = s.conv.y.stride * s.conv.in_w * s.conv.in_c, col = s.conv.x.stride * s.conv.in_c;
    for (Index c = 0; c < channels; ++c) lists.count[c] = 0;
    for (Index p = 0; p < s.pool_h * s.pool_w; ++p) step[p] = Index32(p / s.pool_w * row + p % s.pool_w * col);
    for (Index py = band.begin; py < band.end; ++py)
      for (Index px = 0; px < windows; ++px) {
        const Index cell = (py * windows + px) * channels, base = py * s.pool_h * row + px * s.pool_w * col;
        for (Index c = 0; c < channels; c += kLanes) {
          const Index n = channels - c < kLanes ? channels - c : kLanes;
          const V places = n == kLanes ? V::load_unaligned(place + cell + c) : load_part<V>(place + cell + c, n);
          for (unsigned alive = bits(places >= V(0.0f)) & ((1u << n) - 1); alive; alive &= alive - 1) {
            const Index o = c + __builtin_ctz(alive);
            NonZero& entry = lists.entries[o * lists.capacity + lists.count[o]++];
            entry.offset = Index32(base) + step[Index(place[cell + o])];
            entry.gradient = scale ? dy[cell + o] * scale[o] : dy[cell + o];
          }
        }
      }
    return lists;
  }

  /// dw += sum over the list of gradient * x(offset ...), for Vectors whole vectors.
  template <Index Vectors>
  static void gather(const NonZero* entries, Index count, const float* x, float* dw) {
    V sum[Vectors];
    for (Index v = 0; v < Vectors; ++v) sum[v] = V::load_unaligned(dw + v * kLanes);
    for (Index i = 0; i < count; ++i) {
      const V g(entries[i].gradient);
      const float* from = x + entries[i].offset;
      for (Index v = 0; v < Vectors; ++v) sum[v] = multiply_add(g, V::load_unaligned(from + v * kLanes), sum[v]);
    }
    for (Index v = 0; v < Vectors; ++v) sum[v].store_unaligned(dw + v * kLanes);
  }

  /// dx(offset ...) += gradient * w for every entry of the list, for Vectors whole vectors.
  template <Index Vectors>
  static void scatter(const NonZero* entries, Index count, const float* w, float* dx) {
    V weight[Vectors];
    for (Index v = 0; v < Vectors; ++v) weight[v] = V::load_unaligned(w + v * kLanes);
    for (Index i = 0; i < count; ++i) {
      const V g(entries[i].gradient);
      float* to = dx + entries[i].offset;
      for (Index v = 0; v < Vectors; ++v)
        multiply_add(g, weight[v], V::load_unaligned(to + v * kLanes)).store_unaligned(to + v * kLanes);
    }
  }

  /// Calls piece<N>(first, ...) for the whole vectors of a row of n floats, kVectors at a time, then rest(first, count)
  /// for what is no whole vector.
  template <Index N, class Piece>
  static void last_piece(Index vectors, Index first, const Piece& piece) {
    if constexpr (N > 0) {
      if (vectors == N)
        piece.template operator()<N>(first);
      else
        last_piece<N - 1>(vectors, first, piece);
    }
  }
  template <class Piece, class Rest>
  static void for_each_piece(Index n, const Piece& piece, const Rest& rest) {
    Index i = 0;
    for (; i + kVectors * kLanes <= n; i += kVectors * kLanes) piece.template operator()<kVectors>(i);
    last_piece<kVectors - 1>((n - i) / kLanes, i, piece);
    if (n % kLanes) rest(n / kLanes * kLanes, n % kLanes);
  }

  static void sparse_weight_gradient(const ConvPoolShape& s, const NonZeros& lists, const float* x, float* dweight_rows,
                                     float* dbias) noexcept {
    const Index row = s.conv.x.kernel * s.conv.in_c, image_row = s.conv.y.dilation * s.conv.in_w * s.conv.in_c;
    for (Index o = 0; o < s.conv.out_c; ++o) {
      const NonZero* entries = lists.entries + o * lists.capacity;
      const Index count = lists.count[o];
      float sum = 0.0f;
      for (Index i = 0; i < count; ++i) sum += entries[i].gradient;
      dbias[o] += sum;
      for (Index ky = 0; ky < s.conv.y.kernel; ++ky) {
        const float* from = x + ky * image_row;
        float* dw = dweight_rows + (o * s.conv.y.kernel + ky) * row;
        for_each_piece(
            row, [&]<Index N>(Index first) { gather<N>(entries, count, from + first, dw + first); },
            [&](Index first, Index n) {
              V total = load_part<V>(dw + first, n);
              for (Index i = 0; i < count; ++i)
                total = multiply_add(V(entries[i].gradient), load_part<V>(from + entries[i].offset + first, n), total);
              store_part(total, dw + first, n);
            });
      }
    }
  }

  static void sparse_input_gradient(const ConvPoolShape& s, const NonZeros& lists, const float* weight_rows,
                                    float* dx) noexcept {
    const Index row = s.conv.x.kernel * s.conv.in_c, image_row = s.conv.y.dilation * s.conv.in_w * s.conv.in_c;
    for (Index o = 0; o < s.conv.out_c; ++o) {
      const NonZero* entries = lists.entries + o * lists.capacity;
      const Index count = lists.count[o];
      for (Index ky = 0; ky < s.conv.y.kernel; ++ky) {
        const float* w = weight_rows + (o * s.conv.y.kernel + ky) * row;
        float* to = dx + ky * image_row;
        for_each_piece(
            row, [&]<Index N>(Index first) { scatter<N>(entries, count, w + first, to + first); },
            [&](Index first, Index n) {
              const V weight = load_part<V>(w + first, n);
              for (Index i = 0; i < count; ++i) {
                float* at = to + entries[i].offset + first;
                store_part(multiply_add(V(entries[i].gradient), weight, load_part<V>(at, n)), at, n);
              }
            });
      }
    }
  }
};

}  // namespace
}  // namespace gradrace::kernels
