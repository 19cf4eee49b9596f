#pragma once

#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Stream {
  using V = Vector<Arch>;
  static constexpr Index kMostStreams = 8;

  /// Sums in kSums vectors, so that no addition waits for the one before.
  static double read(Index n, const float* x) noexcept {
    constexpr Index kSums = 8, kLanes = Index(V::size);
    V sum[kSums];
    for (Index k = 0; k < kSums; ++k) sum[k] = V(0.0f);
    Index i = 0;
    for (; i + kSums * kLanes <= n; i += kSums * kLanes)
      for (Index k = 0; k < kSums; ++k) sum[k] += V::load_unaligned(x + i + k * kLanes);
    for_each_vector<V>(n - i, [&](Index j, auto load, auto) { sum[0] += load(x + i + j); });
    for (Index k = 1; k < kSums; ++k) sum[0] += sum[k];
    float lanes[V::size];
    sum[0].store_unaligned(lanes);
    double total = 0;
    for (const float lane : lanes) total += double(lane);
    return total;
  }
  static void copy(Index n, const float* from, float* to) noexcept {
    for_each_vector<V>(n, [&](Index i, auto load, auto store) { store(load(from + i), to + i); });
  }
  static void triad(Index n, float s, const float* b, const float* c, float* a) noexcept {
    const V factor(s);
    for_each_vector<V>(n, [&](Index i, auto load, auto store) { store(load(b + i) + factor * load(c + i), a + i); });
  }
  static void triads(Index n, float s, const float* g, Index arrays, float* const* x) noexcept {
    choose<0>(n, s, g, arrays, x);
  }

 private:
  /// The loop for kArrays arrays, a number that the compiler must know to keep the loop over them out of the other.
  template <Index kArrays>
  static void choose(Index n, float s, const float* g, Index arrays, float* const* x) noexcept {
    if (arrays > kArrays)
      if constexpr (kArrays < kMostStreams) return choose<kArrays + 1>(n, s, g, arrays, x);
    float* to[kArrays + 1];
    for (Index k = 0; k < kArrays; ++k) to[k] = x[k];
    const V factor(s);
    for_each_vector<V>(n, [&](Index i, auto load, auto store) {
      const V term = factor * load(g + i);
      for (Index k = 0; k < kArrays; ++k) store(load(to[k] + i) + term, to[k] + i);
    });
  }
};

}  // namespace
}  // namespace gradrace::kernels
