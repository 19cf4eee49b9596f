// What else is done element by element, or nearly so: dropout, log-softmax with its loss. The threads share a batch.

#include "kernels/pointwise.hpp"

#include <cmath>

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"
#include "kernels/softmax_nll.hpp"

namespace gradrace::bench {
namespace {

using kernels::Worker;

constexpr Index kClasses = 10;
constexpr Index kPositions = 144, kChannels = 32;  // of one sample after pooling

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
  add_each_isa(fmt::format("dropout/n{}_p{}_c{}", kBatch, kPositions, kChannels), run_dropout);
  add_each_isa(fmt::format("log_softmax_nll/n{}_c{}", kBatch, kClasses), run_log_softmax_nll);
}

}  // namespace gradrace::bench
