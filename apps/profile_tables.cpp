#include "apps/profile_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/tables.hpp"
#include "apps/terminal.hpp"
#include "engine/measuring/limits.hpp"

namespace gradrace {
namespace {

std::string ns_or_dash(const std::optional<double>& ns) {
  return ns ? fmt::format("{:.3f}", *ns) : "-";
}

std::string cost_table(const OptimizerProfile& p) {
  std::vector<std::vector<std::string>> rows;
  for (const StepCost& cost : p.costs) {
    const double gb_per_second = p.bytes_per_parameter / cost.hot_ns;
    rows.push_back({fmt::format("{}", cost.parameters), fmt::format("{}", cost.threads),
                    fmt::format("{:.4g}", 1e-3 * cost.hot_ns * double(cost.parameters)), ns_or_dash(cost.hot_ns),
                    fmt::format("{:.1f}", gb_per_second),
                    fmt::format("{:.0f} %", 100 * gb_per_second / cost.triad_gb_per_second), ns_or_dash(cost.cold_ns),
                    ns_or_dash(cost.unfused_ns),
                    cost.unfused_ns ? fmt::format("{:.1f} x", *cost.unfused_ns / cost.hot_ns) : "-"});
  }
  return table({"parameters", "threads", "step, us", "ns/parameter", "GB/s", "of triad", "cold, ns", "unfused, ns",
                "gain of fusing"},
               rows);
}

std::string optimizer_text(const OptimizerProfile& p) {
  const std::string unfused =
      p.unfused_bytes ? fmt::format(" if fused, {} pass by pass", *p.unfused_bytes) : std::string();
  return fmt::format("{}\n  bytes per parameter: {}{}\n{}\n", optimizer_title(p.label, p.optimizer, p.options),
                     p.bytes_per_parameter, unfused, cost_table(p));
}

/// The hot step's microseconds at the network's size with all threads; nothing if that was not measured.
std::optional<double> network_step_us(const OptimizerProfile& p, const Profile& profile) {
  for (const StepCost& cost : p.costs)
    if (cost.parameters == profile.network_parameters && cost.threads == profile.threads)
      return 1e-3 * cost.hot_ns * double(cost.parameters);
  return std::nullopt;
}

std::string network_table(const Profile& profile) {
  std::vector<std::vector<std::string>> rows;
  for (const OptimizerProfile& p : profile.optimizers) {
    const double training_us = 1e6 * p.training_step_seconds;
    const std::optional<double> step_us = network_step_us(p, profile);
    rows.push_back({p.label, fmt::format("{:.0f}", training_us), step_us ? fmt::format("{:.1f}", *step_us) : "-",
                    step_us ? fmt::format("{:.1f} %", 100 * *step_us / training_us) : "-",
                    ns_or_dash(p.subnormal_flushed_ns), ns_or_dash(p.subnormal_kept_ns)});
  }
  return table({fmt::format("{}, {} parameters, threads: {}", printable(profile.network), profile.network_parameters,
                            profile.threads),
                "training step, us", "optimizer step, us", "share", "subnormals flushed, ns", "kept, ns"},
               rows);
}

std::string counters_text(const Profile& profile) {
  if (!profile.counters_problem.empty())
    return fmt::format("Hardware counters are not available here ({})\n", profile.counters_problem);
  std::vector<std::string> heading = {"per parameter, threads: 1"};
  heading.insert(heading.end(), profile.events.begin(), profile.events.end());
  std::vector<std::vector<std::string>> rows;
  for (const OptimizerProfile& p : profile.optimizers) {
    rows.push_back({p.label});
    for (const std::optional<double>& count : p.counts) rows.back().push_back(ns_or_dash(count));
  }
  return table(heading, rows);
}

}  // namespace

std::string profile_tables(const Profile& profile) {
  std::string text;
  for (const OptimizerProfile& p : profile.optimizers) text += optimizer_text(p);
  for (const Index parameters : profile.left_out)
    text += fmt::format("{} parameters are left out: memory has no room for them\n", parameters);
  text += network_table(profile) + "\n" + counters_text(profile);
  if (profile.steal_percent)
    text += fmt::format("Stolen by other virtual machines meanwhile: {:.1f} %\n", *profile.steal_percent);
  return text + busy_warning(profile.busy_percent);
}

}  // namespace gradrace
