#include "kernels/team.hpp"

#include <omp.h>
#include <sched.h>
#include <xmmintrin.h>

#include <algorithm>
#include <cstdio>
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

/// The CPUs that the process was given when this is first called, which is before any thread is placed.
const cpu_set_t& given_cpus() {
  static const cpu_set_t given = [] {
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) CPU_ZERO(&mask);
    return mask;
  }();
  return given;
}

constexpr Index kAnywhere = -1;

/// Puts the calling thread on the given CPUs' `which`-th, or lets it run on all of them. The scheduler alone sometimes
/// keeps two busy threads on one CPU for seconds. Where the system refuses, the thread stays where it is.
void place(Index which) {
  thread_local Index current = kAnywhere;
  if (which == current) return;
  cpu_set_t mask = given_cpus();
  if (which != kAnywhere) {
    int cpu = -1;
    for (Index seen = -1; seen < which; seen += CPU_ISSET(cpu, &given_cpus()) ? 1 : 0) ++cpu;
    CPU_ZERO(&mask);
    CPU_SET(cpu, &mask);
  }
  sched_setaffinity(0, sizeof mask, &mask);
  current = which;
}

/// CPUs that the control group's quota amounts to, rounded up; a large number if there is none.
Index quota_cpus() {
  constexpr Index kUnlimited = 1 << 20;
  std::FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r");
  if (!file) return kUnlimited;
  long long quota = 0, period = 0;
  const int fields = std::fscanf(file, "%lld %lld", &quota, &period);
  std::fclose(file);
  return fields == 2 && quota > 0 && period > 0 ? divide_up(quota, period) : kUnlimited;
}

}  // namespace

Index allowed_cpus() {
  const Index cpus = CPU_COUNT(&given_cpus()), quota = quota_cpus();
  return std::clamp<Index>(quota, 1, std::max<Index>(cpus, 1));
}

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
