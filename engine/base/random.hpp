#pragma once
/// PyTorch's random numbers on the CPU, bit for bit: the generator, uniform floats, the data loader's draws, the order
/// of a shuffled pass, dropout masks. Source: ATen's MT19937RNGEngine.h, TransformationHelper.h,
/// DistributionKernels.cpp and torch/utils/data/sampler.py.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gradrace {

/// The 32-bit Mersenne Twister (Matsumoto and Nishimura 1998), the same numbers as std::mt19937. A copy is a saved
/// state: it continues where the original stood.
class Generator {
 public:
  /// Seeds as torch.manual_seed does: only the significant() part counts.
  explicit Generator(std::uint64_t seed);
  /// Whether these words can be the state() of a generator.
  static bool is_state(std::span<const std::uint32_t> words);
  /// Continues where the generator stood whose state() this is.
  explicit Generator(std::span<const std::uint32_t> state);
  std::vector<std::uint32_t> state() const;
  /// The low 32 bits of a seed, which are all that the numbers depend on.
  static std::uint32_t significant(std::uint64_t seed) { return static_cast<std::uint32_t>(seed); }

  /// The next of the uniformly distributed 32-bit integers.
  std::uint32_t next32() {
    if (position_ == kWords) refill();
    return output_[position_++];
  }
  /// The next numbers, at most so many pairs of them, as far as they are there without computing more: there may be
  /// none. They are valid until the next call.
  std::span<const std::uint32_t> take_pairs(std::size_t most) {
    const std::size_t numbers = 2 * std::min(most, (kWords - position_) / 2);
    position_ += numbers;
    return {output_.data() + position_ - numbers, numbers};
  }
  /// Two draws; the first gives the high half.
  std::uint64_t next64() {
    const std::uint64_t high = next32();
    return (high << 32) | next32();
  }
  /// Uniform in [0, 1) with 24 bits: what torch.rand gives for float.
  float uniform24() { return static_cast<float>(next32() & 0xffffff) * 0x1p-24f; }

  bool operator==(const Generator&) const = default;

 private:
  static constexpr std::size_t kWords = 624;
  void refill();

  std::array<std::uint32_t, kWords> state_;
  std::array<std::uint32_t, kWords> output_{};  ///< the state, tempered: a block of numbers, handed out one by one
  std::size_t position_ = kWords;               ///< the first number of output_ not yet handed out
};

/// Fills `values` in order with U(-bound, bound), one draw each: x * (bound - -bound) + -bound with x = uniform24(),
/// rounded once, as PyTorch's kernels compute it with a fused multiply-add.
void fill_uniform(Generator& generator, float bound, std::span<float> values);

/// What PyTorch's DataLoader draws when a pass in file order begins (a seed for workers that do not exist).
void begin_pass(Generator& generator);
/// What it draws when a shuffled pass begins. Returns the seed of that pass's `permutation`.
[[nodiscard]] std::uint64_t begin_shuffled_pass(Generator& generator);
/// Writes torch.randperm(order.size()) of a generator of its own, seeded with `seed`: a Fisher-Yates shuffle of
/// 0, 1, 2, ... At most 2^32 elements.
void permutation(std::uint64_t seed, std::span<std::uint32_t> order);

/// Where dropout's random numbers come from. PyTorch built without MKL draws each element from the generator (two
/// 32-bit draws); builds with MKL took one draw per mask to seed MKL's MCG31m1.
enum class DropoutStream { kMt19937, kMkl };

/// Draws one mask in row-major order: 1 / keep_probability in float for each element that is kept, 0 for the others.
/// keep_probability lies inside (0, 1); at 0 and 1 PyTorch draws nothing, so a caller must not come here.
void draw_dropout(Generator& generator, DropoutStream stream, double keep_probability, std::span<float> scale);

}  // namespace gradrace
