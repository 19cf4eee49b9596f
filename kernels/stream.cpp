#include "kernels/stream.hpp"

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

}  // namespace gradrace::kernels
