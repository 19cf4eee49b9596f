#include "bench/benchmarks.hpp"

#include <fmt/format.h>

#include "bench/timing.hpp"

namespace gradrace::bench {

void add(const std::string& family, std::string_view code, const Run& run) {
  constexpr benchmark::IterationCount kColdRuns = 20;
  const auto add_one = [&](Index threads) {
    const std::string name = fmt::format("{}/{}/threads:{}", family, code, threads);
    benchmark::internal::Benchmark* added =
        benchmark::RegisterBenchmark(name.c_str(), [run, threads](benchmark::State& state) {
          run(state, threads);
        })->Unit(benchmark::kMicrosecond);
    if (cache_mode == Cache::kHot)
      added->UseRealTime();
    else
      added->UseManualTime()->Iterations(kColdRuns);
  };
  const Index all = kernels::default_threads();
  for (Index threads = 1; threads < all; threads *= 2) add_one(threads);
  add_one(all);
}

void add_each_isa(const std::string& family, const IsaRun& run) {
  for (const kernels::Isa& isa : kernels::Isa::available())
    add(family, isa.name(), [run, isa](benchmark::State& state, Index threads) { run(state, isa, threads); });
}

}  // namespace gradrace::bench
