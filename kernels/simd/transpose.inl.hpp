#pragma once
// The transpose of as many vectors as a vector has lanes, in registers.

#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

/// Of 2 x 2 blocks of kBlock lanes, in which a lies above b, one row of the transpose: the first blocks of both, or the
/// second ones.
template <Index kBlock, bool kSecond, class Register, std::size_t... kLane>
[[gnu::always_inline]] inline Register block_row(Register a, Register b, std::index_sequence<kLane...>) {
  constexpr auto source = [](Index lane) {
    const bool from_b = lane & kBlock;
    return int(lane + (kSecond ? kBlock : 0) + (from_b ? Index(sizeof...(kLane)) - kBlock : 0));
  };
  return __builtin_shufflevector(a, b, source(Index(kLane))...);
}

/// Lane j of v[i] and lane i of v[j] change places: blocks of one lane first, then of two, of four, ...
template <class V, Index kBlock = 1>
[[gnu::always_inline]] inline void transpose(V (&v)[V::size]) {
  constexpr auto kLanes = std::make_index_sequence<V::size>();
  for (Index i = 0; i < Index(V::size); ++i)
    if (!(i & kBlock)) {
      const auto above = v[i].data, below = v[i + kBlock].data;
      v[i] = block_row<kBlock, false>(above, below, kLanes);
      v[i + kBlock] = block_row<kBlock, true>(above, below, kLanes);
    }
  if constexpr (2 * kBlock < Index(V::size)) transpose<V, 2 * kBlock>(v);
}

}  // namespace
}  // namespace gradrace::kernels
