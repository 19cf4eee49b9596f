// gradrace-bench: the speed of the product's kernels at the shapes of this network, each checked before it is timed.
//   gradrace-bench --benchmark_filter='conv2d/.*/avx2/threads:2'        some of them
//   gradrace-bench --benchmark_out=a.json --benchmark_repetitions=9     for Google Benchmark's compare.py
// GFLOP/s count the multiplications and additions of the plain formulas; %peak compares them with what the same threads
// reach in a loop of nothing but multiply-adds of the same instruction set, measured in the same process right before
// and after. OpenBLAS picks its own instructions and is compared with our best set: where it has AVX-512 it may pass
// 100 %; OPENBLAS_CORETYPE=Haswell keeps it to AVX2. "Library was built as DEBUG" is about Debian's libbenchmark, whose
// code does not run while something is timed.

#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/benchmarks.hpp"
#include "engine/machine.hpp"

int main(int argc, char** argv) {
  using namespace gradrace;
  std::string short_runs = "--benchmark_min_time=0.1";  // all within a minute; the user's own flag comes later and wins
  std::vector<char*> arguments(argv, argv + argc);
  arguments.insert(arguments.begin() + 1, short_runs.data());
  int count = int(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  const Machine machine = this_machine();
  benchmark::AddCustomContext("cpu", machine.cpu);
  benchmark::AddCustomContext("compiler", machine.compiler);
  benchmark::AddCustomContext("openmp", machine.openmp);
  bench::register_conv2d();
  bench::register_linear();
  bench::register_gemm();
  bench::register_optimizer();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
