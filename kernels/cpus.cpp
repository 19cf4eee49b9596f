#include "kernels/cpus.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "kernels/affinity.hpp"

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

/// The CPUs that OpenMP puts threads on, ascending, if the environment (OMP_PROC_BIND, OMP_PLACES) made it do so; else
/// none.
std::vector<int> cpus_of_places() {
  std::vector<int> cpus;
  for (int place = 0; place < omp_get_num_places(); ++place) {
    std::vector<int> of_place(std::size_t(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, of_place.data());
    cpus.insert(cpus.end(), of_place.begin(), of_place.end());
  }
  std::ranges::sort(cpus);
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

}  // namespace

const std::vector<int>& given_cpus() {
  static const std::vector<int> given = [] {
    std::vector<int> cpus = CpuSet::of_process().list();
    if (const std::vector<int> places = cpus_of_places(); places.size() > cpus.size()) cpus = places;
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
