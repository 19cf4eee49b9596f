#pragma once
/// Fused optimizer steps: one pass over parameters, gradients and state, with no temporary arrays.
///
/// Layout     flat, unit stride; p, g and each state array have n elements. State starts at zero.
/// Aliasing   none may overlap.     Alignment  any; fastest at 64 bytes.
/// Effects    p and the state are updated in place; n == 0 is a no-op.
/// Numerics   element by element, no reduction: any cut of [0, n) into calls gives the same bits. Square root and
/// division
///            are exact (correctly rounded). Products that are added are fused on avx2, rounded twice on sse2.
/// Threads    serial.
/// The formulas are PyTorch's; weight decay is added to the gradient first: g <- g + weight_decay p.

#include <span>

#include "kernels/isa.hpp"
#include "kernels/optimizer_scalars.hpp"

namespace gradrace::kernels {

/// Adam: m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2,
///       p <- p - step_size m / (sqrt(v) inv_sqrt_correction2 + epsilon);
/// with amsgrad, vmax <- max(vmax, v) stands in the root's place. epsilon is outside the root.
/// state: m, v (and vmax with amsgrad). Corrections are computed once per step by the caller.
/// Source     Kingma & Ba 2015, algorithm 1; Reddi et al. 2018 for amsgrad.
void adam_step(const Isa& isa, const AdamScalars& s, std::span<float> p, std::span<const float> g,
               std::span<float* const> state) noexcept;

/// Adadelta: v <- rho v + (1 - rho) g^2,   d = sqrt((u + epsilon) / (v + epsilon)) g,   u <- rho u + (1 - rho) d^2,
///           p <- p - lr d.   state: v (squared gradients), u (squared updates).
/// PyTorch divides two roots instead; one root of the quotient differs by a rounding and costs half as much.
/// Source     Zeiler 2012, algorithm 1, with the learning rate of torch.optim.
void adadelta_step(const Isa& isa, const AdadeltaScalars& s, std::span<float> p, std::span<const float> g,
                   std::span<float* const> state) noexcept;

}  // namespace gradrace::kernels
