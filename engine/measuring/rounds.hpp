#pragma once
/// Timing work that all threads of a team do at once.

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/team.hpp"

namespace gradrace {

/// When to stop repeating: after so many rounds, or, with one round at least, after so many seconds, which count only
/// on a machine that is slow or busy with something else.
struct Effort {
  Index rounds;
  double seconds;
};

/// Seconds of each round of work(worker), all rounds inside one parallel region. The clock starts before the workers
/// meet and stops after the last has finished, so that a worker that starts late never makes a round look short.
/// prepare(worker) runs before each, untimed.
template <class Work, class Prepare>
std::vector<double> time_rounds(const kernels::Team& team, const Effort& effort, const Work& work,
                                const Prepare& prepare) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  std::vector<double> seconds(static_cast<std::size_t>(effort.rounds));
  std::size_t done = 0;
  bool enough = false;  // written by the first worker between the last barrier of a round and the first of the next
  const Clock::time_point begin = Clock::now();
  team.run([&](kernels::Worker worker) noexcept {
    while (true) {
      prepare(worker);
      worker.barrier();
      if (enough) break;
      const Clock::time_point start = Clock::now();
      worker.barrier();
      work(worker);
      worker.barrier();
      if (worker.index() != 0) continue;
      seconds[done++] = seconds_since(start);
      enough = done == seconds.size() || seconds_since(begin) >= effort.seconds;
    }
  });
  seconds.resize(done);
  return seconds;
}

template <class Work>
std::vector<double> time_rounds(const kernels::Team& team, const Effort& effort, const Work& work) {
  return time_rounds(team, effort, work, [](kernels::Worker) noexcept {});
}

/// Seconds of the fastest round: what disturbs a measurement only slows it down.
template <class Work>
double fastest(const kernels::Team& team, const Effort& effort, const Work& work) {
  return std::ranges::min(time_rounds(team, effort, work));
}

/// How often to repeat what takes `once` seconds, for a round that is long beside the clock's own cost.
inline Index repetitions(double once) {
  constexpr double kRound = 50e-6;
  constexpr Index kMost = 100'000;
  return std::clamp<Index>(Index(kRound / std::max(once, 1e-9)), 1, kMost);
}

}  // namespace gradrace
