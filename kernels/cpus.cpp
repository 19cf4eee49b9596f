#include "kernels/cpus.hpp"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace gradrace::kernels {
namespace {

/// "/a/b" from the line "0::/a/b" of a process in control groups of version 2; "/" where there is none.
std::string own_group() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::/")) return line.substr(3);
  return "/";
}

/// The quota of one group: "50000 100000" in cpu.max is half a CPU, "max 100000" is none.
std::optional<double> group_quota(const std::string& group) {
  std::ifstream file("/sys/fs/cgroup" + group + "/cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

}  // namespace

const std::vector<int>& given_cpus() {
  static const std::vector<int> given = [] {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    sched_getaffinity(0, sizeof mask, &mask);
    std::vector<int> cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
    return cpus.empty() ? std::vector<int>{0} : cpus;
  }();
  return given;
}

std::optional<double> cpu_quota() {
  std::optional<double> smallest;
  for (std::string group = own_group();; group.resize(group.rfind('/'))) {
    if (group == "/") group.clear();
    if (const auto quota = group_quota(group)) smallest = std::min(*quota, smallest.value_or(*quota));
    if (group.empty()) return smallest;
  }
}

Index allowed_cpus() {
  const Index given = Index(given_cpus().size());
  const std::optional<double> quota = cpu_quota();
  return quota ? std::clamp<Index>(Index(std::ceil(*quota)), 1, given) : given;
}

Index thread_limit() {
  return omp_get_thread_limit();
}

Index default_threads() {
  return std::min(allowed_cpus(), thread_limit());
}

}  // namespace gradrace::kernels
