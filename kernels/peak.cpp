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

}  // namespace gradrace::kernels
