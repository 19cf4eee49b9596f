#include "kernels/team.hpp"

#include <omp.h>

#include <algorithm>
#include <thread>

namespace gradrace::kernels {
namespace {

constexpr Index kSpins = 10'000;  // pauses before a waiting thread gives up its CPU: some 200 microseconds

/// Makes the number of threads part of the request, not advice, whatever the environment says and also within another
/// parallel region; then restores the calling thread's settings.
class ScopedRequest {
 public:
  ScopedRequest() : dynamic_(omp_get_dynamic()), levels_(omp_get_max_active_levels()) {
    omp_set_dynamic(0);
    omp_set_max_active_levels(std::max(levels_, omp_get_active_level() + 1));
  }
  ~ScopedRequest() {
    omp_set_max_active_levels(levels_);
    omp_set_dynamic(dynamic_);
  }
  ScopedRequest(const ScopedRequest&) = delete;
  ScopedRequest& operator=(const ScopedRequest&) = delete;

 private:
  int dynamic_, levels_;
};

std::vector<CpuSet> one_for_each(Index workers, std::span<const int> cpus) {
  std::vector<CpuSet> places;
  for (Index i = 0; i < workers; ++i) places.emplace_back(cpus.subspan(std::size_t(i), 1));
  return places;
}

}  // namespace

Team::Team(const TeamOptions& options)
    : size_(options.threads),
      subnormals_(options.subnormals),
      crowded_(size_ > std::min(allowed_cpus(), std::ssize(options.cpus))) {
  GRADRACE_EXPECT(size_, >=, 1);
  const CpuSet all(options.cpus);
  GRADRACE_EXPECT(std::ssize(options.cpus), >=, 1);
  GRADRACE_EXPECT(all.list().size(), ==, options.cpus.size());
  places_ = crowded_ ? std::vector{all} : one_for_each(size_, options.cpus);
}

void Team::run_erased(void (*call)(const void*, Worker), const void* work) const {
  const ScopedPlacement caller = place_caller();
  const ScopedRequest request;
#pragma omp parallel num_threads(int(size_))
  {
    const Index worker = omp_get_thread_num();
    GRADRACE_EXPECT(omp_get_num_threads(), ==, int(size_));
    // The scheduler alone sometimes keeps two busy threads on one CPU for seconds. The caller stands in its place
    // already, but LLVM's runtime lets a thread go that meets it for the first time.
    if (CpuSet::of_this_thread() != place_of(worker)) place_of(worker).confine_this_thread();
    const ScopedSubnormals mode(subnormals_);
    call(work, Worker(*this, worker));
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
      spin_pause();
    else
      std::this_thread::yield();
  }
}

void Worker::barrier() const {
  team_.wait();
}

}  // namespace gradrace::kernels
