// gradrace-bench: the speed of the product's kernels at the shapes of this network and at others, each checked before
// it is timed.
//   gradrace-bench --benchmark_filter='conv2d/.*/avx2/threads:2'        some of them
//   gradrace-bench --cold                                               caches emptied before every run
//   gradrace-bench --benchmark_out=a.json --benchmark_repetitions=9     for Google Benchmark's compare.py
// What is reported is explained in timing.hpp. Peers pick their own instructions and are compared with our best set.
// "Library was built as DEBUG" is about Debian's libbenchmark, whose code does not run while something is timed.

#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/benchmarks.hpp"
#include "bench/timing.hpp"
#include "engine/measuring/machine.hpp"

namespace {

void print_help() {
  std::puts(
      "gradrace-bench [--cold] and the flags below. --cold empties all caches before every run. See "
      "bench/README.md.\n");
  benchmark::PrintDefaultHelp();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace gradrace;
  std::string short_runs =
      "--benchmark_min_time=0.04";  // all in some two minutes; the user's own flag comes later and wins
  std::vector<char*> arguments(argv, argv + argc);
  arguments.insert(arguments.begin() + 1, short_runs.data());
  if (std::erase_if(arguments, [](const char* word) { return std::strcmp(word, "--cold") == 0; }) > 0)
    bench::cache_mode = bench::Cache::kCold;
  int count = int(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data(), print_help);
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  const Machine machine = this_machine();
  benchmark::AddCustomContext("cpu", machine.cpu);
  benchmark::AddCustomContext("compiler", machine.compiler);
  benchmark::AddCustomContext("openmp", machine.openmp);
  benchmark::AddCustomContext("caches", bench::cache_mode == bench::Cache::kHot ? "hot" : "cold");
  bench::register_conv2d();
  bench::register_conv_pool();
  bench::register_linear();
  bench::register_gemm();
  bench::register_matrix();
  bench::register_newton_schulz();
  bench::register_pooling();
  bench::register_activations();
  bench::register_pointwise();
  bench::register_optimizer();
#ifdef GRADRACE_PEERS
  bench::register_onednn();
  bench::register_openblas();
#ifdef GRADRACE_LIBTORCH
  bench::register_libtorch();
#else
  benchmark::AddCustomContext("libtorch", "skipped, since it was not installed when this was built");
#endif
#endif
  const std::size_t matched = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (!std::cout.flush()) {
    std::fputs("gradrace-bench: error: cannot write to standard output\n", stderr);
    return 1;
  }
  return matched > 0 ? 0 : 2;
}
