#pragma once
/// Small loss curves made of text.

#include <span>
#include <string>

#include "engine/race/race.hpp"

namespace gradrace {

/// What they are drawn with: two by four dots to a character, or one by three.
enum class Dots { kBraille, kAscii };

/// A panel for each label (of the first eight), two side by side in 80 columns, all on the same axes: the smoothed
/// training loss of its first run by step, on a logarithmic scale. Empty if there is nothing to draw.
std::string loss_curves(std::span<const RunResult> runs, Dots dots);

}  // namespace gradrace
