#include "kernels/stream.hpp"

#include "kernels/platform.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {

double stream_read(const Isa& isa, std::span<const float> x) noexcept {
  return isa.table().stream_read(Index(x.size()), x.data());
}

void stream_copy(const Isa& isa, std::span<const float> from, std::span<float> to) noexcept {
  GRADRACE_EXPECT(from.size(), ==, to.size());
  isa.table().stream_copy(Index(to.size()), from.data(), to.data());
}

void stream_triad(const Isa& isa, float s, std::span<const float> b, std::span<const float> c,
                  std::span<float> a) noexcept {
  GRADRACE_EXPECT(b.size(), ==, a.size());
  GRADRACE_EXPECT(c.size(), ==, a.size());
  isa.table().stream_triad(Index(a.size()), s, b.data(), c.data(), a.data());
}

void stream_triads(const Isa& isa, float s, std::span<const float> g, std::span<float* const> x) noexcept {
  GRADRACE_EXPECT(Index(x.size()), <=, kMostTriads);
  isa.table().stream_triads(Index(g.size()), s, g.data(), Index(x.size()), x.data());
}

void flush_caches(std::span<const float> x) noexcept {
  flush_lines(x.data(), x.size_bytes());
}

}  // namespace gradrace::kernels
