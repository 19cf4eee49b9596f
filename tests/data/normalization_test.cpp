#include "engine/data/normalization.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/data_files.hpp"

namespace gradrace {
namespace {

TEST(Normalizer, RoundsAsPyTorchsThreeOperations) {
  const Normalizer normalizer{Normalization{}};
  Bytes pixels(256);
  for (int i = 0; i < 256; ++i) pixels[std::size_t(i)] = std::uint8_t(i);
  std::vector<float> floats(256);
  normalizer.gather(pixels, floats.data());
  for (int i = 0; i < 256; ++i) {
    const float scaled = float(i) / 255.0f, shifted = scaled - 0.1302f;
    EXPECT_EQ(floats[std::size_t(i)], shifted / 0.3069f) << i;
  }
}

TEST(Normalizer, TreatsEachChannelByItself) {
  const Normalizer normalizer({.mean = {0, 0.5, 1}, .deviation = {1, 0.5, 0.25}, .source = ""});
  std::vector<float> floats(6);
  normalizer.gather(Bytes{0, 0, 0, 255, 255, 255}, floats.data());
  EXPECT_EQ(floats, (std::vector<float>{0, -1, -4, 1, 1, 0}));
}

TEST(MeasuredNormalization, IsThatOfAllPixelsOfAChannel) {
  const ImageSet images = {.count = 2,
                           .height = 1,
                           .width = 2,
                           .channels = 2,
                           .classes = 1,
                           .pixels = {0, 255, 255, 255, 0, 255, 255, 0},
                           .labels = {0, 0}};
  const Normalization measured = measured_normalization(images);
  EXPECT_EQ(measured.mean, (std::vector<double>{0.5, 0.75}));
  EXPECT_EQ(measured.deviation, (std::vector<double>{0.5, std::round(std::sqrt(0.1875) * 1e6) / 1e6}));
  EXPECT_EQ(measured.source, "measured on the training images");
}

TEST(MeasuredNormalization, NeedsPixelsThatDiffer) {
  const ImageSet images = {
      .count = 1, .height = 1, .width = 2, .channels = 2, .classes = 1, .pixels = {0, 7, 255, 7}, .labels = {0}};
  expect_contains(error_of(ExitCode::kData, [&] { measured_normalization(images); }), "in channel 1 all pixels");
}

}  // namespace
}  // namespace gradrace
