#include "engine/measuring/limits.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/base/memory.hpp"
#include "engine/measuring/machine.hpp"
#include "engine/measuring/rounds.hpp"
#include "engine/measuring/steal.hpp"
#include "kernels/peak.hpp"
#include "kernels/platform.hpp"
#include "kernels/stream.hpp"

namespace gradrace {
namespace {

using kernels::Isa;
using kernels::Team;
using kernels::Worker;

constexpr double kPatience = 25e-3;  // seconds for one figure

double measure_clock(const Team& team, Index rounds) {
  constexpr Index kIterations = 30'000;  // a third of a millisecond
  const double seconds = fastest(team, {rounds, kPatience}, [](Worker) noexcept { kernels::add_chain(kIterations); });
  return 1e-9 * double(kIterations * kernels::kAddChain) / seconds;
}

/// 1e9 operations per second of a loop of divisions or roots.
double measure_divider(const Isa& isa, const Team& team, double (*chains)(const Isa&, Index) noexcept) {
  constexpr Index kIterations = 2'000, kRounds = 40;
  return 1e-9 * best_rate(
                    team, {kRounds, kPatience}, [&](Worker) noexcept { static_cast<void>(chains(isa, kIterations)); },
                    [&](Index) { return double(kIterations * kernels::divide_chains_flop(isa)); });
}

double measure_barrier_ns(const Team& team) {
  constexpr Index kBarriers = 100, kRounds = 20;
  const double seconds = fastest(team, {kRounds, kPatience}, [](Worker worker) noexcept {
    for (Index i = 0; i < kBarriers; ++i) worker.barrier();
  });
  return 1e9 * seconds / double(kBarriers);
}

double measure_region_ns(const Team& team) {
  using Clock = std::chrono::steady_clock;
  constexpr Index kRegions = 100, kRounds = 20;
  const kernels::ScopedPlacement placed = team.place_caller();
  Clock::duration best = Clock::duration::max();
  for (Index round = 0; round < kRounds; ++round) {
    const Clock::time_point start = Clock::now();
    for (Index i = 0; i < kRegions; ++i) team.run([](Worker) noexcept {});
    best = std::min(best, Clock::now() - start);
  }
  return std::chrono::duration<double, std::nano>(best).count() / double(kRegions);
}

/// Three arrays for the loops of stream.hpp: each thread has its own, or all share them.
class Streams {
 public:
  Streams(const Isa& isa, const Team& team, const Bandwidth& what) : isa_(isa), team_(team), shared_(what.shared) {
    const Index floats = what.working_set_bytes / Index(sizeof(float)), copies = shared_ ? 1 : team.size();
    floats_ = floats * copies;
    array_ = floats_ / 3 / copies / kPanel * kPanel * copies;
    Plan plan(1);
    slot_ = plan.book(Lifetime::kStep, floats_);
    memory_.emplace(plan);
  }

  double read() const {
    return rate(floats_, 1, [&](Range part) {
      static_cast<void>(kernels::stream_read(isa_, {at(part.begin), std::size_t(part.size())}));
    });
  }
  double copy() const {
    const Index half = floats_ / 2 / kPanel * kPanel;
    return rate(half, 2, [&](Range part) {
      kernels::stream_copy(isa_, {at(half + part.begin), std::size_t(part.size())},
                           {at(part.begin), std::size_t(part.size())});
    });
  }
  double triad() const {
    return rate(array_, 3, [&](Range part) {
      const std::size_t n(part.size());
      kernels::stream_triad(isa_, 0.5f, {at(array_ + part.begin), n}, {at(2 * array_ + part.begin), n},
                            {at(part.begin), n});
    });
  }

 private:
  float* at(Index i) const { return memory_->at(slot_) + i; }

  /// GB/s of passes over [0, n) that move `moved` floats an element, each thread over its part.
  template <class Pass>
  double rate(Index n, Index moved, const Pass& pass) const {
    const auto passes = [&](Index count) {
      return [&, count](Worker worker) noexcept {
        for (Index i = 0; i < count; ++i) pass(worker.share_of(n, kPanel));
      };
    };
    const Index count = repetitions(fastest(team_, {3, kPatience}, passes(1)));
    return 1e-9 * best_rate(team_, {1000, kPatience}, passes(count), [&](Index worker) {
             return double(count * share(n, worker, team_.size(), kPanel).size() * moved * Index(sizeof(float)));
           });
  }

  const Isa& isa_;
  const Team& team_;
  bool shared_;
  Index floats_, array_;
  Slot slot_;
  std::optional<Memory> memory_;
};

/// A working set that fills half of each data cache, or of a CPU's part of it; and one for main memory, four times the
/// largest cache, as STREAM asks, within what a small machine can spare.
std::vector<Bandwidth> levels() {
  std::vector<Bandwidth> list;
  Index largest = 0;
  for (const Cache& cache : this_machine().caches) {
    largest = std::max(largest, cache.bytes);
    if (cache.name == "L1i") continue;
    const bool shared = cache.name == "L3";
    const Index sharers = shared ? 1 : std::max<Index>(cache.sharers, 1);
    list.push_back({.level = cache.name, .working_set_bytes = cache.bytes / 2 / sharers, .shared = shared});
  }
  const Index main_memory = std::clamp<Index>(4 * largest, 64 << 20, 256 << 20);
  list.push_back({.level = "DRAM", .working_set_bytes = main_memory, .shared = true});
  return list;
}

void measure_bandwidth(const Isa& isa, const Team& alone, const Team& team, Bandwidth& bandwidth) {
  const Streams one(isa, alone, bandwidth), all(isa, team, bandwidth);
  bandwidth.read = {one.read(), all.read()};
  bandwidth.copy = {one.copy(), all.copy()};
  bandwidth.triad = {one.triad(), all.triad()};
}

}  // namespace

double measure_peak(const Isa& isa, const Team& team, Index rounds) {
  constexpr Index kIterations = 20'000;
  return 1e-9 * best_rate(
                    team, {rounds, kPatience},
                    [&](Worker) noexcept { static_cast<void>(kernels::fma_chains(isa, kIterations)); },
                    [&](Index) { return double(kIterations * kernels::fma_chains_flop(isa)); });
}

double measure_busy_percent(const Team& team) {
  constexpr Index kIterations = 10'000;  // a tenth of a millisecond: whoever shares a CPU has it for some
  constexpr Effort kEffort{2'000, 0.1};
  return 100 * time_workers(team, kEffort, [](Worker) noexcept { kernels::add_chain(kIterations); }).lost();
}

std::string busy_warning(double percent) {
  constexpr double kQuiet = 10;
  if (percent < kQuiet) return {};
  return fmt::format(
      "This machine is busy: a thread lost {:.0f} % of its time to something else.\n"
      "Limits of all threads are what each reached at its best; other times are too long.\n",
      percent);
}

Limits measure_limits(const Isa& isa, const Team& team) {
  constexpr Index kRepetitions = 60;
  const StealWatch steal;
  const Team alone(1);
  Limits limits;
  limits.isa = isa.name();
  limits.threads = team.size();
  // By turns, so that both see the same clock: processors lower it under vector load.
  for (Index i = 0; i < kRepetitions; ++i) {
    limits.peak_gflops.one_thread = std::max(limits.peak_gflops.one_thread, measure_peak(isa, alone, 2));
    limits.clock_ghz = std::max(limits.clock_ghz, measure_clock(alone, 1));
  }
  limits.flop_per_clock = limits.peak_gflops.one_thread / limits.clock_ghz;
  limits.peak_gflops.all_threads = measure_peak(isa, team, kRepetitions);
  limits.divide_gops = {measure_divider(isa, alone, kernels::divide_chains),
                        measure_divider(isa, team, kernels::divide_chains)};
  limits.root_gops = {measure_divider(isa, alone, kernels::root_chains),
                      measure_divider(isa, team, kernels::root_chains)};
  limits.barrier_ns = measure_barrier_ns(team);
  limits.region_ns = measure_region_ns(team);
  limits.bandwidth = levels();
  for (Bandwidth& level : limits.bandwidth) measure_bandwidth(isa, alone, team, level);
  limits.steal_percent = steal.percent();
  limits.busy_percent = measure_busy_percent(team);
  return limits;
}

nlohmann::ordered_json to_json(const Limits& limits) {
  using Json = nlohmann::ordered_json;
  const auto rate = [](const Rate& r) { return Json{{"one_thread", r.one_thread}, {"all_threads", r.all_threads}}; };
  Json bandwidth = Json::array();
  for (const Bandwidth& b : limits.bandwidth)
    bandwidth.push_back({{"level", b.level},
                         {"working_set_bytes", b.working_set_bytes},
                         {"shared", b.shared},
                         {"read_gb_per_second", rate(b.read)},
                         {"copy_gb_per_second", rate(b.copy)},
                         {"triad_gb_per_second", rate(b.triad)}});
  return {{"isa", limits.isa},
          {"threads", limits.threads},
          {"clock_ghz", limits.clock_ghz},
          {"peak_gflops", rate(limits.peak_gflops)},
          {"flop_per_clock", limits.flop_per_clock},
          {"divide_gops", rate(limits.divide_gops)},
          {"root_gops", rate(limits.root_gops)},
          {"barrier_ns", limits.barrier_ns},
          {"region_ns", limits.region_ns},
          {"bandwidth", bandwidth},
          {"steal_percent", limits.steal_percent ? Json(*limits.steal_percent) : Json()},
          {"busy_percent", limits.busy_percent}};
}

}  // namespace gradrace
