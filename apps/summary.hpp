#pragma once
/// A race from many seeds as text for people.

#include <span>
#include <string>

#include "engine/race.hpp"

namespace gradrace {

/// For each metric a table of the optimizers, then the paired differences and the verdict.
std::string summary_tables(std::span<const RunResult> runs);

}  // namespace gradrace
