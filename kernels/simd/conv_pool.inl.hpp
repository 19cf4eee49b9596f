#pragma once
// The fused stage's parts: ReLU and pooling of one row of windows, and the lists of non-zero gradients.

#include "kernels/simd/non_zeros.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct ConvPool {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);

  /// The way from a window's first input to that of one of its positions.
  static float place_of(const ConvPoolShape& s, Index ky, Index kx) {
    return float((ky * s.conv.y.stride * s.conv.in_w + kx * s.conv.x.stride) * s.conv.in_c);
  }

  /// Calls visit(value, place) for a window's values but the first, in row-major order. `at` is the first value of some
  /// channels, row the distance between rows. Side: of a square window, if known at compile time, which makes the loop
  /// several times as fast; else 0.
  template <Index Side, class Load, class Visit>
  static void for_each_other(const ConvPoolShape& s, const float* at, Index row, const Load& load, const Visit& visit) {
    const Index height = Side ? Side : s.pool_h, width = Side ? Side : s.pool_w;
    for (Index ky = 0; ky < height; ++ky)
      for (Index kx = ky == 0; kx < width; ++kx) visit(load(at + ky * row + kx * s.conv.out_c), V(place_of(s, ky, kx)));
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
                             const float* place, const NonZeroLists& lists) noexcept {
    using Block = NonZeroBlock<Arch>;
    const Index channels = s.conv.out_c, end = band.end * s.out_w();
    const CellGrid windows{.width = s.out_w(),
                           .row = s.pool_h * s.conv.y.stride * s.conv.in_w * s.conv.in_c,
                           .col = s.pool_w * s.conv.x.stride * s.conv.in_c};
    for (Index cell = band.begin * s.out_w(); cell < end; cell += kLanes) {
      const Index some = end - cell < kLanes ? end - cell : kLanes;
      const auto offsets = Block::offsets(windows, cell, some);
      for (Index c = 0; c < channels; c += kLanes) {
        const Index n = channels - c < kLanes ? channels - c : kLanes, at = cell * channels + c;
        V places[kLanes], gradients[kLanes];
        Block::columns(place + at, channels, some, n, kNowhere, places);
        Block::columns(dy + at, channels, some, n, 0.0f, gradients);
        for (Index i = 0; i < n; ++i)
          Block::append(lists, c + i, bits(places[i] >= V(0.0f)), offsets + xsimd::to_int(places[i]),
                        scale ? gradients[i] * V(scale[c + i]) : gradients[i]);
      }
    }
  }
};

}  // namespace
}  // namespace gradrace::kernels
