#pragma once
/// The machine under the engine: what it says of itself, and its limits as measured.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "kernels/isa.hpp"
#include "kernels/team.hpp"

namespace gradrace {

/// One cache of the first CPU, as Linux describes it.
struct Cache {
  std::string name;  ///< "L1d", "L1i", "L2", "L3"
  Index bytes = 0;
  Index sharers = 0;  ///< CPUs that share it
};

/// What the machine and this build say of themselves; nothing here is measured.
struct Machine {
  std::string cpu;  ///< model name; "unknown" where Linux gives none
  Index allowed_cpus = 0;
  std::vector<Cache> caches;               ///< empty where Linux gives none
  std::vector<std::string> isa_built;      ///< kernel tables in this program, best first
  std::vector<std::string> isa_available;  ///< those that this CPU can run
  std::string compiler;                    ///< name and version
  std::string openmp;                      ///< the OpenMP runtime that is loaded; "unknown" if none is recognised
};
Machine this_machine();

/// A rate on one thread alone, and on all threads of a team at once.
struct Rate {
  double one_thread = 0, all_threads = 0;
};

/// Memory bandwidth of the triad a = b + s c. Counted are 12 bytes per element: two floats read, one written. What the
/// hardware moves besides (a line is read before it is first written) is not counted.
struct Bandwidth {
  Index working_set_bytes = 0;  ///< of the three arrays together
  Rate gb_per_second;           ///< 1e9 bytes per second
};

/// The machine's own limits, each the best of many short measurements: what disturbs a measurement only slows it down.
struct Limits {
  std::string isa;
  Index threads = 0;
  double clock_ghz = 0;          ///< of one thread, while its vector units are as busy as the kernels keep them
  Rate peak_gflops;              ///< multiply-adds on full vectors, two operations each
  double flop_per_clock = 0;     ///< on one thread; two AVX2 units give 32, less if a neighbour shares the core
  std::vector<Bandwidth> triad;  ///< at an optimizer's working set, and at one that only main memory holds
};
/// Measures all of the above on the calling thread and on the team; takes about half a second.
Limits measure_limits(const kernels::Isa& isa, const kernels::Team& team);

/// GFLOP/s of multiply-adds on all threads of the team at once: the best of `rounds` measurements of a third of
/// a millisecond each: short enough to fit between a machine's disturbances.
double measure_peak(const kernels::Isa& isa, const kernels::Team& team, Index rounds);

/// The members of results.json's "machine" and of `gradrace info --json`.
nlohmann::ordered_json to_json(const Machine& machine);
nlohmann::ordered_json to_json(const Limits& limits);

}  // namespace gradrace
