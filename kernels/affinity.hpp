#pragma once
/// On which CPUs a thread may run: the one place that asks the system, or tells it.

#include <sched.h>

#include <span>
#include <vector>

namespace gradrace::kernels {

/// A set of CPUs, by their numbers.
class CpuSet {
 public:
  explicit CpuSet(std::span<const int> cpus) noexcept;
  /// Where the calling thread may run, or the first thread of the process. Empty where the system does not say.
  static CpuSet of_this_thread() noexcept;
  static CpuSet of_process() noexcept;

  std::vector<int> list() const;  ///< ascending
  /// Lets the calling thread run on these CPUs alone; false where the system refuses.
  bool confine_this_thread() const noexcept;
  bool operator==(const CpuSet& other) const noexcept { return CPU_EQUAL(&mask_, &other.mask_); }

 private:
  static CpuSet of(pid_t thread) noexcept;
  cpu_set_t mask_;
};

/// Keeps the thread that makes it on some CPUs while it lives; then the thread may run where it might before. Where the
/// system refuses, the thread stays where it is. Costs next to nothing if the thread is there already.
class ScopedPlacement {
 public:
  explicit ScopedPlacement(const CpuSet& place) noexcept
      : before_(CpuSet::of_this_thread()), moved_(before_ != place && place.confine_this_thread()) {}
  ~ScopedPlacement() {
    if (moved_) before_.confine_this_thread();
  }
  ScopedPlacement(const ScopedPlacement&) = delete;
  ScopedPlacement& operator=(const ScopedPlacement&) = delete;

 private:
  CpuSet before_;
  bool moved_;
};

}  // namespace gradrace::kernels
