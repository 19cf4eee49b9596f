// The ways in which conv2d sums its gradients: dense, sparse, and what it picks sample by sample.
#include "tests/layers/single_layer.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace gradrace {
namespace {

constexpr Shape kInput{7, 6, 16};
constexpr Index kBatch = 7;

std::vector<float> numbers(Index n, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> v(static_cast<std::size_t>(n));
  for (float& f : v) f = distribution(generator);
  return v;
}

/// Gradients of the output; of every second sample one in eight is not zero.
std::vector<float> mixed_gradients(Index floats) {
  std::vector<float> dy = numbers(kBatch * floats, 2);
  for (Index i = 0; i < kBatch * floats; ++i)
    if (i / floats % 2 == 0 && i % 8 != 0) dy[std::size_t(i)] = 0;
  return dy;
}

LayerStep step(std::optional<Backward> backward, Index workers = 1) {
  SingleLayer layer(Spec::parse("conv2d:out_channels=20,kernel_size=3,padding=1"), kInput,
                    {.batch = kBatch, .workers = workers, .choice = {.backward = backward}});
  layer.draw_values();
  return layer.step(numbers(kBatch * kInput.floats(), 1), mixed_gradients(layer.output().floats()));
}

/// Equal but for rounding.
void expect_near(const std::vector<float>& actual, const std::vector<float>& expected) {
  float largest = 0;
  for (const float v : expected) largest = std::max(largest, std::abs(v));
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 3e-6f * largest) << i;
}

TEST(Conv2dBackward, SumsTheSameInEveryWay) {
  const LayerStep dense = step(Backward::kDense);
  for (const std::optional<Backward> way : {std::optional<Backward>(), std::optional(Backward::kSparse)}) {
    const LayerStep other = step(way);
    expect_near(other.dx, dense.dx);
    for (const std::size_t p : {0, 1}) expect_near(other.gradients[p], dense.gradients[p]);
  }
}

TEST(Conv2dBackward, PicksTheSameWayForAnyNumberOfWorkers) {
  const LayerStep alone = step({}), shared = step({}, 2);
  EXPECT_EQ(alone.dx, shared.dx);
  EXPECT_EQ(alone.gradients, shared.gradients);
  EXPECT_NE(alone.gradients[0], step(Backward::kDense).gradients[0]);  // both ways were taken
  EXPECT_NE(alone.gradients[0], step(Backward::kSparse).gradients[0]);
}

}  // namespace
}  // namespace gradrace
