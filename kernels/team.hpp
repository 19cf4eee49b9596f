#pragma once
/// Threads: the one place that opens a parallel region.

#include <atomic>
#include <type_traits>

#include "kernels/cpus.hpp"

namespace gradrace::kernels {

/// What happens to subnormal floats (below 1.2e-38) on the threads of a team. Flushed to zero they cost nothing; kept
/// they slow down every operation that meets them, and the moments of Adam and Adadelta decay into them.
enum class Subnormals { kFlush, kKeep };

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

/// A fixed number of threads (OpenMP's, so they persist between runs). The number is obeyed, never clamped. If there is
/// a CPU for each, each is put on one of its own, among those that the process was given; afterwards the caller stays
/// on its CPU.
class Team {
 public:
  explicit Team(Index threads, Subnormals subnormals = Subnormals::kFlush);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  Index size() const { return size_; }
  Subnormals subnormals() const { return subnormals_; }

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

  Index size_;
  Subnormals subnormals_;
  bool crowded_;  // more threads than CPUs: waiting must let others run
  alignas(kAlignment) mutable std::atomic<Index> arrived_{0};
  alignas(kAlignment) mutable std::atomic<unsigned> generation_{0};
};

inline Index Worker::count() const {
  return team_.size();
}

}  // namespace gradrace::kernels
