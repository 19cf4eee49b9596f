#pragma once
/// Results with no more in them than a picture can show.

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "kernels/base.hpp"

namespace gradrace {

/// The most losses that all runs together keep.
inline constexpr Index kShownLosses = 100'000;

/// An array of the results with, in each run,
/// - "losses": {"every": k, "values"} for "step_loss": means of k successive losses, to four significant digits, null
///   where one is not finite; k is 1 as long as there are at most kShownLosses in all runs
/// - in "evaluation" "hardest_answers" and "hardest_losses", to the images in "hardest", for "answers" and "losses".
nlohmann::ordered_json thinned(std::span<const nlohmann::ordered_json> results);

}  // namespace gradrace
