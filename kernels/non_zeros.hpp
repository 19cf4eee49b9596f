#pragma once
/// Lists of the gradients that are not zero. Private to kernels/; who makes lists keeps them in floats of its own.

#include <cstdint>

#include "kernels/base.hpp"

namespace gradrace::kernels {

using Index32 = std::int32_t;

/// One gradient that is not zero, and where what it is multiplied by begins (of a convolution: its input window).
struct NonZero {
  Index32 offset;
  float gradient;
};

/// Lists, by output channel or by row: count[i] entries from entries[i * capacity] on.
struct NonZeros {
  const Index32* count;
  const NonZero* entries;
  Index capacity;

  const NonZero* list(Index i) const { return entries + i * capacity; }
};

/// The same while they are made. Behind the entries of each list there is room for one more: what is listed is written
/// there first, and stays only if it is not zero, since a branch could not be foreseen.
struct NonZeroLists {
  Index32* count;
  NonZero* entries;
  Index capacity;

  NonZero* list(Index i) const { return entries + i * capacity; }
  void append(Index i, Index32 offset, float gradient) const {
    list(i)[count[i]] = {offset, gradient};
    count[i] += gradient != 0.0f;  // NaN is not zero
  }
  operator NonZeros() const { return {count, entries, capacity}; }
};

/// How lists of at most `most` entries each lie in memory: the counts, then the entries of one list after the other.
constexpr Index non_zero_floats(Index lists, Index most) {
  return round_up(lists, 2) + 2 * lists * (most + 1);
}
inline NonZeroLists non_zero_lists(float* memory, Index lists, Index most) {
  return {reinterpret_cast<Index32*>(memory), reinterpret_cast<NonZero*>(memory + round_up(lists, 2)), most + 1};
}
inline NonZeros non_zeros(const float* memory, Index lists, Index most) {
  return {reinterpret_cast<const Index32*>(memory), reinterpret_cast<const NonZero*>(memory + round_up(lists, 2)),
          most + 1};
}

}  // namespace gradrace::kernels
