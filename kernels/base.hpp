#pragma once
/// What every kernel builds on: the index type, the panel width, and checks for programming errors.

#include <cstddef>

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "gradrace must not be compiled with fast-math: NaN, infinities and the order of sums matter here"
#endif
#if defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__)
#error "gradrace must not be compiled with parts of fast-math"
#endif

namespace gradrace {

using Index = std::ptrdiff_t;  ///< sizes, offsets and strides, counted in elements

/// Floats in a panel: one 64-byte cache line. Weights are stored as panels of this many columns, and every instruction
/// set's GEMM produces whole panels, so the layout of a parameter does not depend on the machine.
inline constexpr Index kPanel = 16;
inline constexpr std::size_t kAlignment = 64;  ///< bytes; of every buffer that the engine allocates

/// Multiply-adds in one chain of a sum: longer sums are cut at multiples of it, and the chains' sums added. Short sums
/// are the more accurate, and a piece of a panel of this depth (16 KB) stays in L1.
inline constexpr Index kChain = 256;

constexpr Index divide_up(Index a, Index b) {
  return (a + b - 1) / b;
}
constexpr Index round_up(Index a, Index b) {
  return divide_up(a, b) * b;
}

/// A half-open range [begin, end).
struct Range {
  Index begin = 0, end = 0;
  constexpr Index size() const { return end - begin; }
  constexpr bool empty() const { return end <= begin; }
};

/// Part `index` of `count` of the n first integers, cut at multiples of `grain`: parts are disjoint, cover [0, n) and
/// differ by at most one grain.
constexpr Range share(Index n, Index index, Index count, Index grain = 1) {
  const Index grains = divide_up(n, grain);
  const Index begin = grains * index / count * grain, end = grains * (index + 1) / count * grain;
  return {begin < n ? begin : n, end < n ? end : n};
}

/// The part that i belongs to of the n first integers, cut likewise into `count` parts.
constexpr Index owner(Index n, Index i, Index count, Index grain = 1) {
  return ((i / grain + 1) * count - 1) / divide_up(n, grain);
}

[[noreturn]] void expectation_failed(const char* expression, const char* file, int line, long long left,
                                     long long right);

}  // namespace gradrace

/// Checks a relation that only a programming error can break; prints it with both values and aborts. Always on: it
/// stands in drivers, outside hot loops.
#define GRADRACE_EXPECT(left, relation, right)                                                                    \
  do {                                                                                                            \
    const auto expect_left_ = (left);                                                                             \
    const auto expect_right_ = (right);                                                                           \
    if (!(expect_left_ relation expect_right_))                                                                   \
      ::gradrace::expectation_failed(#left " " #relation " " #right, __FILE__, __LINE__, (long long)expect_left_, \
                                     (long long)expect_right_);                                                   \
  } while (false)
