#pragma once
/// Lists of the gradients that are not zero. Private to kernels/; who makes lists keeps them in floats of its own.

#include <cstdint>

#include "kernels/base.hpp"

namespace gradrace::kernels {

using Index32 = std::int32_t;

/// Lists, by output channel or by row. Of list i, the first count[i] gradients stand at gradients(i), and at offsets(i)
/// where what each is multiplied by begins (of a convolution: its input window).
struct NonZeros {
  const Index32* count;
  const float* entries;
  Index capacity;

  const float* gradients(Index i) const { return entries + 2 * i * capacity; }
  const Index32* offsets(Index i) const { return reinterpret_cast<const Index32*>(gradients(i) + capacity); }
};

/// The same while they are made.
struct NonZeroLists {
  Index32* count;
  float* entries;
  Index capacity;

  float* gradients(Index i) const { return entries + 2 * i * capacity; }
  Index32* offsets(Index i) const { return reinterpret_cast<Index32*>(gradients(i) + capacity); }
  operator NonZeros() const { return {count, entries, capacity}; }
};

/// How lists of at most `most` entries each lie in memory: the counts, then one list after the other. Whole vectors are
/// written to a list's end, so there is room for one more behind each.
constexpr Index non_zero_capacity(Index most) {
  return most + kPanel;
}
constexpr Index non_zero_floats(Index lists, Index most) {
  return round_up(lists, kPanel) + 2 * lists * non_zero_capacity(most);
}
inline NonZeroLists non_zero_lists(float* memory, Index lists, Index most) {
  return {reinterpret_cast<Index32*>(memory), memory + round_up(lists, kPanel), non_zero_capacity(most)};
}
inline NonZeros non_zeros(const float* memory, Index lists, Index most) {
  return {reinterpret_cast<const Index32*>(memory), memory + round_up(lists, kPanel), non_zero_capacity(most)};
}

}  // namespace gradrace::kernels
