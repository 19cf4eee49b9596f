// What is done element by element, or nearly so: ReLU, dropout, max pooling, log-softmax with its loss. The threads
// share a batch.

#include "kernels/pointwise.hpp"

#include <algorithm>
#include <cmath>

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/pooling.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"
#include "kernels/softmax_nll.hpp"

namespace gradrace::bench {
namespace {

using kernels::Worker;

constexpr Index kClasses = 10;
constexpr Index kReluFloats[] = {kBatch * 64, kBatch * 26 * 26 * 16};  // after fc1, and after cn1
constexpr Index kPositions = 144, kChannels = 32;                      // of one sample after pooling

void run_relu_forward(benchmark::State& state, Index n, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Buffer x(n, 1), y(n);
  const auto is_right = [&] { return sample_matches(n, [&](Index i) { return y[i] == std::max(x[i], 0.0f); }); };
  check_and_time(state, isa, team, {.bytes = x.bytes() + y.bytes()}, is_right, [&](Worker worker) noexcept {
    const Range part = worker.share_of(n, kPanel);
    const std::size_t size(part.size());
    kernels::relu_forward(isa, {x.data() + part.begin, size}, {y.data() + part.begin, size});
  });
}

void run_relu_backward(benchmark::State& state, Index n, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Buffer y(n, 1), dy(n, 2), dx(n);
  const auto is_right = [&] { return sample_matches(n, [&](Index i) { return dx[i] == (y[i] > 0 ? dy[i] : 0.0f); }); };
  check_and_time(state, isa, team, {.bytes = 3 * y.bytes()}, is_right, [&](Worker worker) noexcept {
    const Range part = worker.share_of(n, kPanel);
    const std::size_t size(part.size());
    kernels::relu_backward(isa, {y.data() + part.begin, size}, {dy.data() + part.begin, size},
                           {dx.data() + part.begin, size});
  });
}

/// Channel dropout, whose masks have one number for each sample and channel.
void run_dropout(benchmark::State& state, const kernels::Isa& isa, Index threads) {
  constexpr Index kSample = kPositions * kChannels;
  const kernels::Team team(threads);
  const Buffer x(kBatch * kSample, 1), scale(kBatch * kChannels, 2), y(kBatch * kSample);
  const auto is_right = [&] {
    return sample_matches(kBatch * kSample,
                          [&](Index i) { return y[i] == x[i] * scale[i / kSample * kChannels + i % kChannels]; });
  };
  check_and_time(state, isa, team, {.bytes = x.bytes() + y.bytes()}, is_right, [&](Worker worker) noexcept {
    const Range samples = worker.share_of(kBatch);
    for (Index n = samples.begin; n < samples.end; ++n)
      kernels::dropout(isa, kPositions, {scale.data() + n * kChannels, std::size_t(kChannels)}, x.data() + n * kSample,
                       y.data() + n * kSample);
  });
}

void run_max_pool_forward(benchmark::State& state, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Pooling pooling;
  check_and_time(
      state, isa, team, pooling.amount(), [&] { return pooling.forward_is_right(); },
      [&](Worker worker) noexcept { pooling.forward(isa, worker); });
}

void run_max_pool_backward(benchmark::State& state, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Pooling pooling;
  team.run([&](Worker worker) noexcept { pooling.forward(isa, worker); });
  check_and_time(
      state, isa, team, pooling.amount(), [&] { return pooling.backward_is_right(); },
      [&](Worker worker) noexcept { pooling.backward(isa, worker); });
}

void run_log_softmax_nll(benchmark::State& state, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Buffer x(kBatch * kClasses, 1), dx(kBatch * kClasses), loss(kBatch);
  const auto is_right = [&] {
    return sample_matches(kBatch * kClasses, [&](Index i) {
      const Index n = i / kClasses, c = i % kClasses;
      double sum = 0;
      for (Index k = 0; k < kClasses; ++k) sum += std::exp(double(x[n * kClasses + k]));
      const double expected = std::exp(double(x[i])) / sum - (c == n % kClasses ? 1 : 0);
      const double expected_loss = std::log(sum) - double(x[n * kClasses + n % kClasses]);
      return std::abs(double(dx[i]) - expected) < 1e-6 && std::abs(double(loss[n]) - expected_loss) < 1e-5;
    });
  };
  check_and_time(state, isa, team, {.bytes = x.bytes() + dx.bytes()}, is_right, [&](Worker worker) noexcept {
    const Range samples = worker.share_of(kBatch);
    for (Index n = samples.begin; n < samples.end; ++n)
      loss.data()[n] = kernels::log_softmax_nll(isa, {x.data() + n * kClasses, std::size_t(kClasses)}, n % kClasses, 1,
                                                {}, {dx.data() + n * kClasses, std::size_t(kClasses)});
  });
}

}  // namespace

void register_pointwise() {
  for (const Index n : kReluFloats) {
    const auto with_n = [n](auto run) {
      return [n, run](benchmark::State& state, const kernels::Isa& isa, Index threads) { run(state, n, isa, threads); };
    };
    add_each_isa(fmt::format("relu/forward/{}", n), with_n(run_relu_forward));
    add_each_isa(fmt::format("relu/backward/{}", n), with_n(run_relu_backward));
  }
  add_each_isa(fmt::format("dropout/n{}_p{}_c{}", kBatch, kPositions, kChannels), run_dropout);
  add_each_isa("max_pool/forward/" + name_of(kPool), run_max_pool_forward);
  add_each_isa("max_pool/backward/" + name_of(kPool), run_max_pool_backward);
  add_each_isa(fmt::format("log_softmax_nll/n{}_c{}", kBatch, kClasses), run_log_softmax_nll);
}

}  // namespace gradrace::bench
