#pragma once
/// Labelled images in memory.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/base.hpp"

namespace gradrace {

inline constexpr Index kMostClasses = 256;  ///< a label is a byte

/// `count` images of height x width pixels of `channels` bytes, row after row, image after image:
/// [count][height][width] [channels]. One channel is grey (0 is background, 255 is full ink), three are red, green and
/// blue. One label for each image, below `classes`.
struct ImageSet {
  Index count = 0, height = 0, width = 0, channels = 1, classes = 0;
  std::vector<std::uint8_t> pixels = {};
  std::vector<std::uint8_t> labels = {};

  /// Bytes of one image.
  std::size_t image_bytes() const { return static_cast<std::size_t>(height * width * channels); }

  /// Drops all but the first n images; keeps all if there are fewer.
  void keep_first(Index n) {
    count = std::min(count, n);
    pixels.resize(static_cast<std::size_t>(count) * image_bytes());
    labels.resize(static_cast<std::size_t>(count));
  }

  /// Takes the last n images, at most count, out and returns them.
  ImageSet split_last(Index n) {
    const auto rest = static_cast<std::size_t>(count - n);
    ImageSet last{.count = n,
                  .height = height,
                  .width = width,
                  .channels = channels,
                  .classes = classes,
                  .pixels = {pixels.begin() + static_cast<std::ptrdiff_t>(rest * image_bytes()), pixels.end()},
                  .labels = {labels.begin() + static_cast<std::ptrdiff_t>(rest), labels.end()}};
    keep_first(count - n);
    return last;
  }
};

}  // namespace gradrace
