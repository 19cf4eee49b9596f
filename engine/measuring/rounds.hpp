#pragma once
/// Timing work that all threads of a team do at once.

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

#include "kernels/team.hpp"

namespace gradrace {

/// When to stop repeating: after so many rounds, or, with one round at least, after so many seconds, which count only
/// on a machine that is slow or busy with something else.
struct Effort {
  Index rounds;
  double seconds;
};

/// Seconds of each round, and what each worker took for its part of it.
struct Rounds {
  std::vector<double> all;
  std::vector<std::vector<double>> of_worker;

  double fastest(Index worker) const { return std::ranges::min(of_worker[std::size_t(worker)]); }
  /// How much of its time the worker that was disturbed most lost: by so much its rounds, which are all alike, would
  /// have been shorter had each been as short as its shortest.
  double lost() const {
    double most = 0;
    for (const std::vector<double>& rounds : of_worker) {
      const double sum = std::accumulate(rounds.begin(), rounds.end(), 0.0);
      most = std::max(most, 1 - std::ranges::min(rounds) * double(rounds.size()) / sum);
    }
    return most;
  }
};

/// Times rounds of work(worker), all inside one parallel region. A round's clock starts before the workers meet and
/// stops after the last has finished, so that a worker that starts late never makes a round look short. prepare(worker)
/// runs before each, untimed.
template <class Work, class Prepare>
Rounds time_workers(const kernels::Team& team, const Effort& effort, const Work& work, const Prepare& prepare) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const std::vector<double> none(static_cast<std::size_t>(effort.rounds));
  Rounds rounds{none, {std::size_t(team.size()), none}};
  std::size_t done = 0;
  bool enough = false;  // written by the first worker between the last barrier of a round and the first of the next
  const Clock::time_point begin = Clock::now();
  team.run([&](kernels::Worker worker) noexcept {
    std::vector<double>& mine = rounds.of_worker[std::size_t(worker.index())];
    for (std::size_t round = 0;; ++round) {
      prepare(worker);
      worker.barrier();
      if (enough) break;
      const Clock::time_point start = Clock::now();
      worker.barrier();
      const Clock::time_point my_start = Clock::now();
      work(worker);
      mine[round] = seconds_since(my_start);
      worker.barrier();
      if (worker.index() != 0) continue;
      rounds.all[done++] = seconds_since(start);
      enough = done == rounds.all.size() || seconds_since(begin) >= effort.seconds;
    }
  });
  rounds.all.resize(done);
  for (std::vector<double>& mine : rounds.of_worker) mine.resize(done);
  return rounds;
}

template <class Work>
Rounds time_workers(const kernels::Team& team, const Effort& effort, const Work& work) {
  return time_workers(team, effort, work, [](kernels::Worker) noexcept {});
}

/// Seconds of each round.
template <class Work, class Prepare>
std::vector<double> time_rounds(const kernels::Team& team, const Effort& effort, const Work& work,
                                const Prepare& prepare) {
  return time_workers(team, effort, work, prepare).all;
}

template <class Work>
std::vector<double> time_rounds(const kernels::Team& team, const Effort& effort, const Work& work) {
  return time_workers(team, effort, work).all;
}

/// Seconds of the fastest round: what disturbs a measurement only slows it down.
template <class Work>
double fastest(const kernels::Team& team, const Effort& effort, const Work& work) {
  return std::ranges::min(time_rounds(team, effort, work));
}

/// What all threads do in a second, where a worker does amount(worker) in a round: each at its best, since something
/// else that one CPU does would spoil most rounds of a large team.
template <class Work, class Amount>
double best_rate(const kernels::Team& team, const Effort& effort, const Work& work, const Amount& amount) {
  const Rounds rounds = time_workers(team, effort, work);
  double rate = 0;
  for (Index worker = 0; worker < team.size(); ++worker) rate += amount(worker) / rounds.fastest(worker);
  return rate;
}

/// How often to repeat what takes `once` seconds, for a round that is long beside the clock's own cost.
inline Index repetitions(double once) {
  constexpr double kRound = 50e-6;
  constexpr Index kMost = 100'000;
  return std::clamp<Index>(Index(kRound / std::max(once, 1e-9)), 1, kMost);
}

}  // namespace gradrace
