#include "engine/profile/profile.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "engine/measuring/limits.hpp"
#include "engine/measuring/machine.hpp"
#include "engine/measuring/steal.hpp"
#include "engine/training/planned_layers.hpp"

namespace gradrace {
namespace {

constexpr Index kRounds = 12;        // through all that is measured
constexpr Index kLongEvery = 2;      // what takes long is visited in every second round
constexpr Index kLong = 20'000'000;  // parameters, whose steps take long

using Teams = std::vector<std::unique_ptr<kernels::Team>>;
using Report = std::function<void(const std::string&, double)>;

/// Of 1, 2, 4, ... threads, and of `most`.
Teams teams_up_to(Index most) {
  Teams teams;
  for (Index threads = 1; threads < most; threads *= 2) teams.push_back(std::make_unique<kernels::Team>(threads));
  teams.push_back(std::make_unique<kernels::Team>(most));
  return teams;
}

/// Where Linux tells of no cache, any array may fit.
Index largest_cache() {
  Index largest = 0;
  for (const Cache& cache : this_machine().caches) largest = std::max(largest, cache.bytes);
  return largest == 0 ? std::numeric_limits<Index>::max() : largest;
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
  bool takes_long() const { return parameters() >= kLong; }
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

/// Allocates the sizes that memory has room for; the others are left out. Throws failure if none is left.
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
  if (list.empty()) throw failure("memory has no room for {} parameters", fmt::join(left_out, " or "));
  return list;
}

/// What is measured at the network's size alone, with all threads.
class TrainingSteps {
 public:
  TrainingSteps(const Network& network, const std::vector<Entrant>& entrants, const kernels::Isa& isa,
                const kernels::Team& team)
      : network_(network),
        parameters_(parameter_count(network)),
        entrants_(entrants),
        isa_(isa),
        team_(team),
        keeping_({.threads = team.size(), .subnormals = kernels::Subnormals::kKeep}),
        images_(images_for(network)),
        figures_(entrants.size()) {}

  void visit() {
    for (std::size_t i = 0; i < entrants_.size(); ++i) {
      figures_[i].flushed.add(subnormal_step_seconds(parameters_, entrants_[i], isa_, team_));
      figures_[i].kept.add(subnormal_step_seconds(parameters_, entrants_[i], isa_, keeping_));
      figures_[i].training.add(training_step_seconds(network_, entrants_[i], isa_, team_, images_));
    }
  }
  void add_to(std::vector<OptimizerProfile>& profiles) const {
    const auto ns = [this](const Visits& visits) { return 1e9 * visits.seconds().value_or(0) / double(parameters_); };
    for (std::size_t i = 0; i < entrants_.size(); ++i) {
      profiles[i].subnormal_flushed_ns = ns(figures_[i].flushed);
      profiles[i].subnormal_kept_ns = ns(figures_[i].kept);
      profiles[i].training_step_seconds = figures_[i].training.seconds().value_or(0);
    }
  }

 private:
  struct Figures {
    Visits flushed, kept, training;
  };
  const Network& network_;
  Index parameters_;
  const std::vector<Entrant>& entrants_;
  const kernels::Isa& isa_;
  const kernels::Team& team_;
  kernels::Team keeping_;
  ImageSet images_;
  std::vector<Figures> figures_;  // by optimizer
};

/// Visits everything by turns, round after round.
void visit_all(std::deque<Size>& sizes, TrainingSteps& training, const Report& progress) {
  const auto long_ones = std::ranges::count_if(sizes, &Size::takes_long);
  const double pieces = double((Index(sizes.size()) - long_ones) * kRounds + (long_ones + 1) * kRounds / kLongEvery);
  double done = 0;
  for (Index round = 0; round < kRounds; ++round) {
    for (Size& size : sizes) {
      if (size.takes_long() && round % kLongEvery != 0) continue;
      progress(fmt::format("{} parameters", size.parameters()), done++ / pieces);
      size.visit();
    }
    if (round % kLongEvery != 0) continue;
    progress("training step", done++ / pieces);
    training.visit();
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
          "{}: a step of it is no pass over arrays, which is what is measured here; where the time of its training "
          "goes, "
          "a race can tell",
          entrant.name);
  return entrants;
}

}  // namespace

Profile profile(const ProfileOptions& options, const Report& progress) {
  const std::vector<Entrant> entrants = line_up_elementwise(options.optimizers);
  const Teams teams = teams_up_to(options.threads);
  const StealWatch steal;
  const double busy_before = measure_busy_percent(*teams.back());
  Counters counters(hardware_events());
  Profile result;
  result.isa = options.isa.name();
  result.threads = options.threads;
  result.network = options.network.name;
  result.network_parameters = parameter_count(options.network);
  result.counters_problem = counters.problem();
  for (const CounterEvent& event : counters.events()) result.events.push_back(event.name);
  for (const Entrant& entrant : entrants) result.optimizers.push_back(described(entrant));
  std::deque<Size> all = sizes(options, entrants, teams, result.left_out);
  TrainingSteps training(options.network, entrants, options.isa, *teams.back());
  visit_all(all, training, progress);
  for (const Size& size : all) size.add_costs_to(result.optimizers);
  training.add_to(result.optimizers);
  for (std::size_t i = 0; i < entrants.size(); ++i)
    result.optimizers[i].counts = counts_per_parameter(result.network_parameters, entrants[i], options.isa, counters);
  result.steal_percent = steal.percent();
  result.busy_percent = std::max(busy_before, measure_busy_percent(*teams.back()));
  return result;
}

}  // namespace gradrace
