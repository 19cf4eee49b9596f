#pragma once
/// Memory bandwidth: loops that move floats and compute next to nothing, for a caller with a stopwatch. What they reach
/// over some working set is what a kernel that moves as many bytes can reach at best. All are serial.

#include <span>

#include "kernels/isa.hpp"

namespace gradrace::kernels {

/// Reads x and returns the sum of its floats, in some order.
double stream_read(const Isa& isa, std::span<const float> x) noexcept;
/// to = from: one float read and one written per element.
void stream_copy(const Isa& isa, std::span<const float> from, std::span<float> to) noexcept;
/// a(i) = b(i) + s c(i): the triad of McCalpin's STREAM, two floats read and one written per element.
void stream_triad(const Isa& isa, float s, std::span<const float> b, std::span<const float> c,
                  std::span<float> a) noexcept;

/// x(k, i) = x(k, i) + s g(i) for all arrays x(k), at most kMostTriads, in one pass: the traffic of an optimizer's
/// step, which reads all its arrays and writes all but the gradient.
inline constexpr Index kMostTriads = 8;
void stream_triads(const Isa& isa, float s, std::span<const float> g, std::span<float* const> x) noexcept;

/// Writes x back to main memory and drops it from every cache, so that whoever reads it next waits for main memory.
void flush_caches(std::span<const float> x) noexcept;

}  // namespace gradrace::kernels
