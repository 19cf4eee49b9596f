#pragma once
// Adam and its kin: a mean of the gradients over a measure of their size.

#include "kernels/simd/optimizer_pass.inl.hpp"

namespace gradrace::kernels {
namespace {

template <class V, bool Amsgrad, bool Decoupled>
bool adam_step(const AdamScalars& scalars, const Stretch& x) {
  return pass < V,
         Amsgrad ? 3 : 2 > (x, [s = scalars](const V& p, V g, V* state) {
                         if constexpr (!Decoupled) g = decayed(s.weight_decay, p, g);
                         state[0] = running(s.first, state[0], g);
                         state[1] = running_square(s.second, state[1], g);
                         V second = state[1];
                         if constexpr (Amsgrad) second = state[2] = max_nan(state[2], state[1]);
                         const V root = multiply_add(xsimd::sqrt(second), V(s.inv_sqrt_correction2), V(s.epsilon));
                         const V step = V(s.step_size) * state[0] / root;
                         return p - (Decoupled ? multiply_add(V(s.decay), p, step) : step);
                       });
}

template <class V>
bool optimizer_step(const AdamScalars& scalars, const Stretch& x) {
  if (scalars.decoupled)
    return scalars.amsgrad ? adam_step<V, true, true>(scalars, x) : adam_step<V, false, true>(scalars, x);
  else
    return scalars.amsgrad ? adam_step<V, true, false>(scalars, x) : adam_step<V, false, false>(scalars, x);
}

template <class V>
bool optimizer_step(const AdamaxScalars& scalars, const Stretch& x) {
  return pass<V, 2>(x, [s = scalars](const V& p, V g, V* state) {
    g = decayed(s.weight_decay, p, g);
    state[0] = running(s.first, state[0], g);
    state[1] = max_nan(V(s.beta2) * state[1], xsimd::abs(g) + V(s.epsilon));
    return p - V(s.step_size) * state[0] / state[1];
  });
}

template <class V>
bool optimizer_step(const NadamScalars& scalars, const Stretch& x) {
  return pass<V, 2>(x, [s = scalars](const V& p, V g, V* state) {
    g = decayed(s.weight_decay, p, g);
    state[0] = running(s.first, state[0], g);
    state[1] = running_square(s.second, state[1], g);
    const V root = multiply_add(xsimd::sqrt(state[1]), V(s.inv_sqrt_correction2), V(s.epsilon));
    const V step = multiply_add(V(s.gradient_size), g, V(s.moment_size) * state[0]) / root;
    return p - multiply_add(V(s.decay), p, step);
  });
}

template <class V, bool Rectified>
bool radam_step(const RadamScalars& scalars, const Stretch& x) {
  return pass<V, 2>(x, [s = scalars](const V& p, V g, V* state) {
    g = decayed(s.weight_decay, p, g);
    state[0] = running(s.first, state[0], g);
    state[1] = running_square(s.second, state[1], g);
    V step = V(s.step_size) * state[0];
    if constexpr (Rectified) step = step / (xsimd::sqrt(state[1]) + V(s.epsilon));
    return p - multiply_add(V(s.decay), p, step);
  });
}

template <class V>
bool optimizer_step(const RadamScalars& scalars, const Stretch& x) {
  return scalars.rectified ? radam_step<V, true>(scalars, x) : radam_step<V, false>(scalars, x);
}

}  // namespace
}  // namespace gradrace::kernels
