#pragma once
/// Every kernel once more, as short as it can be written, on any number type: double tells what is right, and
/// the instruction set's own arithmetic tells the bits where a contract fixes the order of a sum.
/// Arrays are dense and row-major: weights [depth][out], images [y][x][channel].

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tests/support.hpp"

namespace gradrace::kernels::reference {

template <class T>
struct Array : std::vector<T> {
  using std::vector<T>::vector;
  T& operator[](Index i) { return this->at(i); }
  const T& operator[](Index i) const { return this->at(i); }
};

/// A float whose multiply_add rounds once.
struct Fused {
  float value = 0.0f;
  Fused operator+(Fused other) const { return {value + other.value}; }
};
template <class T>
T multiply_add(T a, T b, T sum) {
  return a * b + sum;
}
inline Fused multiply_add(Fused a, Fused b, Fused sum) {
  return {std::fma(a.value, b.value, sum.value)};
}

/// What a product is added to. A bias starts the first chain; sums of chains are added to everything else.
enum class Onto { kSum, kBias };

/// c + a b. As gemm.hpp says, every 256 products of an element are summed by themselves.
template <class T>
Array<T> gemm(Index rows, Index cols, Index depth, const Array<T>& a, const Array<T>& b, Array<T> c,
              Onto onto = Onto::kSum) {
  for (Index r = 0; r < rows; ++r)
    for (Index j = 0; j < cols; ++j)
      for (Index begin = 0; begin < depth; begin += 256) {
        const bool at_bias = onto == Onto::kBias && begin == 0;
        T sum = at_bias ? c[r * cols + j] : T{};
        for (Index k = begin; k < std::min(begin + 256, depth); ++k)
          sum = multiply_add(a[r * depth + k], b[k * cols + j], sum);
        c[r * cols + j] = at_bias ? sum : c[r * cols + j] + sum;
      }
  return c;
}

template <class T>
Array<T> transposed(Index rows, Index cols, const Array<T>& a) {
  Array<T> t;
  for (Index c = 0; c < cols; ++c)
    for (Index r = 0; r < rows; ++r) t.push_back(a[r * cols + c]);
  return t;
}

/// y(n, o) = bias(o) + sum over k of x(n, k) w(k, o).
template <class T>
Array<T> linear(Index rows, Index inputs, Index outputs, const Array<T>& x, const Array<T>& w, const Array<T>& bias) {
  Array<T> y;
  for (Index n = 0; n < rows; ++n) y.insert(y.end(), bias.begin(), bias.end());
  return gemm(rows, outputs, inputs, x, w, y, Onto::kBias);
}

/// Calls body(output position, place in the patch, place in x or -1 if that lies outside) in row-major order.
template <class Body>
void for_each_patch_element(const ConvShape& s, const Body& body) {
  for (Index oy = 0; oy < s.out_h(); ++oy)
    for (Index ox = 0; ox < s.out_w(); ++ox)
      for (Index ky = 0; ky < s.y.kernel; ++ky)
        for (Index kx = 0; kx < s.x.kernel; ++kx)
          for (Index c = 0; c < s.in_c; ++c) {
            const Index y = oy * s.y.stride + ky * s.y.dilation - s.y.padding;
            const Index x = ox * s.x.stride + kx * s.x.dilation - s.x.padding;
            const bool inside = y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
            body(oy * s.out_w() + ox, (ky * s.x.kernel + kx) * s.in_c + c, inside ? (y * s.in_w + x) * s.in_c + c : -1);
          }
}

/// A row per output position, what the window sees there; zero outside x.
template <class T>
Array<T> patches(const ConvShape& s, const Array<T>& x) {
  Array<T> rows;
  for_each_patch_element(s, [&](Index, Index, Index place) { rows.push_back(place < 0 ? T{} : x[place]); });
  return rows;
}

template <class T>
Array<T> conv2d_forward(const ConvShape& s, const Array<T>& x, const Array<T>& w, const Array<T>& bias) {
  return linear(s.out_h() * s.out_w(), s.depth(), s.out_c, patches(s, x), w, bias);
}

/// dw + the gradient of the weights.
template <class T>
Array<T> conv2d_weight_gradient(const ConvShape& s, const Array<T>& x, const Array<T>& dy, const Array<T>& dw) {
  const Index positions = s.out_h() * s.out_w();
  return gemm(s.depth(), s.out_c, positions, transposed(positions, s.depth(), patches(s, x)), dy, dw);
}

template <class T>
Array<T> conv2d_input_gradient(const ConvShape& s, const Array<T>& dy, const Array<T>& w) {
  const Index positions = s.out_h() * s.out_w();
  const Array<T> gradients =
      gemm(positions, s.depth(), s.out_c, dy, transposed(s.depth(), s.out_c, w), Array<T>(positions * s.depth()));
  Array<T> dx(s.in_h * s.in_w * s.in_c);
  for_each_patch_element(s, [&](Index p, Index k, Index place) {
    if (place >= 0) dx[place] = dx[place] + gradients[p * s.depth() + k];
  });
  return dx;
}

/// sums + the sum of the rows.
template <class T>
Array<T> column_sums(Index rows, Index cols, const Array<T>& x, Array<T> sums) {
  for (Index i = 0; i < rows * cols; ++i) sums[i % cols] = sums[i % cols] + x[i];
  return sums;
}

/// Calls body(output, place in the window, place in x) in row-major order for all places inside x.
template <class Body>
void for_each_pooled(const PoolShape& s, const Body& body) {
  for (Index oy = 0; oy < s.out_h(); ++oy)
    for (Index ox = 0; ox < s.out_w(); ++ox)
      for (Index c = 0; c < s.channels; ++c)
        for (Index ky = 0; ky < s.y.kernel; ++ky)
          for (Index kx = 0; kx < s.x.kernel; ++kx) {
            const Index y = oy * s.y.stride + ky * s.y.dilation - s.y.padding;
            const Index x = ox * s.x.stride + kx * s.x.dilation - s.x.padding;
            if (y < 0 || y >= s.in_h || x < 0 || x >= s.in_w) continue;
            body((oy * s.out_w() + ox) * s.channels + c, ky * s.x.kernel + kx, (y * s.in_w + x) * s.channels + c);
          }
}

template <class T>
std::pair<Array<T>, Array<PoolPlace>> max_pool(const PoolShape& s, const Array<T>& x) {
  Array<T> y(s.out_h() * s.out_w() * s.channels);
  Array<PoolPlace> argmax(y.size());
  Array<char> seen(y.size());
  for_each_pooled(s, [&](Index out, Index place, Index in) {
    if (seen[out] && !(x[in] > y[out]) && !std::isnan(x[in])) return;
    seen[out] = true;
    y[out] = x[in];
    argmax[out] = PoolPlace(place);
  });
  return {y, argmax};
}

template <class T>
Array<T> max_pool_gradient(const PoolShape& s, const Array<T>& dy, const Array<PoolPlace>& argmax) {
  Array<T> dx(s.in_h * s.in_w * s.channels);
  for_each_pooled(s, [&](Index out, Index place, Index in) {
    if (place == argmax[out]) dx[in] = dx[in] + dy[out];
  });
  return dx;
}

template <class T>
Array<T> avg_pool(const PoolShape& s, const Array<T>& x) {
  Array<T> y(s.out_h() * s.out_w() * s.channels);
  for_each_pooled(s, [&](Index out, Index, Index in) { y[out] = y[out] + x[in]; });
  for (T& v : y) v /= T(s.y.kernel * s.x.kernel);
  return y;
}

template <class T>
Array<T> avg_pool_gradient(const PoolShape& s, const Array<T>& dy) {
  Array<T> dx(s.in_h * s.in_w * s.channels);
  for_each_pooled(s, [&](Index out, Index, Index in) { dx[in] = dx[in] + dy[out] / T(s.y.kernel * s.x.kernel); });
  return dx;
}

template <class T>
struct LogSoftmaxNll {
  T loss{};
  Array<T> log_prob, dx;
};
template <class T>
LogSoftmaxNll<T> log_softmax_nll(const Array<T>& x, Index target, T scale) {
  T max = x[0], sum{};
  for (T v : x) max = v > max || std::isnan(v) ? v : max;
  for (T v : x) sum += std::exp(v - max);
  LogSoftmaxNll<T> result;
  for (T v : x) {
    result.log_prob.push_back(v - max - std::log(sum));
    result.dx.push_back(std::exp(result.log_prob.back()) * scale);
  }
  result.loss = -result.log_prob[target];
  result.dx[target] -= scale;
  return result;
}

/// One parameter under torch.optim.Adam. Its state: m, v, and the largest v so far. A step returns what p loses.
template <class T>
struct Adam {
  T lr, beta1, beta2, epsilon, weight_decay;
  bool amsgrad = false;
  T p{}, state[3]{};
  T step(T g, int t) {
    auto& [m, v, vmax] = state;
    g += weight_decay * p;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    vmax = std::isnan(v) || v > vmax ? v : vmax;
    const T root = std::sqrt(amsgrad ? vmax : v) / std::sqrt(1 - std::pow(beta2, T(t)));
    const T update = lr / (1 - std::pow(beta1, T(t))) * m / (root + epsilon);
    p -= update;
    return update;
  }
};

/// One parameter under torch.optim.Adadelta. Its state: the means of squared gradients and of squared updates.
template <class T>
struct Adadelta {
  T lr, rho, epsilon, weight_decay;
  T p{}, state[2]{};
  T step(T g, int) {
    auto& [v, u] = state;
    g += weight_decay * p;
    v = rho * v + (1 - rho) * g * g;
    const T delta = std::sqrt(u + epsilon) / std::sqrt(v + epsilon) * g;
    u = rho * u + (1 - rho) * delta * delta;
    p -= lr * delta;
    return lr * delta;
  }
};

/// The same numbers in another type.
template <class T>
struct As {
  Array<T> operator()(const std::vector<float>& from) const {
    Array<T> to;
    for (float v : from) to.push_back(T{v});
    return to;
  }
};
struct Magnitudes {
  Array<double> operator()(const std::vector<float>& from) const {
    Array<double> to;
    for (float v : from) to.push_back(std::abs(double(v)));
    return to;
  }
};

/// Compares sums of `terms` products with what compute(as) gives in double precision, where as(array) converts an
/// operand: as many roundings of the sum of magnitudes are allowed.
template <class Compute>
void expect_sums(std::span<const float> actual, Index terms, const Compute& compute) {
  Array<double> tolerance = compute(Magnitudes());
  for (double& t : tolerance) t *= double(terms + 2) * kEpsilon / 2;
  expect_close(actual, compute(As<double>()), tolerance);
}

/// The same, and bit for bit with the instruction set's own arithmetic, for sums whose order is part of the contract.
template <class Compute>
void expect_ordered_sums(const Isa& isa, std::span<const float> actual, Index terms, const Compute& compute) {
  expect_sums(actual, terms, compute);
  std::vector<float> bits;
  if (isa.name() == "sse2")
    for (float v : compute(As<float>())) bits.push_back(v);
  else
    for (Fused v : compute(As<Fused>())) bits.push_back(v.value);
  expect_same_bits(actual, bits);
}

}  // namespace gradrace::kernels::reference
