#pragma once
// The exponential function below one, which the softmax and activations are made of. Written out, so that all versions
// of xsimd and all instruction sets compute one formula (where operations are not fused, some results differ in the
// last bit).

#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

/// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
template <class Arch, std::size_t kTerms>
Vector<Arch> polynomial(const Vector<Arch>& x, const float (&c)[kTerms]) {
  Vector<Arch> sum(c[kTerms - 1]);
  for (std::size_t i = kTerms - 1; i-- > 0;) sum = multiply_add<Arch>(sum, x, Vector<Arch>(c[i]));
  return sum;
}

/// The nearest whole number, for |x| below 2^22.
template <class V>
V nearest(const V& x) {
  const V shift(0x1.8p23f);
  return (x + shift) - shift;
}

/// (e^r - 1 - r) / r^2 for |r| <= log(2) / 2. By Remez's algorithm in 40 digits, for the least relative error of e^r,
/// 3e-9.
inline constexpr float kExponential[] = {0.4999999341f, 0.1666652011f, 0.04166839358f, 0.008368780485f,
                                         0.001381450698f};

/// e^-(x + rest) for x in [0, 126] and a rest that is small beside log(2); NaN stays NaN. Off by less than one unit in
/// the last place; subnormal results are rounded correctly once more.
template <class Arch>
Vector<Arch> decay(const Vector<Arch>& x, const Vector<Arch>& rest = Vector<Arch>(0.0f)) {
  using V = Vector<Arch>;
  const V high(0x1.63p-1f), low(-0x1.bd0106p-13f);  // log(2); n * high is exact
  const V n = nearest(x * V(-0x1.715476p0f));       // e^-x = 2^n e^r
  const V r = negated_multiply_add<Arch>(n, low, negated_multiply_add<Arch>(n, high, -x)) - rest;
  const V power = V(1.0f) + multiply_add<Arch>(r * r, polynomial<Arch>(r, kExponential), r);
  const V half = nearest(n * V(0.5f));  // in two steps, since 2^n may be too small for a float
  return xsimd::ldexp(xsimd::ldexp(power, xsimd::to_int(half)), xsimd::to_int(n - half));
}

}  // namespace
}  // namespace gradrace::kernels
