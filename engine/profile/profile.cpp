#include "engine/profile/profile.hpp"

#include <algorithm>
#include <deque>
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

constexpr int kVisits = 3;  // of every figure, spread over the run, so that a mood of the machine does not decide one

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

/// All optimizers at one size, with memory of its own.
class Size {
 public:
  Size(const std::vector<Entrant>& entrants, const kernels::Isa& isa, const Teams& teams, Index parameters,
       Index arrays)
      : fillers_(*teams.back()), arrays_(parameters, arrays) {
    const Index cache = largest_cache();
    for (const Entrant& entrant : entrants) {
      arrays_of_.push_back(arrays_of(*entrant.optimizer));
      meters_.emplace_back();
      for (const auto& team : teams) meters_.back().emplace_back(entrant, isa, *team, arrays_, cache);
    }
  }
  Size(const Size&) = delete;
  Size& operator=(const Size&) = delete;

  Index parameters() const { return arrays_.parameters(); }
  void visit() {
    for (std::size_t i = 0; i < meters_.size(); ++i) {
      arrays_.fill(fillers_, arrays_of_[i]);
      for (StepMeter& meter : meters_[i]) meter.visit();
    }
  }
  void add_costs_to(std::vector<OptimizerProfile>& profiles) const {
    for (std::size_t i = 0; i < meters_.size(); ++i)
      for (const StepMeter& meter : meters_[i]) profiles[i].costs.push_back(meter.cost());
  }

 private:
  const kernels::Team& fillers_;
  StepArrays arrays_;
  std::vector<Index> arrays_of_;  // by optimizer, as the meters
  std::vector<std::vector<StepMeter>> meters_;
};

/// Allocates the sizes that memory has room for; the others are left out.
std::deque<Size> sizes(const ProfileOptions& options, const std::vector<Entrant>& entrants, const Teams& teams,
                       std::vector<Index>& left_out) {
  Index arrays = 0;
  for (const Entrant& entrant : entrants)
    arrays = std::max(arrays, arrays_of(*entrant.optimizer) + kUnfusedTemporaries);
  std::deque<Size> list;
  for (const Index parameters : options.parameters)
    if (double(parameters * arrays * Index(sizeof(float))) > available_memory() / 2)
      left_out.push_back(parameters);
    else
      list.emplace_back(entrants, options.isa, teams, parameters, arrays);
  return list;
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

/// As line_up, of optimizers whose step is a pass over arrays: that is what is measured.
std::vector<Entrant> line_up_elementwise(const std::vector<Spec>& specs) {
  std::vector<Entrant> entrants = line_up(specs);
  for (const Entrant& entrant : entrants)
    if (!entrant.optimizer->elementwise())
      throw usage_error(
          "{0}: a step of it is no pass over arrays, which is what `gradrace profile` measures; "
          "`gradrace --optimizer {0} --profile` shows where the time of its training goes",
          entrant.name);
  return entrants;
}

}  // namespace

Profile profile(const ProfileOptions& options, const Report& progress) {
  const std::vector<Entrant> entrants = line_up_elementwise(options.optimizers);
  const Teams teams = teams_up_to(options.threads);
  const StealWatch steal;
  Counters counters(hardware_events());
  Profile result;
  result.isa = options.isa.name();
  result.threads = options.threads;
  result.counters_problem = counters.problem();
  for (const CounterEvent& event : counters.events()) result.events.push_back(event.name);
  for (const Entrant& entrant : entrants) result.optimizers.push_back(described(entrant));
  std::deque<Size> all = sizes(options, entrants, teams, result.left_out);
  const double pieces = double(kVisits) * double(all.size()) + 1;
  double done = 0;
  for (int visit = 0; visit < kVisits; ++visit)
    for (Size& size : all) {
      progress(fmt::format("{} parameters", size.parameters()), done++ / pieces);
      size.visit();
    }
  for (const Size& size : all) size.add_costs_to(result.optimizers);
  progress("training step", done / pieces);
  measure_network(entrants, options.isa, *teams.back(), counters, result.optimizers);
  result.steal_percent = steal.percent();
  return result;
}

}  // namespace gradrace
