#include "engine/base/random.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/plan/initial.hpp"
#include "tests/golden.hpp"

namespace gradrace {
namespace {

TEST(Generator, GivesTheNumbersOfSeed0) {
  Generator generator(0);
  for (const std::uint32_t expected : {2357136044u, 2546248239u, 3071714933u, 3626093760u})
    EXPECT_EQ(generator.next32(), expected);
}

TEST(Generator, EqualsTheStandardLibrarysOverManyBlocks) {
  for (const std::uint32_t seed : {0u, 1u, 123u, 0xffffffffu}) {
    Generator generator(seed);
    std::mt19937 standard(seed);
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(generator.next32(), standard()) << "draw " << i << " of seed " << seed;
  }
}

TEST(Generator, UsesTheLow32BitsOfTheSeed) {
  EXPECT_EQ(Generator(0x1'0000'0007), Generator(7));
}

TEST(Generator, PutsTheFirstDrawInTheHighHalf) {
  EXPECT_EQ(Generator(0).next64(), (std::uint64_t{2357136044u} << 32) | 2546248239u);
}

TEST(Generator, ACopyIsASavedState) {
  Generator generator(5);
  for (int i = 0; i < 1000; ++i) generator.next32();
  Generator saved = generator;
  std::vector<std::uint32_t> first, again;
  for (int i = 0; i < 1000; ++i) first.push_back(generator.next32());
  EXPECT_NE(saved, generator);
  for (int i = 0; i < 1000; ++i) again.push_back(saved.next32());
  EXPECT_EQ(first, again);
  EXPECT_EQ(saved, generator);
}

TEST(Uniform, GivesTheFloatsOfSeed0) {
  Generator generator(0);
  for (const float expected : {.4963f, .7682f, .0885f, .1320f, .3074f})
    EXPECT_NEAR(generator.uniform24(), expected, 5e-5f);
}

TEST(Uniform, RoundsOnceLikeAFusedMultiplyAdd) {
  for (const Index fan_in : {1, 2, 3, 9, 64, 144, 999, 4608}) {
    const auto bound = static_cast<float>(1 / std::sqrt(static_cast<double>(fan_in)));
    Generator generator(static_cast<std::uint64_t>(fan_in)), other = generator;
    std::vector<float> values(20000);
    fill_uniform(generator, bound, values);
    for (const float value : values) ASSERT_EQ(value, std::fma(other.uniform24(), bound + bound, -bound));
  }
}

TEST(Init, GivesTheFirstWeightsOfSeed0) {
  Generator generator(0);
  std::vector<std::uint32_t> first_bits;
  for (const golden::Layer& layer : golden::network()) {
    std::vector<float> weight(golden::Layer::size(layer.weight_shape)), bias(layer.weight_shape[0]);
    uniform_by_fan_in(layer.fan_in())(generator, weight);
    uniform_by_fan_in(layer.fan_in())(generator, bias);
    first_bits.push_back(std::bit_cast<std::uint32_t>(weight[0]));
    first_bits.push_back(std::bit_cast<std::uint32_t>(bias[0]));
  }
  EXPECT_EQ(first_bits, (std::vector<std::uint32_t>{0xbb238d56, 0xbe995044, 0xbc837df6, 0xbcf876e0, 0x3c6cf7ee,
                                                    0x3a46604b, 0xbdb6baea, 0xbdd9bfba}));

  Generator base = generator;
  EXPECT_EQ(base.next64(), 2739072223586796088u) << "the base seed of the loader's first pass";
  const std::uint64_t seed = begin_shuffled_pass(generator);
  EXPECT_EQ(seed & 0x7fffffffffffffffu, 1900260897058193408u);
  std::vector<std::uint32_t> order(60000);
  permutation(seed, order);
  order.resize(8);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{42838, 22456, 23997, 27405, 13599, 6808, 59621, 19332}));
  EXPECT_EQ(generator.next32(), 3622905574u);
}

TEST(Permutation, IsRandpermOfSeed0) {
  std::vector<std::uint32_t> order(10);
  permutation(0, order);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{4, 1, 7, 5, 3, 9, 0, 8, 6, 2}));
}

TEST(Permutation, HoldsEverySampleOnceAtAnySize) {
  for (const std::size_t size : {0, 1, 2, 3, 1000}) {
    std::vector<std::uint32_t> order(size, 77);
    permutation(9, order);
    std::ranges::sort(order);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(order[i], i);
  }
}

TEST(LoaderPass, DrawsTwoNumbersInOrderAndFourShuffled) {
  Generator ordered(3), shuffled(3), plain(3);
  begin_pass(ordered);
  plain.next64();
  EXPECT_EQ(ordered, plain);
  EXPECT_EQ(begin_shuffled_pass(shuffled), plain.next64());
  EXPECT_EQ(shuffled, plain);
}

/// Dropout(0.5) of ones(6, 6) after manual_seed(123): '#' kept, '.' dropped.
std::string path_test(DropoutStream stream) {
  Generator generator(123);
  std::vector<float> scale(36);
  draw_dropout(generator, stream, 0.5, scale);
  std::string picture;
  for (const float value : scale) picture += value == 2.0f ? '#' : value == 0.0f ? '.' : '?';
  return picture;
}

// Both masks were posted by users of PyTorch in https://github.com/rasbt/LLMs-from-scratch/issues/57.
TEST(Dropout, KeepsWhatPyTorchWithoutMklKeeps) {
  EXPECT_EQ(path_test(DropoutStream::kMt19937),
            "##.##."
            "...#.#"
            "####.#"
            ".##..#"
            ".#.#.#"
            ".####.");
}
TEST(Dropout, KeepsWhatPyTorchWithMklKeeps) {
  EXPECT_EQ(path_test(DropoutStream::kMkl),
            "######"
            ".#...."
            "..#.#."
            "##...#"
            "#....#"
            ".#....");
}

TEST(Dropout, DrawsTwoNumbersPerElementOrOnePerMask) {
  Generator mt19937(1), mkl(1), plain(1);
  std::vector<float> scale(7);
  draw_dropout(mkl, DropoutStream::kMkl, 0.75, scale);
  plain.next32();
  EXPECT_EQ(mkl, plain);
  draw_dropout(mt19937, DropoutStream::kMt19937, 0.75, scale);
  for (int i = 1; i < 14; ++i) plain.next32();
  EXPECT_EQ(mt19937, plain);
}

TEST(Dropout, KeepsTheAskedShareAndScalesIt) {
  for (const DropoutStream stream : {DropoutStream::kMt19937, DropoutStream::kMkl}) {
    for (const double keep : {0.1, 0.75, 0.9}) {
      Generator generator(11);
      std::vector<float> scale(100000);
      draw_dropout(generator, stream, keep, scale);
      const auto kept = std::ranges::count(scale, 1.0f / static_cast<float>(keep));
      EXPECT_EQ(kept + std::ranges::count(scale, 0.0f), std::ssize(scale));
      EXPECT_NEAR(static_cast<double>(kept) / 100000, keep, 0.01);
    }
  }
}

TEST(Generator, ContinuesFromItsState) {
  Generator generator(5);
  for (const int draws : {0, 1, 700}) {
    for (int i = 0; i < draws; ++i) generator.next32();
    Generator copy(generator.state());
    for (int i = 0; i < 1500; ++i) ASSERT_EQ(copy.next32(), generator.next32());
  }
}

}  // namespace
}  // namespace gradrace
