#include "kernels/team.hpp"

#include <omp.h>
#include <sched.h>
#include <xmmintrin.h>

#include <thread>

namespace gradrace::kernels {
namespace {

constexpr Index kSpins = 10'000;  // pauses before a waiting thread gives up its CPU: some 200 microseconds
constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;  // bits of the MXCSR register

/// Sets this thread's mode for subnormals and restores the previous one.
class ScopedMode {
 public:
  explicit ScopedMode(Subnormals mode) : before_(_mm_getcsr()) {
    const unsigned bits = kFlushToZero | kDenormalsAreZero;
    _mm_setcsr(mode == Subnormals::kFlush ? before_ | bits : before_ & ~bits);
  }
  ~ScopedMode() { _mm_setcsr(before_); }
  ScopedMode(const ScopedMode&) = delete;
  ScopedMode& operator=(const ScopedMode&) = delete;

 private:
  unsigned before_;
};

constexpr Index kAnywhere = -1;

/// Puts the calling thread on the given CPUs' `which`-th, or lets it run on all of them. The scheduler alone sometimes
/// keeps two busy threads on one CPU for seconds. Where the system refuses, the thread stays where it is.
void place(Index which) {
  thread_local Index current = kAnywhere;
  if (which == current) return;
  cpu_set_t mask;
  CPU_ZERO(&mask);
  for (Index i = 0; i < Index(given_cpus().size()); ++i)
    if (which == kAnywhere || which == i) CPU_SET(given_cpus()[std::size_t(i)], &mask);
  sched_setaffinity(0, sizeof mask, &mask);
  current = which;
}

}  // namespace

Team::Team(Index threads, Subnormals subnormals)
    : size_(threads), subnormals_(subnormals), crowded_(threads > allowed_cpus()) {
  GRADRACE_EXPECT(threads, >=, 1);
  omp_set_dynamic(0);  // the number of threads is part of the request, not advice
}

void Team::run_erased(void (*call)(const void*, Worker), const void* work) const {
#pragma omp parallel num_threads(int(size_))
  {
    GRADRACE_EXPECT(omp_get_num_threads(), ==, int(size_));
    const ScopedMode mode(subnormals_);
    place(crowded_ ? kAnywhere : omp_get_thread_num());
    call(work, Worker(*this, omp_get_thread_num()));
  }
}

void Team::wait() const {
  const unsigned generation = generation_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
    arrived_.store(0, std::memory_order_relaxed);
    generation_.store(generation + 1, std::memory_order_release);
    return;
  }
  // The others are a fraction of a step away at most; one that takes longer may be waiting for this very CPU.
  for (Index spins = crowded_ ? kSpins : 0; generation_.load(std::memory_order_acquire) == generation; ++spins) {
    if (spins < kSpins)
      _mm_pause();
    else
      std::this_thread::yield();
  }
}

void Worker::barrier() const {
  team_.wait();
}

}  // namespace gradrace::kernels
