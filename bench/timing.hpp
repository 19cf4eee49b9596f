#pragma once
/// Timing with the machine's own limits as rulers.

#include <chrono>
#include <functional>

#include <benchmark/benchmark.h>

#include "bench/buffer.hpp"
#include "kernels/isa.hpp"
#include "kernels/team.hpp"

namespace gradrace::bench {

/// Whether caches hold the data (hot), or were emptied before each run (cold). Set before benchmarks are registered.
enum class Cache { kHot, kCold };
inline Cache cache_mode = Cache::kHot;

/// What one run amounts to, on all threads together.
struct Amount {
  double flop = 0;        ///< multiplications and additions that are executed; transforms and comparisons do not count
  double dense_flop = 0;  ///< of the plain formula; 0: as many
  double bytes = 0;       ///< of all that has to be read and written; what is read and written counts twice
  double footprint = 0;   ///< bytes that caches must hold for it; 0: `bytes`
};

using Body = std::function<void()>;

/// Times body(), and reports GFLOP/s executed and of the plain formula ("dense"), GB/s, and in percent
///   %peak  the executed operations of what the same threads reach in a loop of nothing but multiply-adds of the same
///          instruction set: the larger of two measured right before and right after
///   %roof  the time of what bounds the kernel from below: its operations at that peak, or its bytes at the bandwidth
///          of the cache that holds its footprint (cold: of main memory), whichever takes longer.
/// `empty_caches` is for data that lies elsewhere than in buffers. `settle` is for a body with threads of its own: so
/// long they, or the team's, may spin after their work and disturb who comes next.
void time_work(benchmark::State& state, const kernels::Isa& isa, const kernels::Team& team, const Amount& amount,
               const Body& body, const Body& empty_caches = Buffer::flush_all, std::chrono::milliseconds settle = {});

/// Runs work(worker) once on every thread of the team; if is_right() then, times it.
template <class Work>
void check_and_time(benchmark::State& state, const kernels::Isa& isa, const kernels::Team& team, const Amount& amount,
                    const std::function<bool()>& is_right, const Work& work,
                    const Body& empty_caches = Buffer::flush_all) {
  team.run(work);
  if (!is_right()) return state.SkipWithError("the result is wrong");
  time_work(
      state, isa, team, amount, [&] { team.run(work); }, empty_caches);
}

}  // namespace gradrace::bench
