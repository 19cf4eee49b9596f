#include "kernels/platform.hpp"

#include <emmintrin.h>

namespace gradrace::kernels {
namespace {

constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;  // bits of the MXCSR register

}  // namespace

ScopedSubnormals::ScopedSubnormals(Subnormals mode) noexcept : before_(_mm_getcsr()) {
  constexpr unsigned kBits = kFlushToZero | kDenormalsAreZero;
  const unsigned before = unsigned(before_);
  _mm_setcsr(mode == Subnormals::kFlush ? before | kBits : before & ~kBits);
}
ScopedSubnormals::~ScopedSubnormals() {
  _mm_setcsr(unsigned(before_));
}

void spin_pause() noexcept {
  _mm_pause();
}

/// The time-stamp counter; some 10 ns to read.
std::int64_t ticks() noexcept {
  return std::int64_t(__builtin_ia32_rdtsc());
}

void flush_lines(const void* begin, std::size_t bytes) noexcept {
  const char* const first = static_cast<const char*>(begin);
  for (std::size_t i = 0; i < bytes; i += kAlignment) _mm_clflush(first + i);
  if (bytes > 0) _mm_clflush(first + bytes - 1);  // the last line, where the bytes do not begin with one
  _mm_mfence();
}

void add_chain(Index iterations) noexcept {
  // Assembly, because a compiler would fold the sum. Register to register, because recent processors add small
  // constants without spending a cycle.
  Index sum = 0;
  const Index one = 1;
  for (Index i = 0; i < iterations; ++i)
    asm volatile(".rept %c2\n\tadd %1, %0\n\t.endr" : "+r"(sum) : "r"(one), "i"(kAddChain) : "cc");
}

}  // namespace gradrace::kernels
