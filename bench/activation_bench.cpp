// Activations and their gradients, of what follows fc1 and cn1. The threads share a batch.

#include "kernels/activations.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"
#include "kernels/pointwise.hpp"

namespace gradrace::bench {
namespace {

using kernels::Isa;
using kernels::Worker;
using In = std::span<const float>;
using Out = std::span<float>;

constexpr Index kFloats[] = {kBatch * 64, kBatch * 26 * 26 * 16};
constexpr float kSlope = 0.01f;

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double normal(double x) {  // its cumulative distribution
  return std::erfc(-x / std::numbers::sqrt2) / 2;
}
double normal_density(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

/// An activation, and in double precision y of x, and the slope of what backward reads.
struct Activation {
  const char* name;
  void (*forward)(const Isa& isa, In x, Out y) noexcept;
  void (*backward)(const Isa& isa, In from, In dy, Out dx) noexcept;
  double (*y)(double x);
  double (*slope)(double from);
};
const Activation kActivations[] = {
    {"relu", kernels::relu_forward, kernels::relu_backward, [](double x) { return std::max(x, 0.0); },
     [](double y) { return y > 0 ? 1.0 : 0.0; }},
    {"leaky_relu", [](const Isa& isa, In x, Out y) noexcept { kernels::leaky_relu_forward(isa, kSlope, x, y); },
     [](const Isa& isa, In x, In dy, Out dx) noexcept { kernels::leaky_relu_backward(isa, kSlope, x, dy, dx); },
     [](double x) { return x > 0 ? x : double(kSlope) * x; }, [](double x) { return x > 0 ? 1.0 : double(kSlope); }},
    {"tanh", kernels::tanh_forward, kernels::tanh_backward, [](double x) { return std::tanh(x); },
     [](double y) { return (1 - y) * (1 + y); }},
    {"sigmoid", kernels::sigmoid_forward, kernels::sigmoid_backward, sigmoid, [](double y) { return (1 - y) * y; }},
    {"silu", kernels::silu_forward, kernels::silu_backward, [](double x) { return x * sigmoid(x); },
     [](double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }},
    {"gelu", kernels::gelu_forward, kernels::gelu_backward, [](double x) { return x * normal(x); },
     [](double x) { return normal(x) + x * normal_density(x); }}};

bool is_near(float actual, double expected) {
  return std::abs(double(actual) - expected) < 1e-6;
}

void run_forward(benchmark::State& state, const Activation& f, Index n, const Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Buffer x(n, 1), y(n);
  const auto is_right = [&] { return sample_matches(n, [&](Index i) { return is_near(y[i], f.y(double(x[i]))); }); };
  check_and_time(state, isa, team, {.bytes = x.bytes() + y.bytes()}, is_right, [&](Worker worker) noexcept {
    const Range part = worker.share_of(n, kPanel);
    const std::size_t size(part.size());
    f.forward(isa, {x.data() + part.begin, size}, {y.data() + part.begin, size});
  });
}

void run_backward(benchmark::State& state, const Activation& f, Index n, const Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Buffer from(n, 1), dy(n, 2), dx(n);
  const auto is_right = [&] {
    return sample_matches(n, [&](Index i) { return is_near(dx[i], double(dy[i]) * f.slope(double(from[i]))); });
  };
  check_and_time(state, isa, team, {.bytes = 3 * dx.bytes()}, is_right, [&](Worker worker) noexcept {
    const Range part = worker.share_of(n, kPanel);
    const std::size_t size(part.size());
    f.backward(isa, {from.data() + part.begin, size}, {dy.data() + part.begin, size}, {dx.data() + part.begin, size});
  });
}

}  // namespace

void register_activations() {
  for (const Activation& f : kActivations)
    for (const Index n : kFloats) {
      const auto add_pass = [&](const char* pass, auto run) {
        add_each_isa(
            fmt::format("{}/{}/{}", f.name, pass, n),
            [&f, n, run](benchmark::State& state, const Isa& isa, Index threads) { run(state, f, n, isa, threads); });
      };
      add_pass("forward", run_forward);
      add_pass("backward", run_backward);
    }
}

}  // namespace gradrace::bench
