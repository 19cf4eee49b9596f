#pragma once
/// How the digits are written: the strokes of the pen.

#include <vector>

#include "kernels/base.hpp"

namespace gradrace {

/// A point that the pen passes: x to the right, y down, both about 0 to 100. It turns sharply at a corner and smoothly
/// elsewhere.
struct GlyphPoint {
  float x, y;
  bool corner = false;
};

using GlyphStroke = std::vector<GlyphPoint>;
using Glyph = std::vector<GlyphStroke>;

/// The ways in which a digit (0 to 9) is written.
const std::vector<Glyph>& digit_glyphs(Index digit);

}  // namespace gradrace
