#pragma once
// Optimizers that divide by a root of squared gradients, without a mean of the gradients themselves.

#include "kernels/simd/optimizer_pass.inl.hpp"

namespace gradrace::kernels {
namespace {

template <class V>
bool optimizer_step(const AdagradScalars& scalars, const Stretch& x) {
  return pass<V, 1>(x, [s = scalars](const V& p, V g, V* state) {
    g = decayed(s.weight_decay, p, g);
    state[0] = multiply_add(g, g, state[0]);
    return p - V(s.lr) * g / (xsimd::sqrt(state[0]) + V(s.epsilon));
  });
}

template <class V, bool Centered, bool Momentum>
bool rmsprop_step(const RmspropScalars& scalars, const Stretch& x) {
  return pass<V, 1 + Centered + Momentum>(x, [s = scalars](const V& p, V g, V* state) {
    g = decayed(s.weight_decay, p, g);
    V square = state[0] = running_square(s.mean, state[0], g);
    if constexpr (Centered) {
      state[1] = running(s.mean, state[1], g);
      square = max_nan(negated_multiply_add(state[1], state[1], square), V(0.0f));
    }
    V direction = g / (xsimd::sqrt(square) + V(s.epsilon));
    if constexpr (Momentum)
      direction = state[1 + Centered] = multiply_add(V(s.momentum), state[1 + Centered], direction);
    return p - V(s.lr) * direction;
  });
}

template <class V>
bool optimizer_step(const RmspropScalars& scalars, const Stretch& x) {
  if (scalars.momentum == 0)
    return scalars.centered ? rmsprop_step<V, true, false>(scalars, x) : rmsprop_step<V, false, false>(scalars, x);
  else
    return scalars.centered ? rmsprop_step<V, true, true>(scalars, x) : rmsprop_step<V, false, true>(scalars, x);
}

template <class V>
bool optimizer_step(const AdadeltaScalars& scalars, const Stretch& x) {
  return pass<V, 2>(x, [s = scalars](const V& p, V g, V* state) {
    g = decayed(s.weight_decay, p, g);
    state[0] = running_square(s.mean, state[0], g);
    const V delta = xsimd::sqrt((state[1] + V(s.epsilon)) / (state[0] + V(s.epsilon))) * g;
    state[1] = running_square(s.mean, state[1], delta);
    return p - V(s.lr) * delta;
  });
}

}  // namespace
}  // namespace gradrace::kernels
