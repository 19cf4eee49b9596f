#pragma once
/// How pixels become the floats that a network sees.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/data/image_set.hpp"

namespace gradrace {

/// Pixels become (value / 255 - mean) / deviation, channel by channel. MNIST's numbers unless others are given.
struct Normalization {
  std::vector<double> mean = {0.1302}, deviation = {0.3069};  ///< by channel
  std::string source = "published for MNIST";                 ///< where they come from, for people
};

/// Mean and deviation (that of all pixels, not of a sample of them) of each channel over all images, to six decimals,
/// so that whoever gives the numbers that were printed gets the same bits. Throws data_error if all pixels of a channel
/// are equal.
Normalization measured_normalization(const ImageSet& images);

/// Applies a normalization, rounded as PyTorch's three operations round.
class Normalizer {
 public:
  explicit Normalizer(const Normalization& normalization);
  /// Writes the pixels of one image, in order. Their channels are interleaved, as many as the normalization has.
  void gather(std::span<const std::uint8_t> pixels, float* to) const;

 private:
  std::vector<std::array<float, 256>> value_;  // by channel
};

}  // namespace gradrace
