#pragma once
/// What results.json says of the runs taken together.

#include <nlohmann/json_fwd.hpp>

#include "engine/findings/comparison.hpp"

namespace gradrace {

/// The entries of results.json: summary of all labels; paired_difference, statistics and verdict of the contestants.
/// Numbers that cannot be had are null.
nlohmann::ordered_json comparison_json(const Comparison& all, const Comparison& contestants);

}  // namespace gradrace
