#include "kernels/cpus.hpp"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <thread>

#include "kernels/affinity.hpp"
#include "kernels/control_group.hpp"

namespace gradrace::kernels {
namespace {

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

Index allowed_cpus() {
  const Index given = Index(given_cpus().size());
  const std::optional<double> quota = cpu_quota();
  return quota ? std::clamp<Index>(Index(std::ceil(*quota)), 1, given) : given;
}

Index thread_limit() {
  return omp_get_thread_limit();
}

Index startable_threads(Index threads) {
  std::vector<std::thread> others;
  std::atomic<bool> is_over{false};
  try {
    while (std::ssize(others) + 1 < threads) others.emplace_back([&] { is_over.wait(false); });
  } catch (const std::exception&) {  // nor is there memory
  }
  const Index started = std::ssize(others) + 1;
  is_over = true;
  is_over.notify_all();
  for (std::thread& other : others) other.join();
  return started;
}

Index default_threads() {
  return std::min(allowed_cpus(), thread_limit());
}

}  // namespace gradrace::kernels
