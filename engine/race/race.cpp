#include "engine/race/race.hpp"

#include <algorithm>
#include <map>

#include "engine/race/contest.hpp"

namespace gradrace {
namespace {

void check_cpus(std::vector<int> cpus) {
  std::ranges::sort(cpus);
  if (cpus.empty() || !std::ranges::includes(kernels::given_cpus(), cpus))
    throw usage_error("expected one or more different CPUs of those that the process was given ({}), found '{}'",
                      fmt::join(kernels::given_cpus(), ","), fmt::join(cpus, ","));
}

/// Two runs with the same random numbers would count as two observations.
void expect_distinct(std::span<const std::uint64_t> seeds) {
  std::map<std::uint32_t, std::uint64_t> taken;
  for (const std::uint64_t seed : seeds)
    if (const auto [other, is_new] = taken.emplace(Generator::significant(seed), seed); !is_new)
      throw usage_error("expected distinct seeds, found {} and {}: as in PyTorch, the low 32 bits of a seed decide",
                        other->second, seed);
}

}  // namespace

Race::Race(RaceOptions options) : options_(std::move(options)) {
  line_up(options_.optimizers);  // throws, better now than when the data is there
  check_cpus(options_.cpus);
  expect_distinct(options_.seeds);
  if (options_.order == Order::kContinue && options_.seeds.size() > 1)
    throw usage_error(
        "an order that continues goes with one seed; from each of several seeds the random numbers begin anew");
}

RaceResult Race::run(const Dataset& data, std::span<RaceObserver* const> observers, const std::atomic<int>& stop,
                     const Checkpoints* checkpoints) {
  return Contest(options_, data, observers, stop, checkpoints).run_all();
}

}  // namespace gradrace
