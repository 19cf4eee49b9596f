#pragma once

#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Passes {
  using V = Vector<Arch>;

  static void scale(Index n, float a, float* x, const float*, const float*) noexcept {
    each(n, x, [=, f = V(a)](auto load, Index i) { return f * load(x + i); });
  }
  static void add_constant(Index n, float a, float* x, const float* y, const float*) noexcept {
    each(n, x, [=, f = V(a)](auto load, Index i) { return load(y + i) + f; });
  }
  static void add_scaled(Index n, float a, float* x, const float* y, const float*) noexcept {
    each(n, x, [=, f = V(a)](auto load, Index i) { return load(x + i) + f * load(y + i); });
  }
  static void add_product(Index n, float a, float* x, const float* y, const float* z) noexcept {
    each(n, x, [=, f = V(a)](auto load, Index i) { return load(x + i) + f * load(y + i) * load(z + i); });
  }
  static void add_quotient(Index n, float a, float* x, const float* y, const float* z) noexcept {
    each(n, x, [=, f = V(a)](auto load, Index i) { return load(x + i) + f * load(y + i) / load(z + i); });
  }
  static void root(Index n, float, float* x, const float* y, const float*) noexcept {
    each(n, x, [=](auto load, Index i) { return xsimd::sqrt(load(y + i)); });
  }
  static void divide(Index n, float, float* x, const float* y, const float*) noexcept {
    each(n, x, [=](auto load, Index i) { return load(x + i) / load(y + i); });
  }
  static void multiply(Index n, float, float* x, const float* y, const float*) noexcept {
    each(n, x, [=](auto load, Index i) { return load(x + i) * load(y + i); });
  }

 private:
  template <class Value>
  static void each(Index n, float* x, const Value& value) noexcept {
    for_each_vector<V>(n, [&](Index i, auto load, auto store) { store(value(load, i), x + i); });
  }
};

}  // namespace
}  // namespace gradrace::kernels
