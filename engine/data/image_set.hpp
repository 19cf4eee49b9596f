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

  /// Takes the last n images, at most count, out and returns them.
  ImageSet split_last(Index n) {
    const auto image = static_cast<std::size_t>(height * width), rest = static_cast<std::size_t>(count - n);
    ImageSet last{.count = n,
                  .height = height,
                  .width = width,
                  .pixels = {pixels.begin() + static_cast<std::ptrdiff_t>(rest * image), pixels.end()},
                  .labels = {labels.begin() + static_cast<std::ptrdiff_t>(rest), labels.end()}};
    keep_first(count - n);
    return last;
  }
};

}  // namespace gradrace
