#include "kernels/optimizer_step.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {

template <class Scalars>
bool optimizer_step(const Isa& isa, const Scalars& scalars, std::span<float> p, std::span<const float> g,
                    std::span<float* const> state) noexcept {
  GRADRACE_EXPECT(g.size(), ==, p.size());
  GRADRACE_EXPECT(Index(state.size()), ==, scalars.states());
  const OptimizerKernel<Scalars>& kernel = isa.table().optimizers;
  return kernel.step(scalars, Index(p.size()), p.data(), g.data(), state.data());
}

using Values = std::span<float>;
using Gradients = std::span<const float>;
using States = std::span<float* const>;
template bool optimizer_step(const Isa&, const SgdScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const AsgdScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const AdagradScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const RmspropScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const AdadeltaScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const AdamScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const AdamaxScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const NadamScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const RadamScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const RpropScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const LionScalars&, Values, Gradients, States) noexcept;
template bool optimizer_step(const Isa&, const DirectionScalars&, Values, Gradients, States) noexcept;

}  // namespace gradrace::kernels
