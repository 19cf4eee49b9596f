// Muon's iteration on matrices: Gram matrices, and the factor that comes out of them.

#include "kernels/newton_schulz.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"

namespace gradrace::bench {
namespace {

using kernels::PanelMatrix;
using kernels::Worker;

constexpr Index kSide = 64, kSteps = 3;  // of fc1's matrix, and before its Gram matrix is formed anew

/// Each worker multiplies some panels with themselves, to a matrix of its own.
void run_gram(benchmark::State& state, const PanelMatrix& m, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const PanelMatrix square{m.rows, m.rows};
  const Buffer x(m.floats(), 1), grams(threads * square.floats()), scratch(threads * m.transposed().floats());
  const auto is_right = [&] {
    return sample_matches(m.rows * m.rows, [&](Index i) {
      ReferenceSum expected;
      for (Index k = 0; k < m.cols; ++k) expected.add(x[m.offset(i / m.rows, k)], x[m.offset(i % m.rows, k)]);
      double computed = 0;
      for (Index t = 0; t < threads; ++t)
        computed += double(grams[t * square.floats() + square.offset(i / m.rows, i % m.rows)]);
      return expected.matches(computed);
    });
  };
  const Amount amount{.flop = 2.0 * double(m.rows * m.rows * m.cols), .bytes = x.bytes() + grams.bytes()};
  check_and_time(state, isa, team, amount, is_right, [&](Worker worker) noexcept {
    const Range panels = worker.share_of(m.panels());
    if (panels.size() == 0) return;
    kernels::gram_product(isa, {m.rows, std::min(panels.size() * kPanel, m.cols - panels.begin * kPanel)},
                          x.data() + panels.begin * m.rows * kPanel, grams.part(worker.index(), threads).data(),
                          scratch.part(worker.index(), threads));
  });
}

/// The Gram matrix of a random matrix of norm 1.
std::vector<double> reference_gram() {
  const Buffer x(kSide * kSide, 1);
  double squares = 0;
  for (const float value : x.all()) squares += double(value) * double(value);
  std::vector<double> gram(std::size_t(kSide * kSide), 0);
  for (Index i = 0; i < kSide * kSide; ++i)
    for (Index k = 0; k < kSide; ++k)
      gram[std::size_t(i)] += double(x[i / kSide * kSide + k]) * double(x[i % kSide * kSide + k]) / squares;
  return gram;
}

/// The factor of kSteps steps in double precision, from a Gram matrix: Q = a I + b G + c G^2, G <- Q G Q.
std::vector<double> reference_factor(std::vector<double> gram) {
  constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;
  const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> c(a.size(), 0);
    for (Index i = 0; i < kSide; ++i)
      for (Index k = 0; k < kSide; ++k)
        for (Index j = 0; j < kSide; ++j)
          c[std::size_t(i * kSide + j)] += a[std::size_t(i * kSide + k)] * b[std::size_t(k * kSide + j)];
    return c;
  };
  std::vector<double> factor;
  for (Index step = 0; step < kSteps; ++step) {
    std::vector<double> q = product(gram, gram);
    for (std::size_t i = 0; i < q.size(); ++i) q[i] = kB * gram[i] + kC * q[i] + (i % (kSide + 1) == 0 ? kA : 0);
    factor = step == 0 ? q : product(q, factor);
    gram = product(product(q, gram), q);
  }
  return factor;
}

/// Every worker computes the whole factor, as in Muon's step; that uses up a Gram matrix, whose copying is in the time.
void run_factor(benchmark::State& state, const kernels::Isa& isa, Index threads) {
  constexpr PanelMatrix kSquare{kSide, kSide};
  const kernels::Team team(threads);
  const Buffer gram(kSquare.floats()), scratch(threads * 4 * kSquare.floats());
  const std::vector<double> exact = reference_gram(), expected = reference_factor(exact);
  for (Index i = 0; i < kSide * kSide; ++i)
    gram.data()[kSquare.offset(i / kSide, i % kSide)] = float(exact[std::size_t(i)]);
  const auto is_right = [&] {
    return sample_matches(kSide * kSide, [&](Index i) {
      const float computed = scratch[kSquare.floats() + kSquare.offset(i / kSide, i % kSide)];
      return std::abs(double(computed) - expected[std::size_t(i)]) < 1e-4;
    });
  };
  constexpr Index kProducts = kSteps + 3 * (kSteps - 1);  // Q; then its product with the factor, and Q G Q
  const Amount amount{.flop = 2.0 * double(threads * kProducts * kSide * kSide * kSide),
                      .bytes = gram.bytes() + scratch.bytes()};
  check_and_time(state, isa, team, amount, is_right, [&](Worker worker) noexcept {
    const std::span<float> own = scratch.part(worker.index(), threads);
    const std::size_t floats(kSquare.floats());
    std::ranges::copy(gram.all(), own.begin());
    kernels::newton_schulz_factor(isa, kSide, kSteps, own.data(), own.data() + floats, own.subspan(2 * floats));
  });
}

}  // namespace

void register_newton_schulz() {
  for (const PanelMatrix& m : kLinearShapes)
    add_each_isa(
        fmt::format("newton_schulz/gram/{}x{}", m.rows, m.cols),
        [m](benchmark::State& state, const kernels::Isa& isa, Index threads) { run_gram(state, m, isa, threads); });
  add_each_isa(fmt::format("newton_schulz/factor/{}x{}", kSide, kSide), run_factor);
}

}  // namespace gradrace::bench
