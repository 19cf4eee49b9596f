#pragma once
/// The machine's own limits, as measured: what every kernel is compared with.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "kernels/isa.hpp"
#include "kernels/team.hpp"

namespace gradrace {

/// A rate on one thread alone, and on all threads of a team at once.
struct Rate {
  double one_thread = 0, all_threads = 0;
};

/// Memory bandwidth in GB/s (1e9 bytes) over a working set that one level of the memory holds. Counted are the bytes
/// that a loop asks for: 4 an element for reading, 8 for copying, 12 for the triad a = b + s c. What the hardware moves
/// besides (a line is read before it is first written) is not counted.
struct Bandwidth {
  std::string level;            ///< "L1d", "L2", "L3" or "DRAM"
  Index working_set_bytes = 0;  ///< of all arrays of one thread together
  bool shared = false;          ///< all threads share one working set of that size; else each has its own
  Rate read = {}, copy = {}, triad = {};
};

/// Each the best of many short measurements: what disturbs a measurement only slows it down. Of rates on all threads,
/// the sum of what each reached at its best, all running at once.
struct Limits {
  std::string isa;
  Index threads = 0;
  double clock_ghz = 0;                 ///< of one thread, while its vector units are as busy as the kernels keep them
  Rate peak_gflops;                     ///< multiply-adds on full vectors, two operations each
  double flop_per_clock = 0;            ///< on one thread; two AVX2 units give 32, less if a neighbour shares the core
  Rate divide_gops, root_gops;          ///< exact divisions and square roots of floats, 1e9 per second
  double barrier_ns = 0;                ///< all threads meet inside a parallel region
  double region_ns = 0;                 ///< a parallel region that does nothing
  std::vector<Bandwidth> bandwidth;     ///< from the core outward; levels that Linux does not describe are left out
  std::optional<double> steal_percent;  ///< of all CPUs' time while this was measured (steal.hpp)
  double busy_percent = 0;              ///< as measure_busy_percent()
};
/// Measures all of the above on the calling thread and on the team; takes one to two seconds.
Limits measure_limits(const kernels::Isa& isa, const kernels::Team& team);

/// GFLOP/s of multiply-adds on all threads of the team at once: the best of `rounds` measurements of a third of
/// a millisecond each: short enough to fit between a machine's disturbances.
double measure_peak(const kernels::Isa& isa, const kernels::Team& team, Index rounds);

/// How much of its time the thread of the team that was disturbed most lost to others, in a tenth of a second of short
/// equal rounds. That shows what takes a CPU away, also where nobody says so: another process, or another virtual
/// machine whose share is hidden.
double measure_busy_percent(const kernels::Team& team);
/// A sentence for whoever reads measured times; empty if so much is little.
std::string busy_warning(double percent);

/// The member "limits" of `gradrace info --json`.
nlohmann::ordered_json to_json(const Limits& limits);

}  // namespace gradrace
