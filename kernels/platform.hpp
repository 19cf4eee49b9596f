#pragma once
/// What every processor has and C++ has no words for. platform/ holds a folder for each that CMake knows as
/// CMAKE_SYSTEM_PROCESSOR: these functions in its own words, and the instruction sets that kernels are compiled for.

#include <cstdint>

#include "kernels/base.hpp"

namespace gradrace::kernels {

/// What happens to subnormal floats (below 1.2e-38) on a thread. Flushed to zero they cost nothing; kept they slow down
/// every operation that meets them, and the moments of Adam and Adadelta decay into them.
enum class Subnormals { kFlush, kKeep };

/// Sets the calling thread's mode for subnormals, read or made, and at its end the whole state of floating point that
/// was there before.
class ScopedSubnormals {
 public:
  explicit ScopedSubnormals(Subnormals mode) noexcept;
  ~ScopedSubnormals();
  ScopedSubnormals(const ScopedSubnormals&) = delete;
  ScopedSubnormals& operator=(const ScopedSubnormals&) = delete;

 private:
  std::uint64_t before_;
};

/// Tells the processor that this thread waits for another one in a loop.
void spin_pause() noexcept;

/// The cheapest clock, for times between instructions that lie close together: ticks of an unknown but constant length.
std::int64_t ticks() noexcept;

/// Writes the cache lines of these bytes back to main memory and drops them from every cache.
void flush_lines(const void* begin, std::size_t bytes) noexcept;

/// Additions in one iteration of add_chain.
inline constexpr Index kAddChain = 32;
/// Runs a chain of integer additions that each wait for the one before, one per clock cycle: iterations * kAddChain
/// cycles, whatever clock the system claims, and however busy the vector units are with a neighbour's work.
void add_chain(Index iterations) noexcept;

}  // namespace gradrace::kernels
