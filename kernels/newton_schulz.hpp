#pragma once
/// What Muon needs to bring a matrix near to one with orthogonal rows. A step of its iteration on X {m, n}, m <= n, is
/// X <- Q X with Q = a I + b G + c G^2, G = X X^T; and the next G is Q G Q. So several steps are one product P X, whose
/// P comes out of matrices m x m alone. Everything is panel matrices (shapes.hpp), whose padding is never read.

#include <span>

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// c(r, j) = sum over k of a(r, k) b(k, j).
/// Layout     panel matrices: a is a_shape, b is b_shape, c is {a_shape.rows, b_shape.cols}; a_shape.cols ==
///            b_shape.rows. Some panels of a larger matrix are a matrix too.
/// Aliasing   c overlaps neither a nor b.   Alignment  any.   Effects  overwrites c, but for its padding.
/// Numerics   sums in the order of gemm.hpp: the bits of an element depend on its row of a and its column of b alone.
/// Threads    serial.
void panel_product(const Isa& isa, const PanelMatrix& a_shape, const float* a, const PanelMatrix& b_shape,
                   const float* b, float* c) noexcept;

/// gram = x x^T, a panel matrix {x_shape.rows, x_shape.rows}.
/// Scratch    x_shape.transposed().floats().   Otherwise as panel_product.
void gram_product(const Isa& isa, const PanelMatrix& x_shape, const float* x, float* gram,
                  std::span<float> scratch) noexcept;

/// The P of `steps` steps (at least one) on an X whose Gram matrix is given; all are size x size.
/// Effects    overwrites factor; gram is used up.   Scratch  2 x PanelMatrix{size, size}.floats(), its padding zero.
/// Numerics   float32. A rounding of G (6e-8 of its largest element, which is below 1) grows in each step by up to
///            a^2 = 12, where the singular values are small; so after three steps P is right to some 1e-5. For more,
///            form G anew after three.
/// Threads    serial.
/// Source     Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks".
void newton_schulz_factor(const Isa& isa, Index size, Index steps, float* gram, float* factor,
                          std::span<float> scratch) noexcept;

}  // namespace gradrace::kernels
