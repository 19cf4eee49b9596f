// The optimizers' fused steps, all threads sharing the parameters, beside a pass over as many arrays that only adds:
// what the memory allows.

#include "bench/optimizer.hpp"

#include <fmt/format.h>

#include "bench/benchmarks.hpp"
#include "bench/timing.hpp"

namespace gradrace::bench {
namespace {

constexpr Index kTriadArrays = 3;  // as of an optimizer with two states, besides the gradient

/// Those whose step is a pass over arrays.
std::vector<std::string> elementwise_optimizers() {
  std::vector<std::string> names = OptimizerRegistry::instance().names();
  std::erase_if(names, [](const std::string& name) {
    Options options;
    return !OptimizerRegistry::instance().make(name, options)->elementwise();
  });
  return names;
}

/// Empties the caches of an optimizer's arrays, which are no buffers.
Body flush(const StepArrays& arrays, Index count) {
  return
      [&arrays, count] { kernels::Team(1).run([&](kernels::Worker worker) noexcept { arrays.flush(worker, count); }); };
}

/// The reference is the baseline's step, one parameter a call, of the first thousand.
bool is_right(const Step& step, const Step& reference) {
  constexpr Index kChecked = 1000;
  const kernels::Isa baseline = kernels::Isa::available().back();
  for (Index i = 0; i < kChecked; ++i) {
    const auto one = [&](Index array) { return reference.arrays.part(array, {i, i + 1}); };
    std::vector<float*> state;
    for (Index k = 0; k < step.states; ++k) state.push_back(one(2 + k).data());
    reference.entrant.optimizer->update(baseline, one(0), one(1), state);
    for (Index array = 0; array < 2 + step.states; ++array)
      if (!close(step.arrays.part(array, {i, i + 1})[0], one(array)[0])) return false;
  }
  return true;
}

void run_step_of(benchmark::State& state, const std::string& name, Index parameters, const kernels::Isa& isa,
                 Index threads) {
  const kernels::Team team(threads);
  const Step step(name, parameters), reference(name, parameters);
  check_and_time(
      state, isa, team, step.amount(), [&] { return is_right(step, reference); },
      [&](kernels::Worker worker) noexcept {
        run_step(*step.entrant.optimizer, step.states, isa, step.arrays, worker);
      },
      flush(step.arrays, 2 + step.states));
}

void run_triad(benchmark::State& state, Index parameters, const kernels::Isa& isa, Index threads) {
  constexpr float kFactor = 0x1p-10f;
  const kernels::Team team(threads);
  const StepArrays arrays(parameters, 1 + kTriadArrays), start(parameters, 1 + kTriadArrays);
  arrays.fill(team, 1 + kTriadArrays);
  start.fill(team, 1 + kTriadArrays);
  const double array_bytes = double(Index(sizeof(float)) * parameters);
  const Amount amount{.bytes = double(2 * kTriadArrays + 1) * array_bytes,
                      .footprint = double(1 + kTriadArrays) * array_bytes};
  const auto is_right = [&] {
    const auto at = [](const StepArrays& of, Index array, Index i) { return of.part(array, {i, i + 1})[0]; };
    for (Index i = 0; i < parameters; i += 97)
      if (!close(at(arrays, 3, i), at(start, 3, i) + kFactor * at(start, 0, i))) return false;
    return true;
  };
  const auto pass = [&](kernels::Worker worker) noexcept {
    const Range range = worker.share_of(parameters, kPanel);
    float* const written[kTriadArrays] = {arrays.part(1, range).data(), arrays.part(2, range).data(),
                                          arrays.part(3, range).data()};
    kernels::stream_triads(isa, kFactor, arrays.part(0, range), written);
  };
  check_and_time(state, isa, team, amount, is_right, pass, flush(arrays, 1 + kTriadArrays));
}

}  // namespace

void register_optimizer() {
  for (const Index parameters : kParameters) {
    for (const std::string& name : elementwise_optimizers())
      add_each_isa(fmt::format("optimizer/{}/{}", name, parameters),
                   [=](benchmark::State& state, const kernels::Isa& isa, Index threads) {
                     run_step_of(state, name, parameters, isa, threads);
                   });
    add_each_isa(fmt::format("optimizer/triad/{}", parameters),
                 [=](benchmark::State& state, const kernels::Isa& isa, Index threads) {
                   run_triad(state, parameters, isa, threads);
                 });
  }
}

}  // namespace gradrace::bench
