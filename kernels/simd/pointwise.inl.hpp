#pragma once

#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Pointwise {
  using V = Vector<Arch>;

  static void relu_forward(Index n, const float* x, float* y) noexcept {
    for_each_vector<V>(n, [&](Index i, auto load, auto store) {
      const V v = load(x + i);
      store(where_positive(v, v), y + i);
    });
  }

  static void relu_backward(Index n, const float* y, const float* dy, float* dx) noexcept {
    for_each_vector<V>(
        n, [&](Index i, auto load, auto store) { store(where_positive(load(y + i), load(dy + i)), dx + i); });
  }

  static void add(Index n, const float* x, const float* y, float* sum) noexcept {
    for_each_vector<V>(n, [&](Index i, auto load, auto store) { store(load(x + i) + load(y + i), sum + i); });
  }

  static void scale_channels(Index positions, Index channels, const float* x, const float* scale, float* y) noexcept {
    for (Index p = 0; p < positions; ++p, x += channels, y += channels)
      for_each_vector<V>(channels,
                         [&](Index c, auto load, auto store) { store(load(x + c) * load(scale + c), y + c); });
  }
};

}  // namespace
}  // namespace gradrace::kernels
