#include "kernels/platform.hpp"

namespace gradrace::kernels {
namespace {

constexpr std::uint64_t kFlushToZero = 1 << 24;  // bit FZ of the FPCR register, for subnormals read and made

std::uint64_t floating_point_control() {
  std::uint64_t bits;
  asm volatile("mrs %0, fpcr" : "=r"(bits));
  return bits;
}
void set_floating_point_control(std::uint64_t bits) {
  asm volatile("msr fpcr, %0" : : "r"(bits) : "memory");
}

/// Writes the line with this byte back and drops it from every cache.
void flush_line(const char* byte) {
  asm volatile("dc civac, %0" : : "r"(byte) : "memory");
}

}  // namespace

ScopedSubnormals::ScopedSubnormals(Subnormals mode) noexcept : before_(floating_point_control()) {
  set_floating_point_control(mode == Subnormals::kFlush ? before_ | kFlushToZero : before_ & ~kFlushToZero);
}
ScopedSubnormals::~ScopedSubnormals() {
  set_floating_point_control(before_);
}

/// Not yield, which most processors skip: a barrier for instructions takes about as long as the pause of x86.
void spin_pause() noexcept {
  asm volatile("isb" : : : "memory");
}

/// The system counter, of 25 MHz to 1 GHz. The barrier keeps it from being read ahead of what it is to time.
std::int64_t ticks() noexcept {
  std::int64_t count;
  asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count) : : "memory");
  return count;
}

void flush_lines(const void* begin, std::size_t bytes) noexcept {
  const char* const first = static_cast<const char*>(begin);
  for (std::size_t i = 0; i < bytes; i += kAlignment) flush_line(first + i);  // no such processor has shorter lines
  if (bytes > 0) flush_line(first + bytes - 1);  // the last line, where the bytes do not begin with one
  asm volatile("dsb sy" : : : "memory");
}

void add_chain(Index iterations) noexcept {
  Index sum = 0;  // assembly, because a compiler would fold it
  const Index one = 1;
  for (Index i = 0; i < iterations; ++i)
    asm volatile(".rept %c2\n\tadd %0, %0, %1\n\t.endr" : "+r"(sum) : "r"(one), "i"(kAddChain));
}

}  // namespace gradrace::kernels
