#include "engine/base/random.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

#include "kernels/base.hpp"

namespace gradrace {
namespace {

/// Words this far apart are combined (m in the paper).
constexpr std::size_t kShift = 397;

std::uint32_t twist(std::uint32_t word, std::uint32_t next, std::uint32_t shifted) {
  const std::uint32_t mixed = (word & 0x80000000u) | (next & 0x7fffffffu);
  const std::uint32_t odd = 0u - (next & 1u);
  return shifted ^ (mixed >> 1) ^ (odd & 0x9908b0dfu);
}

std::uint32_t temper(std::uint32_t word) {
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680u;
  word ^= (word << 15) & 0xefc60000u;
  return word ^ (word >> 18);
}

/// Whether draws are below a threshold of 53 bits, element by element: one 64-bit draw each, the high half first, of
/// which the low 53 bits count. Compared half by half, which compilers vectorise.
void keep_below(std::uint64_t threshold, std::span<const std::uint32_t> draws, float kept, float* elements) {
  constexpr std::uint32_t kLow21 = (1u << 21) - 1;
  const auto high = static_cast<std::uint32_t>(threshold >> 32), low = static_cast<std::uint32_t>(threshold);
  const auto bits = std::bit_cast<std::uint32_t>(kept);
  for (std::size_t i = 0; i < draws.size() / 2; ++i) {
    const std::uint32_t first = draws[2 * i] & kLow21, second = draws[2 * i + 1];
    const bool is_below = (first < high) | ((first == high) & (second < low));
    elements[i] = std::bit_cast<float>(is_below ? bits : 0u);
  }
}

/// One 64-bit draw per element; its low 53 bits are a double in [0, 1), which is compared with the probability. Both
/// sides scaled by 2^53 (exact) make that a comparison of integers. A block of the generator's numbers at a time, and
/// the pairs between two of them.
void draw_mt19937(Generator& generator, double keep_probability, float kept, std::span<float> scale) {
  const auto threshold = static_cast<std::uint64_t>(std::ceil(std::ldexp(keep_probability, 53)));
  for (std::size_t i = 0; i < scale.size();) {
    const std::array<std::uint32_t, 2> pair = {generator.next32(), generator.next32()};
    keep_below(threshold, pair, kept, &scale[i++]);
    const std::span<const std::uint32_t> block = generator.take_pairs(scale.size() - i);
    keep_below(threshold, block, kept, scale.data() + i);
    i += block.size() / 2;
  }
}

/// MCG31m1 (L'Ecuyer 1999), as MKL's documentation defines it: x <- a x mod (2^31 - 1), and x / (2^31 - 1) is uniform.
void draw_mkl(Generator& generator, double keep_probability, float kept, std::span<float> scale) {
  constexpr std::uint64_t kMultiplier = 1132489760, kModulus = 0x7fffffff;
  std::uint64_t x = generator.next32() % kModulus;
  if (x == 0) x = 1;
  for (float& element : scale) {
    element = static_cast<double>(x) / static_cast<double>(kModulus) < keep_probability ? kept : 0.0f;
    x = x * kMultiplier % kModulus;
  }
}

}  // namespace

Generator::Generator(std::uint64_t seed) {
  state_[0] = significant(seed);
  for (std::uint32_t i = 1; i < kWords; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
}

bool Generator::is_state(std::span<const std::uint32_t> words) {
  return words.size() == kWords + 1 && words.back() <= kWords;
}

Generator::Generator(std::span<const std::uint32_t> state) {
  GRADRACE_EXPECT(is_state(state), ==, true);
  std::ranges::copy(state.first(kWords), state_.begin());
  std::ranges::transform(state_, output_.begin(), temper);
  position_ = state.back();
}

std::vector<std::uint32_t> Generator::state() const {
  std::vector<std::uint32_t> words(state_.begin(), state_.end());
  words.push_back(static_cast<std::uint32_t>(position_));
  return words;
}

/// A whole block at once, in loops that compilers vectorise: more than three times as fast as std::mt19937 of GCC 12.
void Generator::refill() {
  constexpr std::size_t kTurn = kWords - kShift;
  for (std::size_t i = 0; i < kTurn; ++i) state_[i] = twist(state_[i], state_[i + 1], state_[i + kShift]);
  for (std::size_t i = kTurn; i < kWords - 1; ++i) state_[i] = twist(state_[i], state_[i + 1], state_[i - kTurn]);
  state_[kWords - 1] = twist(state_[kWords - 1], state_[0], state_[kShift - 1]);
  for (std::size_t i = 0; i < kWords; ++i) output_[i] = temper(state_[i]);
  position_ = 0;
}

/// x has 24 bits and the range 2 bound another 24, so their product is exact in double. The sum is
/// bound * (k - 2^23) / 2^23 for x = k / 2^24: 24 and 24 bits again, exact too. Only the conversion to float rounds,
/// once, as a fused multiply-add would, and without needing one.
void fill_uniform(Generator& generator, float bound, std::span<float> values) {
  const double range = 2.0 * bound;
  for (float& value : values) value = static_cast<float>(generator.uniform24() * range - bound);
}

void begin_pass(Generator& generator) {
  generator.next64();
}

std::uint64_t begin_shuffled_pass(Generator& generator) {
  begin_pass(generator);
  return generator.next64();
}

void permutation(std::uint64_t seed, std::span<std::uint32_t> order) {
  Generator generator(seed);
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t i = 0; i + 1 < order.size(); ++i)
    std::swap(order[i], order[i + generator.next32() % (order.size() - i)]);
}

void draw_dropout(Generator& generator, DropoutStream stream, double keep_probability, std::span<float> scale) {
  const float kept = 1.0f / static_cast<float>(keep_probability);
  switch (stream) {
    case DropoutStream::kMt19937:
      return draw_mt19937(generator, keep_probability, kept, scale);
    case DropoutStream::kMkl:
      return draw_mkl(generator, keep_probability, kept, scale);
  }
}

}  // namespace gradrace
