// What is done to matrices besides multiplying them: transposing, and adding up rows and terms.

#include <numeric>
#include <vector>

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"
#include "kernels/gemm.hpp"
#include "kernels/gradient_norm.hpp"

namespace gradrace::bench {
namespace {

using kernels::PanelMatrix;
using kernels::Worker;

constexpr Index kTerms = 8, kTermFloats = 144 * 32;  // groups of four in a batch of 32, each with a gradient of conv2
constexpr Index kGradientFloats = round_up(300'426, kPanel);  // of this network
constexpr Index kSumRows = 576, kSumColumns = 32;             // a gradient of conv2's output, for the bias

void run_transpose(benchmark::State& state, const PanelMatrix& m, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Buffer from(m.floats(), 1), to(m.transposed().floats());
  const auto is_right = [&] {
    return sample_matches(m.rows * m.cols, [&](Index i) {
      return to[m.transposed().offset(i % m.cols, i / m.cols)] == from[m.offset(i / m.cols, i % m.cols)];
    });
  };
  check_and_time(state, isa, team, {.bytes = from.bytes() + to.bytes()}, is_right, [&](Worker worker) noexcept {
    kernels::transpose(isa, m, from.data(), worker.share_of(m.panels()), to.data());
  });
}

void run_tree_sum(benchmark::State& state, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Buffer terms(kTerms * kTermFloats, 1), sum(kTermFloats);
  const auto is_right = [&] {
    return sample_matches(kTermFloats, [&](Index i) {
      ReferenceSum expected;
      for (Index t = 0; t < kTerms; ++t) expected.add(1, terms[t * kTermFloats + i]);
      return expected.matches(sum[i]);
    });
  };
  check_and_time(state, isa, team, {.bytes = terms.bytes() + sum.bytes()}, is_right, [&](Worker worker) noexcept {
    const Range part = worker.share_of(kTermFloats, kPanel);
    kernels::tree_sum(isa, kTerms, part.size(), terms.data() + part.begin, kTermFloats, sum.data() + part.begin);
  });
}

/// Each worker adds up images of its own, to a sum of its own.
void run_column_sums(benchmark::State& state, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Buffer x(kBatch * kSumRows * kSumColumns, 1), sums(threads * kSumColumns);
  const auto is_right = [&] {
    return sample_matches(kSumColumns, [&](Index c) {
      ReferenceSum expected;
      for (Index row = 0; row < kBatch * kSumRows; ++row) expected.add(1, x[row * kSumColumns + c]);
      double computed = 0;
      for (Index t = 0; t < threads; ++t) computed += double(sums[t * kSumColumns + c]);
      return expected.matches(computed);
    });
  };
  check_and_time(state, isa, team, {.bytes = x.bytes()}, is_right, [&](Worker worker) noexcept {
    const Range rows = worker.share_of(kBatch * kSumRows);
    kernels::add_column_sums(isa, rows.size(), kSumColumns, x.data() + rows.begin * kSumColumns, kSumColumns,
                             sums.data() + worker.index() * kSumColumns);
  });
}

/// As for clipping: each worker has a share of the gradients.
void run_sum_of_squares(benchmark::State& state, Index threads) {
  const kernels::Team team(threads);
  const Buffer x(kGradientFloats, 1);
  std::vector<double> sums(std::size_t(threads), 0);
  const auto is_right = [&] {
    ReferenceSum expected;
    for (Index i = 0; i < kGradientFloats; ++i) expected.add(double(x[i]), double(x[i]));
    return expected.matches(std::accumulate(sums.begin(), sums.end(), 0.0));
  };
  check_and_time(state, kernels::Isa::best(), team, {.bytes = x.bytes()}, is_right, [&](Worker worker) noexcept {
    const Range part = worker.share_of(kGradientFloats, kPanel);
    sums[std::size_t(worker.index())] = kernels::sum_of_squares(x.all().subspan(part.begin, part.size()));
  });
}

}  // namespace

void register_matrix() {
  for (const PanelMatrix& m : kLinearShapes)
    add_each_isa(fmt::format("matrix/transpose/{}x{}", m.rows, m.cols),
                 [m](benchmark::State& state, const kernels::Isa& isa, Index threads) {
                   run_transpose(state, m, isa, threads);
                 });
  add(fmt::format("matrix/sum_of_squares/{}", kGradientFloats), "baseline", run_sum_of_squares);
  add_each_isa(fmt::format("matrix/tree_sum/{}x{}", kTerms, kTermFloats), run_tree_sum);
  add_each_isa(fmt::format("matrix/column_sums/{}x{}", kBatch * kSumRows, kSumColumns), run_column_sums);
}

}  // namespace gradrace::bench
