// Max and average pooling and their gradients. The threads share a batch.

#include "bench/pooling.hpp"

#include "bench/benchmarks.hpp"

namespace gradrace::bench {
namespace {

using kernels::PoolShape;
using kernels::Worker;

constexpr PoolShape square_pool(Index size, Index channels, Index kernel) {
  const kernels::Window window{.kernel = kernel, .stride = 2};
  return {.in_h = size, .in_w = size, .channels = channels, .y = window, .x = window};
}
constexpr PoolShape kPoolShapes[] = {square_pool(24, 32, 2),   // after cn2
                                     square_pool(28, 6, 2),    // LeNet-5
                                     square_pool(29, 64, 3)};  // as in 3c3d
std::string name_of(const PoolShape& s) {
  return fmt::format("n{}_c{}_h{}{}", kBatch, s.channels, s.in_h,
                     s.x.kernel == 2 ? "" : fmt::format("_f{}", s.x.kernel));
}

/// A pass of a batch: what one sample takes, what must come out, and what is read and written.
struct Pass {
  const char* name;
  void (*run)(const Pooling& pooling, const kernels::Isa& isa, Index sample) noexcept;
  bool (Pooling::*is_right)() const;
  bool has_places;
};
constexpr Pass kPasses[] = {
    {"max_pool/forward",
     [](const Pooling& p, const kernels::Isa& isa, Index n) noexcept {
       kernels::max_pool_forward(isa, p.shape, p.x.data() + n * p.in, p.y.data() + n * p.out, p.place(n * p.out));
     },
     &Pooling::max_is_right, true},
    {"max_pool/backward",
     [](const Pooling& p, const kernels::Isa& isa, Index n) noexcept {
       kernels::max_pool_backward(isa, p.shape, p.dy.data() + n * p.out, p.place(n * p.out), p.dx.data() + n * p.in);
     },
     &Pooling::max_gradient_is_right, true},
    {"avg_pool/forward",
     [](const Pooling& p, const kernels::Isa& isa, Index n) noexcept {
       kernels::avg_pool_forward(isa, p.shape, p.x.data() + n * p.in, p.y.data() + n * p.out);
     },
     &Pooling::average_is_right, false},
    {"avg_pool/backward",
     [](const Pooling& p, const kernels::Isa& isa, Index n) noexcept {
       kernels::avg_pool_backward(isa, p.shape, p.dy.data() + n * p.out, p.dx.data() + n * p.in);
     },
     &Pooling::average_gradient_is_right, false}};

void run_pass(benchmark::State& state, const Pass& pass, const PoolShape& shape, const kernels::Isa& isa,
              Index threads) {
  const kernels::Team team(threads);
  const Pooling pooling(shape);
  const auto run_samples = [&](const Pass& one, Worker worker) noexcept {
    const Range samples = worker.share_of(kBatch);
    for (Index n = samples.begin; n < samples.end; ++n) one.run(pooling, isa, n);
  };
  if (pass.has_places) team.run([&](Worker worker) noexcept { run_samples(kPasses[0], worker); });
  const double bytes = pooling.x.bytes() + pooling.y.bytes() + (pass.has_places ? pooling.places.bytes() : 0);
  check_and_time(
      state, isa, team, {.bytes = bytes}, [&] { return (pooling.*pass.is_right)(); },
      [&](Worker worker) noexcept { run_samples(pass, worker); });
}

}  // namespace

void register_pooling() {
  for (const Pass& pass : kPasses)
    for (const PoolShape& shape : kPoolShapes)
      add_each_isa(fmt::format("{}/{}", pass.name, name_of(shape)),
                   [&](benchmark::State& state, const kernels::Isa& isa, Index threads) {
                     run_pass(state, pass, shape, isa, threads);
                   });
}

}  // namespace gradrace::bench
