#include "engine/optimizers/entrant.hpp"

#include <set>

#include "engine/base/label.hpp"

namespace gradrace {
std::vector<Entrant> line_up(const std::vector<Spec>& specs) {
  std::set<std::string> taken;
  for (const Spec& spec : specs) {
    if (spec.label.empty()) continue;
    check_label(spec.label);
    if (spec.label == "init") throw usage_error("label 'init': it is that of the initial weights; expected another");
    if (!taken.insert(spec.label).second) throw usage_error("two optimizers have the label '{}'", spec.label);
  }
  std::vector<Entrant> entrants;
  for (const Spec& spec : specs) {
    Options options = spec.options;
    std::unique_ptr<Optimizer> optimizer = OptimizerRegistry::instance().make(spec.name, options);
    const std::string label = spec.label.empty() ? free_label(spec.name, taken) : spec.label;
    entrants.push_back({label, spec.name, std::move(options), std::move(optimizer)});
  }
  return entrants;
}

}  // namespace gradrace
