#pragma once
// Smooth activations and leaky ReLU, with their adjoints. The polynomials are by Remez's algorithm in 40
// digits, for the least relative error of the function in question, and then rounded to float.

#include "kernels/simd/exponential.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Activations {
  using V = Vector<Arch>;

  static void tanh_forward(Index n, const float* x, float* y) noexcept { map(n, x, y, tanh); }
  static void tanh_backward(Index n, const float* y, const float* dy, float* dx) noexcept {
    pull_back(n, y, dy, dx, [](const V& v) { return (V(1.0f) - v) * (V(1.0f) + v); });
  }
  static void sigmoid_forward(Index n, const float* x, float* y) noexcept { map(n, x, y, sigmoid); }
  static void sigmoid_backward(Index n, const float* y, const float* dy, float* dx) noexcept {
    pull_back(n, y, dy, dx, [](const V& v) { return (V(1.0f) - v) * v; });
  }
  static void silu_forward(Index n, const float* x, float* y) noexcept {
    map(n, x, y, [](const V& v) { return rise(v, v); });
  }
  static void silu_backward(Index n, const float* x, const float* dy, float* dx) noexcept {
    pull_back(n, x, dy, dx, [](const V& v) {
      const V s = sigmoid(v);
      return s * multiply_add<Arch>(v, sigmoid(-v), V(1.0f));
    });
  }
  static void gelu_forward(Index n, const float* x, float* y) noexcept {
    map(n, x, y, [](const V& v) { return v * Normal(v).below; });
  }
  static void gelu_backward(Index n, const float* x, const float* dy, float* dx) noexcept {
    pull_back(n, x, dy, dx, [](const V& v) {
      const Normal normal(v);
      return multiply_add<Arch>(v * V(kInverseRootOfTwoPi), normal.bell, normal.below);
    });
  }
  static void leaky_relu_forward(Index n, float slope, const float* x, float* y) noexcept {
    map(n, x, y, [slope](const V& v) { return xsimd::select(v > V(0.0f), v, v * V(slope)); });
  }
  static void leaky_relu_backward(Index n, float slope, const float* from, const float* dy, float* dx) noexcept {
    for_each_vector<V>(n, [&](Index i, auto load, auto store) {
      const V gradient = load(dy + i);
      store(xsimd::select(load(from + i) > V(0.0f), gradient, gradient * V(slope)), dx + i);
    });
  }

 private:
  /// y = f(x).
  template <class Function>
  static void map(Index n, const float* x, float* y, const Function& f) {
    for_each_vector<V>(n, [&](Index i, auto load, auto store) { store(f(load(x + i)), y + i); });
  }
  /// dx = dy * slope(from).
  template <class Slope>
  static void pull_back(Index n, const float* from, const float* dy, float* dx, const Slope& slope) {
    for_each_vector<V>(n, [&](Index i, auto load, auto store) { store(load(dy + i) * slope(load(from + i)), dx + i); });
  }
  /// min(x, most), and NaN stays NaN.
  static V at_most(const V& x, float most) { return xsimd::select(x > V(most), V(most), x); }

  static V tanh(const V& x) {
    const V a = xsimd::abs(x), z = decay<Arch>(at_most(a + a, 104.0f)), square = a * a;
    const V near = multiply_add<Arch>(a * square, polynomial<Arch>(square, kTanh), a);
    const V far = V(1.0f) - (z + z) / (V(1.0f) + z);
    return xsimd::copysign(xsimd::select(a < V(0.625f), near, far), x);
  }
  /// top / (1 + e^-x).
  static V rise(const V& x, const V& top) {
    const V z = decay<Arch>(at_most(xsimd::abs(x), 104.0f));
    return xsimd::select(x < V(0.0f), top * z, top) / (V(1.0f) + z);
  }
  static V sigmoid(const V& x) { return rise(x, V(1.0f)); }

  /// e^(-x^2 / 2), and the normal distribution's function Phi(x): near 0 a half and an odd function, and beyond from
  /// Mills' ratio, which is Phi(-a) / e^(-a^2 / 2) but for a factor, and smooth. x^2 is taken in two parts, since the
  /// exponential makes many units of its rounding error.
  struct Normal {
    explicit Normal(const V& x) {
      const V a = at_most(xsimd::abs(x), 15.0f), scaled = a * V(4097.0f);
      const V high = scaled - (scaled - a);  // of 12 bits, so that its square is exact
      bell = decay<Arch>(high * high * V(0.5f), (a - high) * (a + high) * V(0.5f));
      const V from_three = a + V(3.0f);
      const V tail = bell * (polynomial<Arch>((a - V(3.0f)) / from_three, kMills) / from_three);
      const V near = multiply_add<Arch>(x, polynomial<Arch>(x * x, kNormal), V(0.5f));
      below = xsimd::select(a < V(0.75f), near, xsimd::select(x < V(0.0f), tail, V(1.0f) - tail));
    }
    V bell, below;
  };

  static constexpr float kInverseRootOfTwoPi = 0.3989422804f;
  /// (tanh(x) - x) / x^3 as a polynomial in x^2, for |x| <= 0.625; relative error of tanh 4e-9.
  static constexpr float kTanh[] = {-0.3333328195f, 0.1333144226f, -0.05373971928f, 0.02063909877f, -0.005704997998f};
  /// (Phi(x) - 1/2) / x as a polynomial in x^2, for |x| <= 0.75; relative error of Phi 1e-9.
  static constexpr float kNormal[] = {0.3989422735f, -0.06649016016f, 0.009971507613f, -0.001179323074f,
                                      0.0001014082159f};
  /// e^(a^2 / 2) Phi(-a) (a + 3) as a polynomial in (a - 3) / (a + 3), for a in [0.75, 14.5] (beyond, e^(-a^2 / 2) is
  /// no float but zero); relative error 1e-9.
  static constexpr float kMills[] = {0.7290836909f,     -0.5093319736f,  0.2300176132f,   -0.0472633339f,
                                     -0.01046049103f,   0.006975548806f, 0.001008915136f, -0.001054864417f,
                                     -0.0001949601075f, 0.0001579832882f};
};

}  // namespace
}  // namespace gradrace::kernels
