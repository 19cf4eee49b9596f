#include "engine/data/normalization.hpp"

#include <cmath>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

double six_decimals(double value) {
  return std::round(value * 1e6) / 1e6;
}

/// How often each byte occurs in a channel.
std::array<double, 256> histogram(const ImageSet& images, Index channel) {
  std::array<double, 256> counts = {};
  for (std::size_t i = std::size_t(channel); i < images.pixels.size(); i += std::size_t(images.channels))
    ++counts[images.pixels[i]];
  return counts;
}

}  // namespace

Normalization measured_normalization(const ImageSet& images) {
  Normalization measured{.mean = {}, .deviation = {}, .source = "measured on the training images"};
  const double pixels = double(images.count * images.height * images.width);
  for (Index channel = 0; channel < images.channels; ++channel) {
    const std::array<double, 256> counts = histogram(images, channel);
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) mean += counts[i] * double(i) / 255 / pixels;
    for (std::size_t i = 0; i < counts.size(); ++i)
      variance += counts[i] * (double(i) / 255 - mean) * (double(i) / 255 - mean) / pixels;
    measured.mean.push_back(six_decimals(mean));
    measured.deviation.push_back(six_decimals(std::sqrt(variance)));
    if (measured.deviation.back() == 0)
      throw data_error("in channel {} all pixels of the training images are equal: there is nothing to scale by",
                       channel);
  }
  return measured;
}

Normalizer::Normalizer(const Normalization& normalization) : value_(normalization.mean.size()) {
  GRADRACE_EXPECT(normalization.mean.size(), ==, normalization.deviation.size());
  for (std::size_t c = 0; c < value_.size(); ++c)
    for (std::size_t i = 0; i < 256; ++i)
      value_[c][i] = (float(i) / 255.0f - float(normalization.mean[c])) / float(normalization.deviation[c]);
}

void Normalizer::gather(std::span<const std::uint8_t> pixels, float* to) const {
  if (value_.size() == 1) {  // the usual case, and twice as fast without a loop over channels
    for (const std::uint8_t pixel : pixels) *to++ = value_[0][pixel];
    return;
  }
  for (std::size_t i = 0; i < pixels.size(); i += value_.size())
    for (std::size_t c = 0; c < value_.size(); ++c) *to++ = value_[c][pixels[i + c]];
}

}  // namespace gradrace
