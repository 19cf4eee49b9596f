#include "kernels/affinity.hpp"

#include <unistd.h>

namespace gradrace::kernels {

CpuSet::CpuSet(std::span<const int> cpus) noexcept {
  CPU_ZERO(&mask_);
  for (const int cpu : cpus) CPU_SET(cpu, &mask_);
}

CpuSet CpuSet::of(pid_t thread) noexcept {
  CpuSet set({});
  if (sched_getaffinity(thread, sizeof set.mask_, &set.mask_) != 0) CPU_ZERO(&set.mask_);
  return set;
}

CpuSet CpuSet::of_this_thread() noexcept {
  return of(0);
}
CpuSet CpuSet::of_process() noexcept {
  return of(getpid());
}

std::vector<int> CpuSet::list() const {
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &mask_)) cpus.push_back(cpu);
  return cpus;
}

bool CpuSet::confine_this_thread() const noexcept {
  return sched_setaffinity(0, sizeof mask_, &mask_) == 0;
}

}  // namespace gradrace::kernels
