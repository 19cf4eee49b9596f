#pragma once

#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct SoftmaxNll {
  using V = Vector<Arch>;

  /// xsimd's function, flattened: not inlined it would be a symbol that a linker sees.
  [[gnu::flatten]] static V exp(const V& x) { return xsimd::exp(x); }

  /// The sum of exp(x - max), class by class in vectors and then over the lanes in order.
  static float sum_of_exp(Index classes, const float* x, float max) {
    V sum(0.0f);
    const Index lanes = Index(V::size), whole = classes / lanes * lanes;
    for (Index c = 0; c < whole; c += lanes) sum += exp(V::load_unaligned(x + c) - V(max));
    alignas(kAlignment) float last[V::size], each[V::size];
    if (whole < classes) exp(load_part<V>(x + whole, classes - whole) - V(max)).store_aligned(last);
    sum.store_aligned(each);
    float total = 0.0f;
    for (Index i = 0; i < lanes; ++i) total += each[i];
    for (Index i = 0; i < classes - whole; ++i) total += last[i];
    return total;
  }

  static float log_softmax_nll(Index classes, const float* x, Index target, float scale, float* log_prob,
                               float* dx) noexcept {
    float max = x[0];
    for (Index c = 1; c < classes; ++c) max = x[c] > max ? x[c] : max;
    const float log_sum = xsimd::log(V(sum_of_exp(classes, x, max))).get(0);
    const float loss = log_sum - (x[target] - max);
    for_each_vector<V>(classes, [&](Index c, auto load, auto store) {
      const V lp = load(x + c) - V(max) - V(log_sum);
      if (log_prob) store(lp, log_prob + c);
      if (dx) store(exp(lp) * V(scale), dx + c);
    });
    if (dx) dx[target] -= scale;
    return loss;
  }
};

}  // namespace
}  // namespace gradrace::kernels
