#include "apps/optimizers.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "apps/options.hpp"
#include "apps/terminal.hpp"
#include "engine/optimizers/optimizer.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

struct OptimizersOptions {
  bool json = false;

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit(self.json, json_option());
  }
};

using Resolved = std::vector<std::pair<std::string, std::string>>;

/// Everything here is asked from the optimizers and schedules themselves, made without options.
struct Description {
  std::string name;
  Resolved options;
  Index state_floats = 0, bytes_per_parameter = 0;  ///< bytes: read and written in a step
  std::string paper;
};

Description describe(const std::string& name) {
  Options options;
  const auto optimizer = OptimizerRegistry::instance().make(name, options);
  return {name, options.resolved(), std::ssize(optimizer->initial_state()), optimizer->bytes_per_parameter(),
          optimizer->paper()};
}

/// The options that a schedule's option brings with it.
struct Setting {
  std::string key, value;
  Resolved more;
};

Resolved schedule_options(const std::map<std::string, std::string>& given) {
  Options options(given);
  const Schedule schedule(options, 0);
  return options.resolved();
}

/// `list` without what has the key of one of `others`.
Resolved without(Resolved list, const Resolved& others) {
  std::erase_if(list, [&](const auto& option) {
    return std::ranges::any_of(others, [&](const auto& other) { return other.first == option.first; });
  });
  return list;
}

std::vector<Setting> schedule_settings() {
  std::vector<Setting> settings;
  for (const std::string& kind : Schedule::kinds()) settings.push_back({"schedule", kind, {}});
  settings.push_back({"warmup", "500", {}});
  const Resolved common = schedule_options({});
  for (Setting& s : settings) s.more = without(schedule_options({{s.key, s.value}}), common);
  return settings;
}

std::string typed(const Resolved& options) {
  std::vector<std::string> words;
  for (const auto& [key, value] : options) words.push_back(fmt::format("{}={}", key, as_typed(value)));
  return fmt::format("{}", fmt::join(words, ", "));
}

ordered_json json(const Resolved& options) {
  ordered_json object = ordered_json::object();
  for (const auto& [key, value] : options) object[key] = ordered_json::parse(value);
  return object;
}

/// The options that all optimizers have, with the same default.
Resolved shared_options() {
  const std::vector<std::string> names = OptimizerRegistry::instance().names();
  Resolved shared = describe(names.front()).options;
  for (const std::string& name : names) {
    const Resolved options = describe(name).options;
    std::erase_if(shared, [&](const auto& option) { return std::ranges::find(options, option) == options.end(); });
  }
  return shared;
}

std::string text() {
  const Resolved shared = shared_options();
  std::string text;
  for (const std::string& name : OptimizerRegistry::instance().names()) {
    const Description d = describe(name);
    text += fmt::format("{}\n  options   {}\n  costs     floats of state: {}, bytes moved: {}\n  paper     {}\n\n",
                        bold(name), typed(without(d.options, shared)), d.state_floats, d.bytes_per_parameter, d.paper);
  }
  text += "Costs are per parameter; bytes are those that a step reads and writes.\n\n";
  text += bold("options of all optimizers") + fmt::format("\n  {}\n", typed(shared));
  for (const Setting& s : schedule_settings())
    if (!s.more.empty()) text += fmt::format("  with {:<22} {}\n", s.key + "=" + s.value, typed(s.more));
  return text;
}

ordered_json document() {
  ordered_json optimizers = ordered_json::array(), schedules = ordered_json::array();
  for (const std::string& name : OptimizerRegistry::instance().names()) {
    const Description d = describe(name);
    optimizers.push_back({{"name", d.name},
                          {"options", json(d.options)},
                          {"state_floats", d.state_floats},
                          {"bytes_per_parameter", d.bytes_per_parameter},
                          {"paper", d.paper}});
  }
  for (const Setting& s : schedule_settings())
    schedules.push_back({{"option", s.key}, {"value", s.value}, {"options", json(s.more)}});
  return {{"schema_version", 1}, {"optimizers", optimizers}, {"schedules", schedules}};
}

}  // namespace

void add_optimizers_command(CLI::App& app) {
  Command& command = add_command(app, "optimizers", "list the optimizers with their options, costs and papers");
  const auto options = std::make_shared<OptimizersOptions>();
  add_options(command, *options);
  command.callback([options] { say(options->json ? json_text(document()) : text()); });
}

}  // namespace gradrace
