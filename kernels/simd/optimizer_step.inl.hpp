#pragma once
// All optimizers' bodies: optimizer_step<V>(scalars, stretch), one for each type of scalars, as the table wants them.

#include "kernels/simd/optimizer_descent.inl.hpp"
#include "kernels/simd/optimizer_moments.inl.hpp"
#include "kernels/simd/optimizer_root.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct OptimizerStep {
  template <class Scalars>
  static bool step(const Scalars& scalars, Index n, float* p, const float* g, float* const* state) noexcept {
    return optimizer_step<Vector<Arch>>(scalars, Stretch{n, p, g, state});
  }
  /// One of them for each type in the list.
  template <class... Scalars>
  constexpr operator OptimizerKernels<Scalars...>() const {
    return {{step<Scalars>}...};
  }
};

}  // namespace
}  // namespace gradrace::kernels
