// The optimizers' fused steps over this network's parameters, all threads sharing them, beside a pass that moves the
// same bytes and computes next to nothing: what the memory allows.

#include "kernels/optimizer_step.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/timing.hpp"

namespace gradrace::bench {
namespace {

constexpr Index kParameters = 300'426;
constexpr double kBytes =
    28;  // of each parameter: itself, its gradient and two states read, all but the gradient written

constexpr kernels::AdamScalars kAdam{.first = kernels::mean(0.9),
                                     .second = kernels::mean(0.999),
                                     .epsilon = 1e-8f,
                                     .weight_decay = 0,
                                     .keep = 1,
                                     .step_size = 0.01f,
                                     .inv_sqrt_correction2 = 31.6f,
                                     .amsgrad = false,
                                     .decoupled = false};
constexpr kernels::AdadeltaScalars kAdadelta{
    .mean = kernels::mean(0.9), .lr = 0.5f, .epsilon = 1e-6f, .weight_decay = 0};

/// Where one parameter stands: itself, its gradient, its two states.
template <class T>
struct Point {
  T p, g, s, t;
};

/// All parameters' arrays in one block, as in the engine. States are positive, as squares are.
class Arrays {
 public:
  Arrays() {
    for (Index i = 0; i < kParameters; ++i)
      for (Index array : {2, 3}) at(array)[i] = std::abs(at(array)[i]);
  }
  float* at(Index array) const { return block_.data() + array * kStride; }
  Point<double> point(Index i) const { return {at(0)[i], at(1)[i], at(2)[i], at(3)[i]}; }

 private:
  static constexpr Index kStride = round_up(kParameters, kPanel) + kPanel;
  Buffer block_{4 * kStride, 1};
};

/// One step of one parameter in double precision.
Point<double> adam(const Point<double>& x) {
  const double m = double(kAdam.first.keep) * x.s + double(kAdam.first.rest) * x.g;
  const double v = double(kAdam.second.keep) * x.t + double(kAdam.second.rest) * x.g * x.g;
  const double root = std::sqrt(v) * double(kAdam.inv_sqrt_correction2) + double(kAdam.epsilon);
  return {x.p - double(kAdam.step_size) * m / root, x.g, m, v};
}
Point<double> adadelta(const Point<double>& x) {
  const double rho = double(kAdadelta.mean.keep), rest = double(kAdadelta.mean.rest),
               epsilon = double(kAdadelta.epsilon);
  const double v = rho * x.s + rest * x.g * x.g;
  const double d = std::sqrt((x.t + epsilon) / (v + epsilon)) * x.g;
  return {x.p - double(kAdadelta.lr) * d, x.g, v, rho * x.t + rest * d * d};
}
constexpr float kTriadFactor = 0x1p-20f;
Point<double> triad(const Point<double>& x) {
  const double change = double(kTriadFactor) * x.g;
  return {x.p + change, x.g, x.s + change, x.t + change};
}

/// Four arrays read, three written, with the least arithmetic that a compiler cannot leave out.
void triad_pass(Index n, float* __restrict p, const float* __restrict g, float* __restrict s, float* __restrict t) {
  for (Index i = 0; i < n; ++i) {
    p[i] += kTriadFactor * g[i];
    s[i] += kTriadFactor * g[i];
    t[i] += kTriadFactor * g[i];
  }
}

bool close(double computed, double expected) {
  return std::abs(computed - expected) <= 1e-5 * (1 + std::abs(expected));
}

/// Checks one step(range, arrays) from a common start against the formula, then times many.
template <class Step>
void run(benchmark::State& state, Index threads, Point<double> (*formula)(const Point<double>&), const Step& step) {
  const kernels::Team team(threads);
  const Arrays start, arrays;
  const auto all = [&] {
    team.run([&](kernels::Worker worker) noexcept { step(worker.share_of(kParameters, kPanel), arrays); });
  };
  all();
  for (Index i = 0; i < kParameters; ++i) {
    const Point<double> expected = formula(start.point(i)), computed = arrays.point(i);
    if (!close(computed.p, expected.p) || !close(computed.s, expected.s) || !close(computed.t, expected.t))
      return state.SkipWithError("the step is wrong");
  }
  time_bytes(state, kBytes * double(kParameters), all);
}

/// The part of the optimizer's step that works on [range.begin, range.end).
template <class Scalars>
auto step_of(const kernels::Isa& isa, const Scalars& scalars) {
  return [=](Range range, const Arrays& arrays) {
    const std::array<float*, 2> states = {arrays.at(2) + range.begin, arrays.at(3) + range.begin};
    const std::size_t n(range.size());
    kernels::optimizer_step(isa, scalars, {arrays.at(0) + range.begin, n}, {arrays.at(1) + range.begin, n}, states);
  };
}

}  // namespace

void register_optimizer() {
  const auto family = [](const char* what) { return fmt::format("optimizer/{}/{}", what, kParameters); };
  add_each_isa(family("adam"), [](benchmark::State& state, const kernels::Isa& isa, Index threads) {
    run(state, threads, adam, step_of(isa, kAdam));
  });
  add_each_isa(family("adadelta"), [](benchmark::State& state, const kernels::Isa& isa, Index threads) {
    run(state, threads, adadelta, step_of(isa, kAdadelta));
  });
  add(family("triad"), "plain", [](benchmark::State& state, Index threads) {
    run(state, threads, triad, [](Range range, const Arrays& arrays) {
      triad_pass(range.size(), arrays.at(0) + range.begin, arrays.at(1) + range.begin, arrays.at(2) + range.begin,
                 arrays.at(3) + range.begin);
    });
  });
}

}  // namespace gradrace::bench
