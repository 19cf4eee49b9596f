#pragma once
/// Who takes part in a race: an optimizer under a label of its own.

#include <memory>
#include <string>
#include <vector>

#include "engine/optimizers/optimizer.hpp"

namespace gradrace {

struct Entrant {
  std::string label;  ///< unique in its race; made of letters, digits, '.', '_' and '-', because it names files
  std::string name;   ///< the optimizer's, in the registry
  Options options;    ///< knows every option's resolved value
  std::unique_ptr<Optimizer> optimizer;
};

/// Makes the optimizers and gives those without a label one: the optimizer's name, or name-2, name-3, ... where that is
/// taken. Throws usage_error for unknown names, keys and values and for labels that are taken or cannot name a file.
std::vector<Entrant> line_up(const std::vector<Spec>& specs);

}  // namespace gradrace
