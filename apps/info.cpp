#include "apps/info.hpp"

#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "apps/compare_options.hpp"
#include "apps/tables.hpp"
#include "apps/terminal.hpp"
#include "engine/machine.hpp"

namespace gradrace {
namespace {

struct InfoOptions {
  bool json = false;
  Index threads = kernels::allowed_cpus();
  std::string isa = "auto";
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

std::string machine_text(const Machine& machine) {
  std::string text = fmt::format("CPU       {}, {} allowed\n", machine.cpu, machine.allowed_cpus);
  text += fmt::format("Caches    {}\n", cache_list(machine.caches));
  text += fmt::format("Kernels   {} built; this CPU runs {}\n", fmt::join(machine.isa_built, ", "),
                      fmt::join(machine.isa_available, ", "));
  text += fmt::format("Compiler  {}, OpenMP from {}\n", machine.compiler, machine.openmp);
  return text;
}

std::string limits_table(const Limits& limits) {
  const auto rate = [](const std::string& what, const Rate& r) -> std::vector<std::string> {
    return {what, fmt::format("{:.1f}", r.one_thread), fmt::format("{:.1f}", r.all_threads)};
  };
  std::vector<std::vector<std::string>> rows = {
      {"clock, GHz", fmt::format("{:.2f}", limits.clock_ghz), ""},
      rate(limits.isa + " multiply-adds, GFLOP/s", limits.peak_gflops),
      {limits.isa + " multiply-adds, FLOP per clock", fmt::format("{:.1f}", limits.flop_per_clock), ""}};
  for (const Bandwidth& triad : limits.triad)
    rows.push_back(
        rate(fmt::format("triad over {:.3g} MB, GB/s", 1e-6 * double(triad.working_set_bytes)), triad.gb_per_second));
  return table({"measured limit", "threads: 1", fmt::format("threads: {}", limits.threads)}, rows);
}

void run(const InfoOptions& options) {
  const kernels::Isa isa = find_isa(options.isa);
  const kernels::Team team(options.threads);
  const Machine machine = this_machine();
  const Limits limits = measure_limits(isa, team);
  const nlohmann::ordered_json document = {
      {"schema_version", 1}, {"machine", to_json(machine)}, {"limits", to_json(limits)}};
  say(options.json ? document.dump(2) + "\n" : machine_text(machine) + "\n" + limits_table(limits));
}

}  // namespace

void add_info_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("info", "show the machine, the instruction sets and the measured limits");
  command->option_defaults()->always_capture_default()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  const auto options = std::make_shared<InfoOptions>();
  command->add_flag("--json", options->json, "print one JSON document and nothing else");
  command->add_option("--threads", options->threads, "threads to measure; default: the CPUs that the program may use")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command->add_option("--isa", options->isa, "instruction set to measure: auto, avx2, sse2")
      ->type_name("NAME")
      ->envname("GRADRACE_ISA");
  command->callback([options] { run(*options); });
}

}  // namespace gradrace
