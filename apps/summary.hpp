#pragma once
/// A race of many runs as text for people.

#include <span>
#include <string>

#include "engine/findings/sweep.hpp"

namespace gradrace {

/// For each sweep a table of its points; of the contestants, if there are several seeds, a table for each metric and
/// the paired differences; then the verdict.
std::string summary_tables(std::span<const RunResult> runs, std::span<const Sweep> sweeps);

}  // namespace gradrace
