#pragma once

#include <cstdint>

#include "kernels/simd/exponential.inl.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct SoftmaxNll {
  using V = Vector<Arch>;

  /// e^x for x <= 0.
  static V exp(const V& x) {
    return decay<Arch>(xsimd::select(x < V(-104.0f), V(104.0f), -x));  // less is no float but zero
  }

  /// The natural logarithm of x >= 1, rounded once, from double precision: log(m) = 2 artanh((m - 1) / (m + 1)).
  static float log(float x) {
    const auto bits = __builtin_bit_cast(std::uint32_t, x);
    if (bits >= 0x7f800000) return x;            // infinity and NaN
    const std::uint32_t half_root = 0x3f3504f3;  // sqrt(1/2), from where on the mantissa m is taken
    const std::uint32_t exponent = (bits - half_root) >> 23;
    const double m = __builtin_bit_cast(float, bits - (exponent << 23)), s = (m - 1) / (m + 1), square = s * s;
    double sum = 1.0 / 13;  // the terms left out are below 1e-11 of the result
    for (int n = 11; n > 0; n -= 2) sum = sum * square + 1.0 / n;
    return float(exponent * 0x1.62e42fefa39efp-1 + 2 * s * sum);
  }

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
    const float log_sum = log(sum_of_exp(classes, x, max));
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
