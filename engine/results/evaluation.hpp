#pragma once
/// What results.json says of single test images: which were answered how, and which are the hardest.

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "engine/race/race.hpp"

namespace gradrace {

inline constexpr Index kHardestImages = 20;

/// Adds to `results`, whose "runs" are `runs`:
/// - to each run of the first seed that has answers "evaluation": {"epoch" after which it was, "confusion" (how many
///   images of each label were answered by each class), "answers", "losses" (four significant digits)}
/// - "hardest": the images with the largest sum of losses over these runs (those with a NaN among their losses left
///   out), largest first: {"index", "label", "height", "width", "channels", "pixels"
///   ([height][width][channels] bytes in base64)}
void add_evaluation(nlohmann::ordered_json& results, std::span<const RunResult> runs, const ImageSet& test);

}  // namespace gradrace
