#pragma once
// Optimizers that scale all gradients alike, or look at their sign only.

#include "kernels/simd/optimizer_pass.inl.hpp"

namespace gradrace::kernels {
namespace {

template <class V, bool Nesterov>
bool momentum_step(const SgdScalars& scalars, const Stretch& x) {
  return pass<V, 1>(x, [s = scalars](const V& p, V g, V* state) {
    g = decayed(s.weight_decay, p, g);
    state[0] = multiply_add(V(s.rest), g, V(s.momentum) * state[0]);
    const V direction = Nesterov ? multiply_add(V(s.momentum), state[0], g) : state[0];
    return p - V(s.lr) * direction;
  });
}

template <class V>
bool optimizer_step(const SgdScalars& scalars, const Stretch& x) {
  if (scalars.momentum == 0)
    return pass<V, 0>(
        x, [s = scalars](const V& p, const V& g, V*) { return p - V(s.lr) * decayed(s.weight_decay, p, g); });
  return scalars.nesterov ? momentum_step<V, true>(scalars, x) : momentum_step<V, false>(scalars, x);
}

template <class V, bool Averaging>
bool averaged_step(const AsgdScalars& scalars, const Stretch& x) {
  return pass<V, 1>(x, [s = scalars](V p, V g, V* state) {
    g = decayed(s.weight_decay, p, g);
    p = p - multiply_add(V(s.decay), p, V(s.eta) * g);
    state[0] = Averaging ? multiply_add(V(s.mu), p - state[0], state[0]) : p;
    return p;
  });
}

template <class V>
bool optimizer_step(const AsgdScalars& scalars, const Stretch& x) {
  return scalars.averaging ? averaged_step<V, true>(scalars, x) : averaged_step<V, false>(scalars, x);
}

template <class V>
bool optimizer_step(const RpropScalars& scalars, const Stretch& x) {
  return pass<V, 2>(x, [s = scalars](const V& p, V g, V* state) {
    const V zero(0.0f), product = g * state[0];
    const auto turned = product < zero;
    const V factor = xsimd::select(product > zero, V(s.grow), xsimd::select(turned, V(s.shrink), V(1.0f)));
    state[1] = xsimd::min(xsimd::max(state[1] * factor, V(s.smallest)), V(s.largest));
    state[0] = g = xsimd::select(turned, zero, g);
    return p - with_sign_of(g, state[1]);
  });
}

template <class V>
bool optimizer_step(const LionScalars& scalars, const Stretch& x) {
  return pass<V, 1>(x, [s = scalars](const V& p, const V& g, V* state) {
    const V direction = running(s.update, state[0], g);
    state[0] = running(s.moment, state[0], g);
    return p - multiply_add(V(s.decay), p, with_sign_of(direction, V(s.lr)));
  });
}

template <class V>
bool optimizer_step(const DirectionScalars& scalars, const Stretch& x) {
  return pass<V, 1>(x, [s = scalars](const V&, const V& g, V* state) {
    state[0] = running(s.mean, state[0], g);
    return s.nesterov ? running(s.mean, state[0], g) : state[0];
  });
}

}  // namespace
}  // namespace gradrace::kernels
