#include "bench/benchmarks.hpp"

#include <fmt/format.h>

#include "kernels/team.hpp"

namespace gradrace::bench {

void add(const std::string& family, std::string_view code, const Run& run) {
  const auto add_one = [&](Index threads) {
    const std::string name = fmt::format("{}/{}/threads:{}", family, code, threads);
    benchmark::RegisterBenchmark(name.c_str(), [run, threads](benchmark::State& state) { run(state, threads); })
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  };
  add_one(1);
  if (const Index all = kernels::allowed_cpus(); all > 1) add_one(all);
}

void add_each_isa(const std::string& family, const IsaRun& run) {
  for (const kernels::Isa& isa : kernels::Isa::available())
    add(family, isa.name(), [run, isa](benchmark::State& state, Index threads) { run(state, isa, threads); });
}

}  // namespace gradrace::bench
