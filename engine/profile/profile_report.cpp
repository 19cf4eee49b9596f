// A profile as JSON and as CSV.

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/profile/profile.hpp"

namespace gradrace {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(const std::optional<double>& number) {
  return number ? Json(*number) : Json();
}

Json cost_json(const StepCost& cost, double bytes) {
  const double gb_per_second = bytes / cost.hot_ns;
  return {{"parameters", cost.parameters},
          {"threads", cost.threads},
          {"hot_ns_per_parameter", cost.hot_ns},
          {"hot_gb_per_second", gb_per_second},
          {"triad_gb_per_second", cost.triad_gb_per_second},
          {"percent_of_triad", 100 * gb_per_second / cost.triad_gb_per_second},
          {"cold_ns_per_parameter", number_or_null(cost.cold_ns)},
          {"unfused_ns_per_parameter", number_or_null(cost.unfused_ns)}};
}

Json optimizer_json(const OptimizerProfile& p, const std::vector<std::string>& events) {
  Json options = Json::object(), costs = Json::array(), counts = Json::object();
  for (const auto& [key, text] : p.options) options[key] = Json::parse(text);
  for (const StepCost& cost : p.costs) costs.push_back(cost_json(cost, p.bytes_per_parameter));
  for (std::size_t i = 0; i < events.size(); ++i) counts[events[i]] = number_or_null(p.counts[i]);
  return {{"label", p.label},
          {"optimizer", p.optimizer},
          {"options", options},
          {"states", p.states},
          {"bytes_per_parameter", p.bytes_per_parameter},
          {"unfused_bytes_per_parameter", number_or_null(p.unfused_bytes)},
          {"costs", costs},
          {"network",
           {{"training_step_seconds", p.training_step_seconds},
            {"subnormal_flushed_ns_per_parameter", p.subnormal_flushed_ns},
            {"subnormal_kept_ns_per_parameter", p.subnormal_kept_ns},
            {"counts_per_parameter", counts}}}};
}

}  // namespace

Json to_json(const Profile& profile) {
  Json optimizers = Json::array();
  for (const OptimizerProfile& p : profile.optimizers) optimizers.push_back(optimizer_json(p, profile.events));
  return {{"isa", profile.isa},
          {"threads", profile.threads},
          {"network", {{"name", profile.network}, {"parameters", profile.network_parameters}}},
          {"counters_problem", profile.counters_problem.empty() ? Json() : Json(profile.counters_problem)},
          {"left_out_parameters", profile.left_out},
          {"steal_percent", number_or_null(profile.steal_percent)},
          {"busy_percent", profile.busy_percent},
          {"optimizers", optimizers}};
}

std::string to_csv(const Profile& profile) {
  std::string text = "label,optimizer,parameters,threads,way,ns_per_parameter,gb_per_second,percent_of_triad\n";
  for (const OptimizerProfile& p : profile.optimizers)
    for (const StepCost& cost : p.costs) {
      const auto line = [&](const char* way, const std::optional<double>& ns) {
        if (!ns) return;
        const double gb_per_second = p.bytes_per_parameter / *ns;
        text += fmt::format("{},{},{},{},{},{},{},{}\n", p.label, p.optimizer, cost.parameters, cost.threads, way, *ns,
                            gb_per_second, 100 * gb_per_second / cost.triad_gb_per_second);
      };
      line("hot", cost.hot_ns);
      line("cold", cost.cold_ns);
      line("unfused", cost.unfused_ns);
    }
  return text;
}

}  // namespace gradrace
