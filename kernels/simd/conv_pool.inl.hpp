#pragma once
// The fused stage's parts: ReLU and pooling of one row of windows, and the lists of non-zero gradients.

#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct ConvPool {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);
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
};

}  // namespace
}  // namespace gradrace::kernels
