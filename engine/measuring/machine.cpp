#include "engine/measuring/machine.hpp"

#include <link.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/measuring/cpu_name.hpp"
#include "kernels/control_group.hpp"
#include "kernels/cpus.hpp"
#include "kernels/isa.hpp"

namespace gradrace {
namespace {

std::string first_line(const std::string& path) {
  std::string line;
  std::getline(std::ifstream(path) >> std::ws, line);
  return line;
}

/// "0-3,8" -> 5.
Index count_cpus(const std::string& list) {
  Index count = 0;
  for (std::size_t at = 0; at < list.size(); at = std::min(list.find(',', at), list.size() - 1) + 1) {
    long first = 0, last = 0;
    const int fields = std::sscanf(list.c_str() + at, "%ld-%ld", &first, &last);
    count += fields == 2 ? last - first + 1 : fields;
  }
  return count;
}

std::vector<Cache> caches() {
  std::vector<Cache> found;
  for (int index = 0;; ++index) {
    const std::string directory = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", index);
    const std::string level = first_line(directory + "level"), type = first_line(directory + "type");
    long size = 0;
    char unit = ' ';
    if (std::sscanf(first_line(directory + "size").c_str(), "%ld%c", &size, &unit) < 1) return found;
    found.push_back({.name = "L" + level +
                             (type == "Data"          ? "d"
                              : type == "Instruction" ? "i"
                                                      : ""),
                     .bytes = size << (unit == 'K'   ? 10
                                       : unit == 'M' ? 20
                                                     : 0),
                     .sharers = count_cpus(first_line(directory + "shared_cpu_list"))});
  }
}

/// The cores that the online CPUs belong to; CPUs of one core name the same list of siblings.
Index count_cores(Index cpus) {
  std::set<std::string> siblings;
  for (Index cpu = 0; cpu < cpus; ++cpu)
    siblings.insert(first_line(fmt::format("/sys/devices/system/cpu/cpu{}/topology/core_cpus_list", cpu)));
  return Index(siblings.size() - siblings.count(""));
}

std::string compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

/// Asks the loader, which knows better than the build: two runtimes with the same interface may replace each other.
std::string openmp_runtime() {
  std::string found = "unknown";
  dl_iterate_phdr(
      [](dl_phdr_info* library, std::size_t, void* name) {
        const std::string_view path(library->dlpi_name), file = path.substr(path.rfind('/') + 1);
        const bool known = file.starts_with("libgomp") || file.starts_with("libomp") || file.starts_with("libiomp");
        if (known) *static_cast<std::string*>(name) = file;
        return int(known);
      },
      &found);
  return found;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.cpu = cpu_name(std::ifstream("/proc/cpuinfo"));
  machine.cpus = count_cpus(first_line("/sys/devices/system/cpu/online"));
  machine.cores = count_cores(machine.cpus);
  machine.affinity_cpus = Index(kernels::given_cpus().size());
  machine.quota_cpus = kernels::cpu_quota();
  machine.allowed_cpus = kernels::allowed_cpus();
  machine.caches = caches();
  machine.compiler = compiler();
  machine.openmp = openmp_runtime();
  for (const std::string_view name : kernels::Isa::built()) machine.isa_built.emplace_back(name);
  for (const kernels::Isa& isa : kernels::Isa::available()) machine.isa_available.emplace_back(isa.name());
  return machine;
}

nlohmann::ordered_json to_json(const Machine& machine) {
  nlohmann::ordered_json caches = nlohmann::ordered_json::array();
  for (const Cache& cache : machine.caches)
    caches.push_back({{"name", cache.name}, {"bytes", cache.bytes}, {"sharers", cache.sharers}});
  return {{"cpu", machine.cpu},
          {"cores", machine.cores},
          {"cpus", machine.cpus},
          {"affinity_cpus", machine.affinity_cpus},
          {"quota_cpus", machine.quota_cpus ? nlohmann::ordered_json(*machine.quota_cpus) : nlohmann::ordered_json()},
          {"allowed_cpus", machine.allowed_cpus},
          {"caches", caches},
          {"isa_built", machine.isa_built},
          {"isa_available", machine.isa_available},
          {"compiler", machine.compiler},
          {"openmp", machine.openmp}};
}

double available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (long long kilobytes = 0; std::sscanf(line.c_str(), "MemAvailable: %lld kB", &kilobytes) == 1)
      return 1024.0 * double(kilobytes);
  return 1e18;
}

}  // namespace gradrace
