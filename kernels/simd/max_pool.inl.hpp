#pragma once
// Max pooling with vectors along the channels. Places in the window are kept as floats while comparing: they are small
// whole numbers, and so one kind of register serves for values and places.

#include "kernels/simd/pool_windows.inl.hpp"
#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct MaxPool {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);

  static void max_pool_forward(const PoolShape& s, const float* x, float* y, PoolPlace* argmax) noexcept {
    for_each_window(s, [&](const PoolWindow& window) {
      const float first = float(window.ky.begin * s.x.kernel + window.kx.begin);
      const Index out = window.out * s.channels;
      for_each_vector<V>(s.channels, [&](Index c, auto load, auto store) {
        V best(kLowest), place(first);
        for_each_place(s, window, [&](Index position, Index index) {
          const V v = load(x + position * s.channels + c);
          const auto wins = (v > best) | xsimd::isnan(v);
          best = xsimd::select(wins, v, best);
          place = xsimd::select(wins, V(float(index)), place);
        });
        store(best, y + out + c);
        alignas(kAlignment) float places[kLanes];
        place.store_aligned(places);
        const Index count = s.channels - c < kLanes ? s.channels - c : kLanes;
        for (Index i = 0; i < count; ++i) argmax[out + c + i] = PoolPlace(places[i]);
      });
    });
  }

  static void max_pool_backward(const PoolShape& s, const float* dy, const PoolPlace* argmax, float* dx) noexcept {
    for_each_vector<V>(s.in_h * s.in_w * s.channels, [&](Index i, auto, auto store) { store(V(0.0f), dx + i); });
    for_each_window(s, [&](const PoolWindow& window) {
      const Index out = window.out * s.channels;
      for_each_vector<V>(s.channels, [&](Index c, auto load, auto store) {
        const V gradient = load(dy + out + c);
        alignas(kAlignment) float places[kLanes] = {};
        const Index count = s.channels - c < kLanes ? s.channels - c : kLanes;
        for (Index i = 0; i < count; ++i) places[i] = float(argmax[out + c + i]);
        const V place = V::load_aligned(places);
        for_each_place(s, window, [&](Index position, Index index) {
          float* to = dx + position * s.channels + c;
          store(xsimd::select(place == V(float(index)), load(to) + gradient, load(to)), to);
        });
      });
    });
  }

 private:
  static constexpr float kLowest = -__builtin_inff();
};

}  // namespace
}  // namespace gradrace::kernels
