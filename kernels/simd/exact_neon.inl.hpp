#pragma once
// On NEON all versions of xsimd divide and take roots of floats by an estimate and two of Newton's steps, which is off
// in the last bit, or wrong for infinity. These take the place of both: they are rounded correctly, as on every other
// instruction set, also where xsimd's own functions use them.

#include <xsimd/xsimd.hpp>

namespace xsimd::kernel {

template <>
[[gnu::always_inline]] inline batch<float, neon64> div(const batch<float, neon64>& a, const batch<float, neon64>& b,
                                                       requires_arch<neon>) noexcept {
  return vdivq_f32(a, b);
}

template <>
[[gnu::always_inline]] inline batch<float, neon64> sqrt(const batch<float, neon64>& a, requires_arch<neon>) noexcept {
  return vsqrtq_f32(a);
}

}  // namespace xsimd::kernel
