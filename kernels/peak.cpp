#include "kernels/peak.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {

Index fma_chains_flop(const Isa& isa) {
  return 2 * kFmaSteps * kFmaChains * isa.lanes();
}
double fma_chains(const Isa& isa, Index iterations) noexcept {
  return isa.table().fma_chains(iterations);
}

Index divide_chains_flop(const Isa& isa) {
  return kDivideChains * isa.lanes();
}
double divide_chains(const Isa& isa, Index iterations) noexcept {
  return isa.table().divide_chains(iterations);
}
double root_chains(const Isa& isa, Index iterations) noexcept {
  return isa.table().root_chains(iterations);
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
