#pragma once
/// Timing work that all threads of a team do at once.

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/team.hpp"

namespace gradrace {

/// Seconds of each of `rounds` runs of work(worker), inside one parallel region. The clock starts before the workers
/// meet and stops after the last has finished, so that a worker that starts late never makes a run look short.
/// prepare(worker) runs before each, untimed.
template <class Work, class Prepare>
std::vector<double> time_rounds(const kernels::Team& team, Index rounds, const Work& work, const Prepare& prepare) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> seconds(static_cast<std::size_t>(rounds));
  team.run([&](kernels::Worker worker) noexcept {
    for (double& round : seconds) {
      prepare(worker);
      worker.barrier();
      const Clock::time_point start = Clock::now();
      worker.barrier();
      work(worker);
      worker.barrier();
      if (worker.index() == 0) round = std::chrono::duration<double>(Clock::now() - start).count();
    }
  });
  return seconds;
}

template <class Work>
std::vector<double> time_rounds(const kernels::Team& team, Index rounds, const Work& work) {
  return time_rounds(team, rounds, work, [](kernels::Worker) noexcept {});
}

/// Seconds of the fastest of `rounds` runs: what disturbs a measurement only slows it down.
template <class Work>
double fastest(const kernels::Team& team, Index rounds, const Work& work) {
  return std::ranges::min(time_rounds(team, rounds, work));
}

/// As many rounds of `seconds` each as fit into `budget` seconds, within [least, most].
inline Index rounds_within(double budget, double seconds, Index least, Index most) {
  return Index(std::clamp(budget / std::max(seconds, 1e-9), double(least), double(most)));
}

}  // namespace gradrace
