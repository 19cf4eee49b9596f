#pragma once
// Max pooling with vectors along the channels. Places in the window are kept as floats while comparing: they are small
// whole numbers, and so one kind of register serves for values and places.

#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct MaxPool {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);

  /// Calls body(output position, offset of the window's first input position).
  template <class Body>
  static void for_each_window(const PoolShape& s, const Body& body) {
    const Index out_h = s.out_h(), out_w = s.out_w();
    for (Index oy = 0; oy < out_h; ++oy)
      for (Index ox = 0; ox < out_w; ++ox) body(oy * out_w + ox, oy * s.y.stride * s.in_w + ox * s.x.stride);
  }
  template <class Body>
  static void for_each_place(const PoolShape& s, const Body& body) {
    for (Index ky = 0; ky < s.y.kernel; ++ky)
      for (Index kx = 0; kx < s.x.kernel; ++kx)
        body(ky * s.y.dilation * s.in_w + kx * s.x.dilation, float(ky * s.x.kernel + kx));
  }

  static void max_pool_forward(const PoolShape& s, const float* x, float* y, std::uint8_t* argmax) noexcept {
    for_each_window(s, [&](Index out, Index in) {
      for_each_vector<V>(s.channels, [&](Index c, auto load, auto store) {
        V best = load(x + in * s.channels + c), place(0.0f);
        for_each_place(s, [&](Index offset, float index) {
          const V v = load(x + (in + offset) * s.channels + c);
          const auto wins = (v > best) | xsimd::isnan(v);
          best = xsimd::select(wins, v, best);
          place = xsimd::select(wins, V(index), place);
        });
        store(best, y + out * s.channels + c);
        alignas(kAlignment) float places[kLanes];
        place.store_aligned(places);
        const Index count = s.channels - c < kLanes ? s.channels - c : kLanes;
        for (Index i = 0; i < count; ++i) argmax[out * s.channels + c + i] = std::uint8_t(places[i]);
      });
    });
  }

  static void max_pool_backward(const PoolShape& s, const float* dy, const std::uint8_t* argmax, float* dx) noexcept {
    for_each_vector<V>(s.in_h * s.in_w * s.channels, [&](Index i, auto, auto store) { store(V(0.0f), dx + i); });
    for_each_window(s, [&](Index out, Index in) {
      for_each_vector<V>(s.channels, [&](Index c, auto load, auto store) {
        const V gradient = load(dy + out * s.channels + c);
        alignas(kAlignment) float places[kLanes] = {};
        const Index count = s.channels - c < kLanes ? s.channels - c : kLanes;
        for (Index i = 0; i < count; ++i) places[i] = argmax[out * s.channels + c + i];
        const V place = V::load_aligned(places);
        for_each_place(s, [&](Index offset, float index) {
          float* to = dx + (in + offset) * s.channels + c;
          store(xsimd::select(place == V(index), load(to) + gradient, load(to)), to);
        });
      });
    });
  }
};

}  // namespace
}  // namespace gradrace::kernels
