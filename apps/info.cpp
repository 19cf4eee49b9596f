#include "apps/info.hpp"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "apps/options.hpp"
#include "apps/tables.hpp"
#include "apps/terminal.hpp"
#include "engine/measuring/limits.hpp"
#include "engine/measuring/machine.hpp"

namespace gradrace {
namespace {

struct InfoOptions {
  bool json = false;
  Index threads = kernels::default_threads();
  std::string isa = "auto";

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit(self.json, json_option());
    visit(self.threads, threads_option());
    visit(self.isa, isa_option());
  }
};

/// "32 KiB", "35.8 MiB".
std::string binary_size(Index bytes) {
  return bytes < 1 << 20 ? fmt::format("{} KiB", bytes >> 10) : fmt::format("{:.3g} MiB", double(bytes) / (1 << 20));
}

std::string cache_list(const std::vector<Cache>& caches) {
  std::vector<std::string> words;
  for (const Cache& cache : caches)
    words.push_back(cache.name + " " + binary_size(cache.bytes) +
                    (cache.sharers > 1 ? fmt::format(" shared by {} CPUs", cache.sharers) : ""));
  return words.empty() ? "unknown" : fmt::format("{}", fmt::join(words, ", "));
}

std::string machine_text(const Machine& machine, const kernels::Isa& isa) {
  const std::string quota = machine.quota_cpus ? fmt::format("{:.4g} CPUs", *machine.quota_cpus) : "none";
  const auto known = [](Index count) { return count == 0 ? "unknown" : std::to_string(count); };
  std::string text =
      fmt::format("CPU       {}, cores: {}, CPUs: {}\n", machine.cpu, known(machine.cores), known(machine.cpus));
  text += fmt::format("Allowed   CPUs: {} (affinity: {}, control group's quota: {})\n", machine.allowed_cpus,
                      machine.affinity_cpus, quota);
  text += fmt::format("Caches    {}\n", cache_list(machine.caches));
  text += fmt::format("Kernels   {} built; this CPU runs {}; chosen: {}\n", fmt::join(machine.isa_built, ", "),
                      fmt::join(machine.isa_available, ", "), isa.name());
  text += fmt::format("Compiler  {}, OpenMP from {}\n", machine.compiler, machine.openmp);
  return text;
}

std::vector<std::string> rate_row(const std::string& what, const Rate& rate) {
  return {what, fmt::format("{:.1f}", rate.one_thread), fmt::format("{:.1f}", rate.all_threads)};
}

std::string limits_table(const Limits& limits) {
  const std::vector<std::vector<std::string>> rows = {
      {"clock, GHz", fmt::format("{:.2f}", limits.clock_ghz), ""},
      rate_row(limits.isa + " multiply-adds, GFLOP/s", limits.peak_gflops),
      {limits.isa + " multiply-adds, FLOP per clock", fmt::format("{:.1f}", limits.flop_per_clock), ""},
      rate_row("divisions, 1e9 floats/s", limits.divide_gops),
      rate_row("square roots, 1e9 floats/s", limits.root_gops),
      {"barrier, ns", "", fmt::format("{:.0f}", limits.barrier_ns)},
      {"empty parallel region, ns", "", fmt::format("{:.0f}", limits.region_ns)}};
  return table({"measured limit", "threads: 1", fmt::format("threads: {}", limits.threads)}, rows);
}

std::string bandwidth_table(const Limits& limits) {
  std::vector<std::vector<std::string>> rows;
  for (const Bandwidth& b : limits.bandwidth) {
    std::vector<std::string> row = {b.level, binary_size(b.working_set_bytes) + (b.shared ? "" : " each")};
    for (const Rate& rate : {b.read, b.copy, b.triad})
      for (const double figure : {rate.one_thread, rate.all_threads}) row.push_back(fmt::format("{:.1f}", figure));
    rows.push_back(row);
  }
  const auto many = [&](const char* loop) { return fmt::format("{}, {}", loop, limits.threads); };
  return table(
      {"GB/s (by threads)", "working set", "read, 1", many("read"), "copy, 1", many("copy"), "triad, 1", many("triad")},
      rows);
}

std::string steal_line(const Limits& limits) {
  return limits.steal_percent
             ? fmt::format("Stolen by other virtual machines meanwhile: {:.1f} %\n", *limits.steal_percent)
             : "Stolen CPU time is not available here\n";
}

void run(const InfoOptions& options) {
  expect_threads(options.threads);
  const kernels::Isa isa = find_isa(options.isa);
  const kernels::Team team(options.threads);
  const Machine machine = this_machine();
  const Limits limits = measure_limits(isa, team);
  const nlohmann::ordered_json document = {
      {"schema_version", 2}, {"machine", to_json(machine)}, {"limits", to_json(limits)}};
  say(options.json ? json_text(document)
                   : machine_text(machine, isa) + "\n" + limits_table(limits) + "\n" + bandwidth_table(limits) + "\n" +
                         steal_line(limits) + busy_warning(limits.busy_percent));
}

}  // namespace

void add_info_command(CLI::App& app) {
  Command& command = add_command(app, "info", "show the machine, the instruction sets and the measured limits");
  const auto options = std::make_shared<InfoOptions>();
  add_options(command, *options);
  command.callback([options] { run(*options); });
}

}  // namespace gradrace
