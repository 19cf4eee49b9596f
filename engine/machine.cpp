#include "engine/machine.hpp"

#include <link.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/memory.hpp"
#include "kernels/peak.hpp"

namespace gradrace {
namespace {

std::string first_line(const std::string& path) {
  std::string line;
  std::getline(std::ifstream(path) >> std::ws, line);
  return line;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (const std::size_t colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  return "unknown";
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

/// Seconds of the fastest of `rounds` runs of `work` on all threads of the team at once. The clock starts before the
/// workers meet and stops after the last has finished, so that a worker that starts late never makes a run look short.
template <class Work>
double fastest(const kernels::Team& team, Index rounds, const Work& work) {
  using Clock = std::chrono::steady_clock;
  Clock::duration best = Clock::duration::max();
  team.run([&](kernels::Worker worker) noexcept {
    for (Index round = 0; round < rounds; ++round) {
      const Clock::time_point start = Clock::now();
      worker.barrier();
      work(worker);
      worker.barrier();
      if (worker.index() == 0) best = std::min(best, Clock::now() - start);
    }
  });
  return std::chrono::duration<double>(best).count();
}

double measure_clock(const kernels::Team& team, Index rounds) {
  constexpr Index kIterations = 30'000;  // a third of a millisecond
  const double seconds = fastest(team, rounds, [](kernels::Worker) noexcept { kernels::add_chain(kIterations); });
  return 1e-9 * double(kIterations * kernels::kAddChain) / seconds;
}

double measure_triad(const kernels::Team& team, const float* b, const float* c, float* a, Index n) {
  const Index bytes = 3 * Index(sizeof(float)) * n;
  const Index rounds = std::clamp<Index>(500'000'000 / bytes, 4, 40);
  const double seconds = fastest(team, rounds, [&](kernels::Worker worker) noexcept {
    const Range part = worker.share_of(n, kPanel);
    const std::size_t size(part.size());
    kernels::triad(0.5f, {b + part.begin, size}, {c + part.begin, size}, {a + part.begin, size});
  });
  return 1e-9 * double(bytes) / seconds;
}

Bandwidth measure_bandwidth(const kernels::Team& alone, const kernels::Team& team, Index working_set_bytes) {
  const Index n = working_set_bytes / 3 / Index(sizeof(float));
  Plan plan(1);
  const Slot a = plan.book(Lifetime::kStep, n), b = plan.book(Lifetime::kStep, n), c = plan.book(Lifetime::kStep, n);
  const Memory memory(plan);
  const auto triad = [&](const kernels::Team& threads) {
    return measure_triad(threads, memory.at(b), memory.at(c), memory.at(a), n);
  };
  return {.working_set_bytes = working_set_bytes, .gb_per_second = {triad(alone), triad(team)}};
}

/// Four times the largest cache, as STREAM asks, within what a small machine can spare.
Index main_memory_bytes() {
  Index largest = 0;
  for (const Cache& cache : caches()) largest = std::max(largest, cache.bytes);
  return std::clamp<Index>(4 * largest, 64 << 20, 256 << 20);
}

}  // namespace

Machine this_machine() {
  Machine machine{.cpu = cpu_name(),
                  .allowed_cpus = kernels::allowed_cpus(),
                  .caches = caches(),
                  .isa_built = {},
                  .isa_available = {},
                  .compiler = compiler(),
                  .openmp = openmp_runtime()};
  for (const std::string_view name : kernels::Isa::built()) machine.isa_built.emplace_back(name);
  for (const kernels::Isa& isa : kernels::Isa::available()) machine.isa_available.emplace_back(isa.name());
  return machine;
}

double measure_peak(const kernels::Isa& isa, const kernels::Team& team, Index rounds) {
  constexpr Index kIterations = 20'000;
  const double seconds = fastest(
      team, rounds, [&](kernels::Worker) noexcept { static_cast<void>(kernels::fma_chains(isa, kIterations)); });
  return 1e-9 * double(team.size() * kIterations * kernels::fma_chains_flop(isa)) / seconds;
}

Limits measure_limits(const kernels::Isa& isa, const kernels::Team& team) {
  constexpr Index kRepetitions = 60, kOptimizerBytes = 8'411'928;  // Adam's 28 bytes for each of 300,426 parameters
  const kernels::Team alone(1);
  Limits limits;
  limits.isa = isa.name();
  limits.threads = team.size();
  // By turns, so that both see the same clock: processors lower it under vector load.
  for (Index i = 0; i < kRepetitions; ++i) {
    limits.peak_gflops.one_thread = std::max(limits.peak_gflops.one_thread, measure_peak(isa, alone, 2));
    limits.clock_ghz = std::max(limits.clock_ghz, measure_clock(alone, 1));
  }
  limits.flop_per_clock = limits.peak_gflops.one_thread / limits.clock_ghz;
  limits.peak_gflops.all_threads = measure_peak(isa, team, kRepetitions);
  for (const Index bytes : {kOptimizerBytes, main_memory_bytes()})
    limits.triad.push_back(measure_bandwidth(alone, team, bytes));
  return limits;
}

nlohmann::ordered_json to_json(const Machine& machine) {
  nlohmann::ordered_json caches = nlohmann::ordered_json::array();
  for (const Cache& cache : machine.caches)
    caches.push_back({{"name", cache.name}, {"bytes", cache.bytes}, {"sharers", cache.sharers}});
  return {{"cpu", machine.cpu},
          {"allowed_cpus", machine.allowed_cpus},
          {"caches", caches},
          {"isa_built", machine.isa_built},
          {"isa_available", machine.isa_available},
          {"compiler", machine.compiler},
          {"openmp", machine.openmp}};
}

nlohmann::ordered_json to_json(const Limits& limits) {
  const auto rate = [](const Rate& r) {
    return nlohmann::ordered_json{{"one_thread", r.one_thread}, {"all_threads", r.all_threads}};
  };
  nlohmann::ordered_json triad = nlohmann::ordered_json::array();
  for (const Bandwidth& b : limits.triad)
    triad.push_back({{"working_set_bytes", b.working_set_bytes}, {"gb_per_second", rate(b.gb_per_second)}});
  return {{"isa", limits.isa},
          {"threads", limits.threads},
          {"clock_ghz", limits.clock_ghz},
          {"peak_gflops", rate(limits.peak_gflops)},
          {"flop_per_clock", limits.flop_per_clock},
          {"triad", triad}};
}

}  // namespace gradrace
