#include "kernels/optimizer_step.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {

void adam_step(const Isa& isa, const AdamScalars& s, std::span<float> p, std::span<const float> g,
               std::span<float* const> state) noexcept {
  GRADRACE_EXPECT(g.size(), ==, p.size());
  GRADRACE_EXPECT(state.size(), ==, std::size_t(s.amsgrad ? 3 : 2));
  isa.table().adam(s, Index(p.size()), p.data(), g.data(), state.data());
}

void adadelta_step(const Isa& isa, const AdadeltaScalars& s, std::span<float> p, std::span<const float> g,
                   std::span<float* const> state) noexcept {
  GRADRACE_EXPECT(g.size(), ==, p.size());
  GRADRACE_EXPECT(state.size(), ==, std::size_t(2));
  isa.table().adadelta(s, Index(p.size()), p.data(), g.data(), state.data());
}

}  // namespace gradrace::kernels
