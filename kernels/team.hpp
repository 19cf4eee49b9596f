#pragma once
/// Threads: the one place that opens a parallel region.

#include <atomic>
#include <type_traits>
#include <vector>

#include "kernels/affinity.hpp"
#include "kernels/cpus.hpp"
#include "kernels/platform.hpp"

namespace gradrace::kernels {

class Team;

/// One thread of a team, as its work sees it.
class Worker {
 public:
  Worker(const Team& team, Index index) : team_(team), index_(index) {}
  Index index() const { return index_; }
  Index count() const;
  /// Waits until every worker of the team has come here; what they wrote before is visible after.
  void barrier() const;
  /// This worker's part of [0, n), cut at multiples of grain.
  Range share_of(Index n, Index grain = 1) const { return share(n, index_, count(), grain); }

 private:
  const Team& team_;
  Index index_;
};

/// What a team is made of.
struct TeamOptions {
  Index threads = default_threads();
  std::vector<int> cpus = given_cpus();  ///< those that are its own; distinct, one at least
  Subnormals subnormals = Subnormals::kFlush;
};

/// A fixed number of threads, the calling one and others of OpenMP's. The number is obeyed, never clamped. If there is
/// a CPU for each, worker i runs on the i-th that the team was given; else all run wherever the system likes on those.
///
/// A run leaves the calling thread as it found it: its CPUs, its handling of subnormals, its settings of OpenMP. The
/// others, which OpenMP keeps for this thread until its next parallel region, stay on their CPUs. Any thread may run
/// a team, one run of it at a time. Teams that threads run at once share nothing, except CPUs that both were given.
class Team {
 public:
  /// Threads on all CPUs that the process was given.
  explicit Team(Index threads) : Team({.threads = threads}) {}
  explicit Team(const TeamOptions& options);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  Index size() const { return size_; }
  Subnormals subnormals() const { return subnormals_; }

  /// Puts the calling thread where it will be in a run, for as long as the result lives. Whoever runs the team
  /// thousands of times makes one of these first: moving to and fro in each run costs some microseconds.
  [[nodiscard]] ScopedPlacement place_caller() const noexcept { return ScopedPlacement(place_of(0)); }

  /// Calls work(worker) once on each thread of the team and returns when all are done. work must not throw. Aborts if
  /// the threads are more than thread_limit().
  template <class Work>
  void run(const Work& work) const {
    static_assert(std::is_nothrow_invocable_v<const Work&, Worker>, "work must be noexcept");
    run_erased([](const void* w, Worker worker) { (*static_cast<const Work*>(w))(worker); }, &work);
  }

 private:
  friend class Worker;
  void run_erased(void (*call)(const void*, Worker), const void* work) const;
  void wait() const;
  const CpuSet& place_of(Index worker) const noexcept { return places_[crowded_ ? 0 : std::size_t(worker)]; }

  Index size_;
  Subnormals subnormals_;
  bool crowded_;                // more threads than CPUs: waiting must let others run
  std::vector<CpuSet> places_;  // one for each worker; one for all if crowded
  alignas(kAlignment) mutable std::atomic<Index> arrived_{0};
  alignas(kAlignment) mutable std::atomic<unsigned> generation_{0};
};

inline Index Worker::count() const {
  return team_.size();
}

}  // namespace gradrace::kernels
