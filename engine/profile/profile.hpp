#pragma once
/// The room profile/: what a step of an optimizer costs, measured against what memory and divider allow. Arrays of its
/// own (step_arrays.hpp), the meter of one optimizer at one size (step_meter.hpp), the same step pass by pass
/// (unfused.hpp), a whole training step beside it (network_step.hpp).
///
/// `gradrace profile`: what optimizers' steps cost.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/profile/network_step.hpp"
#include "engine/profile/step_meter.hpp"

namespace gradrace {

struct ProfileOptions {
  std::vector<Spec> optimizers;
  Network network = known_networks().front();  ///< whose training step is measured
  std::vector<Index> parameters;               ///< how many, to be measured one after the other
  Index threads = 1;                           ///< measured are 1, 2, 4, ... and this many
  kernels::Isa isa = kernels::Isa::best();
};

struct OptimizerProfile {
  std::string label, optimizer;
  std::vector<std::pair<std::string, std::string>> options;  ///< resolved, as Options::resolved()
  Index states = 0;
  double bytes_per_parameter = 0;
  std::optional<double> unfused_bytes;  ///< per parameter, pass by pass; nothing where no passes are known
  std::vector<StepCost> costs;          ///< by size, then by threads
  /// The following are at the network's size, with all threads but for the counts.
  double training_step_seconds = 0;
  double subnormal_flushed_ns = 0, subnormal_kept_ns = 0;  ///< per parameter
  std::vector<std::optional<double>> counts;               ///< per parameter, on one thread, in the order of the events
};

struct Profile {
  std::string isa;
  Index threads = 0;
  std::string network;
  Index network_parameters = 0;
  std::vector<OptimizerProfile> optimizers;
  std::vector<std::string> events;  ///< that the counts count
  std::string counters_problem;     ///< why some could not be counted; empty if all could
  std::vector<Index> left_out;      ///< numbers of parameters that memory has no room for
  std::optional<double> steal_percent;
  double busy_percent = 0;  ///< the larger of before and after (measure_busy_percent)
};

/// Measures, in visits spread over the run (visits.hpp); takes less than a second per optimizer, size and number of
/// threads, more where a single step takes long. Tells progress(what, fraction) how far it is. Throws usage_error for
/// optimizers that are wrong or not elementwise, and failure if memory has no room for any of the sizes.
Profile profile(const ProfileOptions& options, const std::function<void(const std::string&, double)>& progress);

/// `gradrace profile --json` without its "machine".
nlohmann::ordered_json to_json(const Profile& profile);
/// A line for each optimizer, size, number of threads and way ("hot", "cold", "unfused"), under a heading.
std::string to_csv(const Profile& profile);

}  // namespace gradrace
