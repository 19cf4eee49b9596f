#include "kernels/peak.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {

Index fma_chains_flop(const Isa& isa) {
  return 2 * kFmaSteps * kFmaChains * isa.lanes();
}
double fma_chains(const Isa& isa, Index iterations) noexcept {
  return isa.table().fma_chains(iterations);
}

void add_chain(Index iterations) noexcept {
  // Assembly, because a compiler would fold the sum. Register to register, because recent processors add small
  // constants without spending a cycle.
  Index sum = 0;
  const Index one = 1;
  for (Index i = 0; i < iterations; ++i)
    asm volatile(".rept %c2\n\tadd %1, %0\n\t.endr" : "+r"(sum) : "r"(one), "i"(kAddChain) : "cc");
}

void triad(float s, std::span<const float> b, std::span<const float> c, std::span<float> a) noexcept {
  GRADRACE_EXPECT(b.size(), ==, a.size());
  GRADRACE_EXPECT(c.size(), ==, a.size());
  const float* __restrict from_b = b.data(), * __restrict from_c = c.data();
  float* __restrict to = a.data();
  const Index n = Index(a.size());
  for (Index i = 0; i < n; ++i) to[i] = from_b[i] + s * from_c[i];
}

}  // namespace gradrace::kernels
