// Trains a small network on arrays of its own: in which quarter of an image is the spot?
#include <cstdio>

#include "engine/training/learner.hpp"

using namespace gradrace;

ImageSet spots(Index count, std::uint64_t seed) {
  Generator generator(seed);
  ImageSet images{.count = count, .height = 8, .width = 8, .classes = 4};
  for (Index i = 0; i < count; ++i) {
    for (Index pixel = 0; pixel < 64; ++pixel) images.pixels.push_back(std::uint8_t(generator.next32() % 32));
    const Index x = generator.next32() % 8, y = generator.next32() % 8;
    images.pixels[std::size_t(i * 64 + y * 8 + x)] = 255;
    images.labels.push_back(std::uint8_t(y / 4 * 2 + x / 4));
  }
  return images;
}

int main() try {
  Network mlp{.input = {8, 8, 1}, .layers = {}};
  for (const char* layer : {"fc1@linear:out_features=64", "relu", "fc2@linear:out_features=4"})
    mlp.layers.push_back(Spec::parse(layer));
  const ImageSet images = spots(4000, 1), others = spots(1000, 2);
  Learner learner(mlp, "adam:lr=0.005", images);
  for (int epoch = 1; epoch <= 5; ++epoch) std::printf("epoch %d: loss %.4f\n", epoch, learner.epoch());
  const TestResult result = learner.evaluate(others);
  std::printf("right: %.1f %%\n", 100 * result.accuracy());
  return result.accuracy() > 0.9 ? 0 : 1;
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
