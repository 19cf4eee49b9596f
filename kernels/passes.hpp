#pragma once
/// The elementary operations that optimizers' formulas consist of, as a framework runs them that does not fuse: each
/// is one pass over memory.

#include <span>

#include "kernels/isa.hpp"

namespace gradrace::kernels {

enum class Pass {
  kScale,        ///< x <- a x
  kAddConstant,  ///< x <- y + a
  kAddScaled,    ///< x <- x + a y
  kAddProduct,   ///< x <- x + a y z
  kAddQuotient,  ///< x <- x + a y / z
  kRoot,         ///< x <- sqrt(y)
  kDivide,       ///< x <- x / y
  kMultiply      ///< x <- x y
};

/// Arrays that a pass reads and writes, each one counted once for either.
Index pass_traffic(Pass pass);

/// One pass.
/// Layout     flat, unit stride; x has n elements, and so have y and z where the operation has them (else null).
/// Aliasing   y may be x.   Alignment  any.   Effects  overwrites x.
/// Numerics   root and quotient are exact, a product is rounded before it is added.   Threads  serial.
/// Source     the operations of torch.optim's single-tensor implementations: mul_, add, add_, addcmul_, addcdiv_, ...
void run_pass(const Isa& isa, Pass pass, float a, std::span<float> x, const float* y, const float* z) noexcept;

}  // namespace gradrace::kernels
