#include "bench/timing.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <thread>
#include <utility>

#include "engine/measuring/limits.hpp"

namespace gradrace::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Seconds of one run, on average.
double time_hot(benchmark::State& state, const Body& body) {
  const Clock::time_point start = Clock::now();
  for (auto _ : state) {
    body();
    benchmark::ClobberMemory();
  }
  return seconds_since(start) / double(state.iterations());
}

double time_cold(benchmark::State& state, const Body& body, const Body& empty_caches) {
  double total = 0;
  for (auto _ : state) {
    empty_caches();
    const Clock::time_point start = Clock::now();
    body();
    const double seconds = seconds_since(start);
    state.SetIterationTime(seconds);
    total += seconds;
  }
  return total / double(state.iterations());
}

/// Measured once for each instruction set and number of threads.
const Limits& limits_of(const kernels::Isa& isa, const kernels::Team& team) {
  static std::map<std::pair<std::string_view, Index>, Limits> known;
  const auto [at, is_new] = known.try_emplace({isa.name(), team.size()});
  if (is_new) {
    at->second = measure_limits(isa, team);
    std::cerr << busy_warning(at->second.busy_percent);
  }
  return at->second;
}

/// GB/s of the level that holds so many bytes. A working set that was measured is half of what its level holds.
double bandwidth(const Limits& limits, double bytes) {
  for (const Bandwidth& level : limits.bandwidth) {
    const double holds = 2.0 * double(level.working_set_bytes) * (level.shared ? 1.0 : double(limits.threads));
    const bool is_last = &level == &limits.bandwidth.back();
    if (is_last || (cache_mode == Cache::kHot && bytes <= holds))
      return std::max({level.read.all_threads, level.copy.all_threads, level.triad.all_threads});
  }
  return 0;
}

}  // namespace

void time_work(benchmark::State& state, const kernels::Isa& isa, const kernels::Team& team, const Amount& amount,
               const Body& body, const Body& empty_caches, std::chrono::milliseconds settle) {
  const Limits& limits = limits_of(isa, team);
  const auto peak = [&] {
    std::this_thread::sleep_for(settle);
    const double gflops = measure_peak(isa, team, 15);  // 5 ms
    std::this_thread::sleep_for(settle);
    return gflops;
  };
  const double before = peak();
  const double seconds = cache_mode == Cache::kHot ? time_hot(state, body) : time_cold(state, body, empty_caches);
  const double gflops = std::max(before, peak());
  const double footprint = amount.footprint > 0 ? amount.footprint : amount.bytes;
  const double bound = 1e-9 * std::max(amount.flop / gflops, amount.bytes / bandwidth(limits, footprint));
  if (amount.flop > 0) {
    state.counters["GFLOP/s"] = 1e-9 * amount.flop / seconds;
    state.counters["dense"] = 1e-9 * (amount.dense_flop > 0 ? amount.dense_flop : amount.flop) / seconds;
    state.counters["%peak"] = 100 * 1e-9 * amount.flop / seconds / gflops;
  }
  state.counters["GB/s"] = 1e-9 * amount.bytes / seconds;
  state.counters["%roof"] = 100 * bound / seconds;
}

}  // namespace gradrace::bench
