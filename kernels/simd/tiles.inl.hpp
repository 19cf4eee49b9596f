#pragma once
// The trait of an instruction set that shapes its register tiles: how wide its registers are, and how many it has.

#include "kernels/simd/vector.inl.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Tiles {
  static constexpr Index kLanes = Index(Vector<Arch>::size);
  static constexpr Index kVectors = kPanel / kLanes;  ///< in a row of a panel
#if defined(__AVX512F__) || defined(__aarch64__)
  static constexpr Index kRegisters = 32;
#else
  static constexpr Index kRegisters = 16;
#endif
  /// Sums that hide the latency of a multiply-add on all of our processors: two units, four or five cycles.
  static constexpr Index kLatencySums = 12;
  /// Sums that fill the registers and leave room for both operands: the more of them, the fewer loads.
  static constexpr Index kMostSums = kRegisters / 4 * 3;
};

}  // namespace
}  // namespace gradrace::kernels
