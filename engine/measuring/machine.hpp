#pragma once
/// The machine under the engine, as it describes itself. Its limits as measured: limits.hpp.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "kernels/base.hpp"

namespace gradrace {

/// One cache of the first CPU, as Linux describes it.
struct Cache {
  std::string name;  ///< "L1d", "L1i", "L2", "L3"
  Index bytes = 0;
  Index sharers = 0;  ///< CPUs that share it
};

/// What the machine and this build say of themselves; nothing here is measured.
struct Machine {
  std::string cpu;                         ///< its name (cpu_name.hpp); "unknown" where Linux gives none
  Index cores = 0, cpus = 0;               ///< online, whoever may use them; 0 where Linux does not say
  Index affinity_cpus = 0;                 ///< CPUs that the process was given
  std::optional<double> quota_cpus;        ///< CPU time per time that control groups allow; nothing: no quota
  Index allowed_cpus = 0;                  ///< what follows from both (cpus.hpp)
  std::vector<Cache> caches;               ///< empty where Linux gives none
  std::vector<std::string> isa_built;      ///< kernel tables in this program, best first
  std::vector<std::string> isa_available;  ///< those that this CPU can run
  std::string compiler;                    ///< name and version
  std::string openmp;                      ///< the OpenMP runtime that is loaded; "unknown" if none is recognised
};
Machine this_machine();

/// The member "machine" of results.json and of `gradrace info --json`.
nlohmann::ordered_json to_json(const Machine& machine);

/// Bytes that could be had without swapping; a large number where Linux does not say.
double available_memory();

}  // namespace gradrace
