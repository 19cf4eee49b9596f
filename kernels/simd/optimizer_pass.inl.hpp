#pragma once
// What the optimizers' bodies share: the one pass, and parts of their formulas.

#include "kernels/optimizer_scalars.hpp"
#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

/// n parameters, their gradients and their arrays of state.
struct Stretch {
  Index n;
  float* p;
  const float* g;
  float* const* state;
};

template <class V>
bool is_zero(const V& x) {
  alignas(64) float lanes[V::size];
  x.store_aligned(lanes);
  bool all = true;
  for (const float lane : lanes) all &= lane == 0;
  return all;
}

/// Updates a stretch: `update` takes vectors of parameters, gradients and kStates states, changes the states in place
/// and returns the new parameters. It holds its scalars by value, and the arrays' places are copied, so that the
/// compiler sees that no store changes them. Returns true only if all that came out is finite: less itself
/// its sum is zero then, unless it overflows. Bits of zeros are collected: with a sum, each vector would wait for the
/// one before.
template <class V, Index kStates, class Update>
bool pass(const Stretch& x, Update update) {
  constexpr Index kPlaces = kStates > 0 ? kStates : 1;
  float* arrays[kPlaces];
  for (Index k = 0; k < kStates; ++k) arrays[k] = x.state[k];
  V zeros(0.0f);
  for_each_vector<V>(x.n, [&](Index i, auto load, auto store) {
    V state[kPlaces];
    for (Index k = 0; k < kStates; ++k) state[k] = load(arrays[k] + i);
    const V updated = update(load(x.p + i), load(x.g + i), state);
    for (Index k = 0; k < kStates; ++k) store(state[k], arrays[k] + i);
    store(updated, x.p + i);
    V sum = updated;
    for (Index k = 0; k < kStates; ++k) sum = sum + state[k];
    zeros = zeros | (sum - sum);
  });
  return is_zero(zeros);
}

template <class V>
V decayed(float weight_decay, const V& p, const V& g) {
  return multiply_add(V(weight_decay), p, g);
}

template <class V>
V running(const Mean& mean, const V& before, const V& x) {
  return multiply_add(V(mean.rest), x, V(mean.keep) * before);
}

template <class V>
V running_square(const Mean& mean, const V& before, const V& x) {
  return multiply_add(V(mean.rest) * x, x, V(mean.keep) * before);
}

/// size where x is above zero, -size where it is below, else (also for NaN, as torch.sign) 0.
template <class V>
V with_sign_of(const V& x, const V& size) {
  const V zero(0.0f);
  return xsimd::select(x > zero, size, xsimd::select(x < zero, -size, zero));
}

}  // namespace
}  // namespace gradrace::kernels
