#pragma once
// One functor per optimizer: it takes vectors of parameters, gradients and state, updates the state and returns the new
// parameters. The flat pass below drives it.

#include "kernels/optimizer_scalars.hpp"
#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

template <class V, bool Amsgrad>
struct AdamUpdate {
  static constexpr Index kStates = Amsgrad ? 3 : 2;
  explicit AdamUpdate(const AdamScalars& s)
      : beta1(s.beta1),
        rest1(s.rest1),
        beta2(s.beta2),
        rest2(s.rest2),
        epsilon(s.epsilon),
        weight_decay(s.weight_decay),
        step_size(s.step_size),
        inv_sqrt_correction2(s.inv_sqrt_correction2) {}

  V operator()(const V& p, V g, V (&state)[kStates]) const {
    g = multiply_add(weight_decay, p, g);
    state[0] = multiply_add(rest1, g, beta1 * state[0]);
    state[1] = multiply_add(rest2 * g, g, beta2 * state[1]);
    V second = state[1];
    if constexpr (Amsgrad) second = state[2] = max_nan(state[2], state[1]);
    const V root = multiply_add(xsimd::sqrt(second), inv_sqrt_correction2, epsilon);
    return p - step_size * state[0] / root;
  }
  V beta1, rest1, beta2, rest2, epsilon, weight_decay, step_size, inv_sqrt_correction2;
};

template <class V>
struct AdadeltaUpdate {
  static constexpr Index kStates = 2;
  explicit AdadeltaUpdate(const AdadeltaScalars& s)
      : lr(s.lr), rho(s.rho), rest(s.rest), epsilon(s.epsilon), weight_decay(s.weight_decay) {}

  V operator()(const V& p, V g, V (&state)[kStates]) const {
    g = multiply_add(weight_decay, p, g);
    state[0] = multiply_add(rest * g, g, rho * state[0]);
    const V delta = xsimd::sqrt((state[1] + epsilon) / (state[0] + epsilon)) * g;
    state[1] = multiply_add(rest * delta, delta, rho * state[1]);
    return p - lr * delta;
  }
  V lr, rho, rest, epsilon, weight_decay;
};

template <class Arch>
struct OptimizerStep {
  using V = Vector<Arch>;

  template <class Update>
  static void flat(const Update& update, Index n, float* p, const float* g, float* const* state) {
    for_each_vector<V>(n, [&](Index i, auto load, auto store) {
      V s[Update::kStates];
      for (Index k = 0; k < Update::kStates; ++k) s[k] = load(state[k] + i);
      const V updated = update(load(p + i), load(g + i), s);
      for (Index k = 0; k < Update::kStates; ++k) store(s[k], state[k] + i);
      store(updated, p + i);
    });
  }

  static void adam(const AdamScalars& s, Index n, float* p, const float* g, float* const* state) noexcept {
    if (s.amsgrad)
      flat(AdamUpdate<V, true>(s), n, p, g, state);
    else
      flat(AdamUpdate<V, false>(s), n, p, g, state);
  }
  static void adadelta(const AdadeltaScalars& s, Index n, float* p, const float* g, float* const* state) noexcept {
    flat(AdadeltaUpdate<V>(s), n, p, g, state);
  }
};

}  // namespace
}  // namespace gradrace::kernels
