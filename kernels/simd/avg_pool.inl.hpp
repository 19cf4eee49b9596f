#pragma once
// Average pooling with vectors along the channels.

#include "kernels/simd/pool_windows.inl.hpp"
#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct AvgPool {
  using V = Vector<Arch>;

  static void avg_pool_forward(const PoolShape& s, const float* x, float* y) noexcept {
    const V places(float(s.y.kernel * s.x.kernel));
    for_each_window(s, [&](const PoolWindow& window) {
      for_each_vector<V>(s.channels, [&](Index c, auto load, auto store) {
        V sum(0.0f);
        for_each_place(s, window, [&](Index position, Index) { sum += load(x + position * s.channels + c); });
        store(sum / places, y + window.out * s.channels + c);
      });
    });
  }

  static void avg_pool_backward(const PoolShape& s, const float* dy, float* dx) noexcept {
    const V places(float(s.y.kernel * s.x.kernel));
    for_each_vector<V>(s.in_h * s.in_w * s.channels, [&](Index i, auto, auto store) { store(V(0.0f), dx + i); });
    for_each_window(s, [&](const PoolWindow& window) {
      for_each_vector<V>(s.channels, [&](Index c, auto load, auto store) {
        const V share = load(dy + window.out * s.channels + c) / places;
        for_each_place(s, window, [&](Index position, Index) {
          float* to = dx + position * s.channels + c;
          store(load(to) + share, to);
        });
      });
    });
  }
};

}  // namespace
}  // namespace gradrace::kernels
