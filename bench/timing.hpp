#pragma once
/// Timing with the machine's own peak as the ruler.

#include <algorithm>
#include <chrono>
#include <thread>

#include <benchmark/benchmark.h>

#include "engine/limits.hpp"

namespace gradrace::bench {

/// Runs body() until the library has enough; seconds of one run, on average.
template <class Body>
double time_one(benchmark::State& state, const Body& body) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (auto _ : state) {
    body();
    benchmark::ClobberMemory();
  }
  return std::chrono::duration<double>(Clock::now() - start).count() / double(state.iterations());
}

/// Times body() and reports GFLOP/s and the percentage of the team's peak on isa: the larger of one measured right
/// before and one right after, since clock and neighbours change. `flop` is per run, on all threads together. `settle`
/// is for a body with threads of its own: so long they, or the team's, may spin after their work and disturb who comes
/// next.
template <class Body>
void time_flop(benchmark::State& state, const kernels::Isa& isa, const kernels::Team& team, double flop,
               const Body& body, std::chrono::milliseconds settle = {}) {
  const auto peak = [&] {
    std::this_thread::sleep_for(settle);
    const double gflops = measure_peak(isa, team, 15);  // 5 ms
    std::this_thread::sleep_for(settle);
    return gflops;
  };
  const double before = peak();
  const double gflops = 1e-9 * flop / time_one(state, body);
  state.counters["GFLOP/s"] = gflops;
  state.counters["%peak"] = 100 * gflops / std::max(before, peak());
}

/// Times body() and reports GB/s (1e9 bytes); `bytes` is per run, on all threads together.
template <class Body>
void time_bytes(benchmark::State& state, double bytes, const Body& body) {
  state.counters["GB/s"] = 1e-9 * bytes / time_one(state, body);
}

}  // namespace gradrace::bench
