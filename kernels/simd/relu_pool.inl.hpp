#pragma once
// ReLU, pooling and dropout of one window: its values come from memory or from registers.

#include "kernels/shapes.hpp"
#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

/// Side: of a square window, if known at compile time, which makes the loop several times as fast; else 0.
template <class Arch, Index Side>
struct ReluPool {
  using V = Vector<Arch>;

  /// The maximum of a window and its place, the first maximum and any NaN winning.
  struct Best {
    V value, place;
  };

  /// value(ky, kx) is the window's value there, place(ky, kx) what marks the place.
  template <class Value, class Place>
  static Best max(Index height, Index width, const Value& value, const Place& place) {
    const auto for_each_other = [&](const auto& visit) {  // than the first, in row-major order
      for (Index ky = 0; ky < (Side ? Side : height); ++ky)
        for (Index kx = ky == 0; kx < (Side ? Side : width); ++kx) visit(value(ky, kx), V(place(ky, kx)));
    };
    Best best{value(0, 0), V(0.0f)};
    V all = best.value;  // NaN if any of them is
    for_each_other([&](const V& v, const V& at) {
      best.place = xsimd::select(v > best.value, at, best.place);
      best.value = xsimd::max(v, best.value);
      all += v;
    });
    if (!bits(xsimd::isnan(all))) return best;
    // NaN, or infinities of both signs: rare, so the comparison that NaN needs stands here alone.
    best = {value(0, 0), V(0.0f)};
    for_each_other([&](const V& v, const V& at) {
      const auto wins = (v > best.value) | xsimd::isnan(v);
      best = {xsimd::select(wins, v, best.value), xsimd::select(wins, at, best.place)};
    });
    return best;
  }

  /// What is left of the maximum after ReLU and dropout, and its place, if anybody wants it.
  template <class Store>
  static void finish(const Best& best, const V& scale, const Store& store, float* y, float* place) {
    const auto cut = best.value <= V(0.0f);  // false for NaN, which stays
    store(xsimd::select(cut, V(0.0f), best.value) * scale, y);
    if (place) store(xsimd::select(cut | (scale == V(0.0f)), V(kNowhere), best.place), place);
  }
};

}  // namespace
}  // namespace gradrace::kernels
