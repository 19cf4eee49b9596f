#include "engine/profile/profile.hpp"

#include <algorithm>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/data/digits.hpp"
#include "engine/machine.hpp"
#include "engine/statistics.hpp"
#include "engine/steal.hpp"

namespace gradrace {
namespace {

constexpr int kVisits = 3;  // several short ones see more of the machine's moods than a long one

using Teams = std::vector<std::unique_ptr<kernels::Team>>;
using Report = std::function<void(const std::string&, double)>;

/// Of 1, 2, 4, ... threads, and of `most`.
Teams teams_up_to(Index most) {
  Teams teams;
  for (Index threads = 1; threads < most; threads *= 2) teams.push_back(std::make_unique<kernels::Team>(threads));
  teams.push_back(std::make_unique<kernels::Team>(most));
  return teams;
}

Index largest_cache() {
  Index largest = 0;
  for (const Cache& cache : this_machine().caches) largest = std::max(largest, cache.bytes);
  return largest;
}

/// Bytes that could be had without swapping; a large number where Linux does not say.
double available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (long long kilobytes = 0; std::sscanf(line.c_str(), "MemAvailable: %lld kB", &kilobytes) == 1)
      return 1024.0 * double(kilobytes);
  return 1e18;
}

/// Adds every optimizer's costs at one size. All are visited several times by turns.
void measure_size(const std::vector<Entrant>& entrants, const kernels::Isa& isa, const Teams& teams, Index parameters,
                  Index arrays, std::vector<OptimizerProfile>& profiles) {
  const StepArrays memory(parameters, arrays);
  std::vector<std::vector<StepMeter>> meters;
  for (const Entrant& entrant : entrants) {
    meters.emplace_back();
    for (const auto& team : teams) meters.back().emplace_back(entrant, isa, *team, memory, largest_cache());
  }
  for (int visit = 0; visit < kVisits; ++visit)
    for (std::size_t i = 0; i < entrants.size(); ++i) {
      memory.fill(*teams.back(), arrays_of(*entrants[i].optimizer));
      for (StepMeter& meter : meters[i]) meter.visit();
    }
  for (std::size_t i = 0; i < entrants.size(); ++i)
    for (const StepMeter& meter : meters[i]) profiles[i].costs.push_back(meter.cost());
}

/// The median of three visits' samples.
template <class Sample>
double median_of_visits(const Sample& sample) {
  std::vector<double> all;
  for (int visit = 0; visit < kVisits; ++visit) {
    const std::vector<double> seconds = sample();
    all.insert(all.end(), seconds.begin(), seconds.end());
  }
  return summarize(all).median;
}

/// What is measured at this network's size alone.
void measure_network(const std::vector<Entrant>& entrants, const kernels::Isa& isa, const kernels::Team& team,
                     Counters& counters, std::vector<OptimizerProfile>& profiles) {
  const kernels::Team keeping(team.size(), kernels::Subnormals::kKeep);
  const ImageSet images = draw_digits(DigitsPart::kTest);
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    const auto subnormal_ns = [&](const kernels::Team& t) {
      return 1e9 * median_of_visits([&] { return subnormal_step_seconds(entrants[i], isa, t); }) /
             double(kNetworkParameters);
    };
    profiles[i].subnormal_flushed_ns = subnormal_ns(team);
    profiles[i].subnormal_kept_ns = subnormal_ns(keeping);
    profiles[i].training_step_seconds =
        median_of_visits([&] { return training_step_seconds(entrants[i], isa, team, images); });
    profiles[i].counts = counts_per_parameter(entrants[i], isa, counters);
  }
}

OptimizerProfile described(const Entrant& entrant) {
  OptimizerProfile profile;
  profile.label = entrant.label;
  profile.optimizer = entrant.name;
  profile.options = entrant.options.resolved();
  profile.states = arrays_of(*entrant.optimizer) - 2;
  profile.bytes_per_parameter = bytes_per_parameter(*entrant.optimizer);
  if (const auto passes = unfused_passes(entrant.name, profile.options, 1))
    profile.unfused_bytes = unfused_bytes(*passes);
  return profile;
}

}  // namespace

Profile profile(const ProfileOptions& options, const Report& progress) {
  const std::vector<Entrant> entrants = line_up(options.optimizers);
  const Teams teams = teams_up_to(options.threads);
  const StealWatch steal;
  Counters counters(hardware_events());
  Profile result;
  result.isa = options.isa.name();
  result.threads = options.threads;
  result.counters_problem = counters.problem();
  for (const CounterEvent& event : counters.events()) result.events.push_back(event.name);
  Index arrays = 0;
  for (const Entrant& entrant : entrants) {
    result.optimizers.push_back(described(entrant));
    arrays = std::max(arrays, arrays_of(*entrant.optimizer) + kUnfusedTemporaries);
  }
  const double pieces = double(options.parameters.size() + 1);
  double done = 0;
  for (const Index parameters : options.parameters) {
    progress(fmt::format("{} parameters", parameters), done++ / pieces);
    if (double(parameters * arrays * Index(sizeof(float))) > available_memory() / 2)
      result.left_out.push_back(parameters);
    else
      measure_size(entrants, options.isa, teams, parameters, arrays, result.optimizers);
  }
  progress("training step", done / pieces);
  measure_network(entrants, options.isa, *teams.back(), counters, result.optimizers);
  result.steal_percent = steal.percent();
  return result;
}

}  // namespace gradrace
