#pragma once
/// Fused optimizer steps: one pass over parameters, gradients and state, with no temporary arrays.

#include <span>

#include "kernels/isa.hpp"
#include "kernels/optimizer_scalars.hpp"

namespace gradrace::kernels {

/// One step of the optimizer whose scalars are given; optimizer_scalars.hpp has the formulas and their sources.
///
/// Layout     flat, unit stride; p, g and each of the scalars.states() state arrays have n elements.
/// Aliasing   none may overlap.     Alignment  any; fastest at 64 bytes.
/// Effects    p and the state are updated in place; n == 0 is a no-op.
/// Returns    true only if all of p and the state is finite now. It may be false for other reasons: an element's
///            parameter and state add up to more than a float holds, or one with nothing but zeros would become NaN.
/// Numerics   element by element, no reduction: any cut of [0, n) into calls gives the same bits. Square root and
///            division are exact (correctly rounded). Products that are added are fused on avx2, rounded twice on sse2.
///            NaN and infinities stay in their element and spread there as in PyTorch, but that a parameter that has
///            become infinite is NaN after the next step (weight_decay is multiplied even if it is zero).
/// Threads    serial.
template <class Scalars>
bool optimizer_step(const Isa& isa, const Scalars& scalars, std::span<float> p, std::span<const float> g,
                    std::span<float* const> state) noexcept;

}  // namespace gradrace::kernels
