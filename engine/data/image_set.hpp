#pragma once
/// Labelled grey images in memory.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/base.hpp"

namespace gradrace {

inline constexpr Index kClasses = 10;  ///< labels are 0 to 9

/// `count` images of height x width bytes (0 is background, 255 is full ink), row after row, image after image, and
/// one label for each.
struct ImageSet {
  Index count = 0, height = 0, width = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;

  /// Drops all but the first n images; keeps all if there are fewer.
  void keep_first(Index n) {
    count = std::min(count, n);
    pixels.resize(static_cast<std::size_t>(count * height * width));
    labels.resize(static_cast<std::size_t>(count));
  }
};

}  // namespace gradrace
