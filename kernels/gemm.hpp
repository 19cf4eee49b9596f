#pragma once
/// Matrix products, and what convolutions and linear layers share with them.

#include <span>

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// A matrix seen through strides: element (r, c) at data[r * row_stride + c * col_stride].
struct ConstMatrix {
  const float* data;
  Index rows, cols, row_stride, col_stride;
};
struct Matrix {
  float* data;
  Index rows, cols, row_stride;  ///< columns are contiguous
};

enum class Start { kZero, kAccumulate };  ///< what a product is added to: nothing (C is overwritten), or C

/// C = A B, or C + A B: any strides, any sizes, operands packed on the way.
/// What       c(r, j) = start + sum over k of a(r, k) b(k, j).
/// Layout     float32; A and B through strides, C row-major. a.cols == b.rows, c is a.rows x b.cols.
/// Aliasing   C overlaps neither A nor B.                       Alignment  any.
/// Effects    kZero overwrites C, whatever it held (NaN too). No rows, columns or depth: C is its start.
/// Numerics   for each 256 of k one chain of fused multiply-adds in order (on sse2 multiply then add); the sums of the
///            chains are added in order, C first if it accumulates. So an element's bits do not depend on its
///            position, on the other sizes, or on how rows and columns are cut into calls.
/// Scratch    gemm_scratch_floats(isa) floats, 64-byte aligned.   Threads  serial.
/// Source     the five loops are Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication".
void gemm(const Isa& isa, const ConstMatrix& a, const ConstMatrix& b, const Matrix& c, Start start,
          std::span<float> scratch) noexcept;
Index gemm_scratch_floats(const Isa& isa);

/// Copies some panels of a panel matrix into its transpose (a panel matrix of shape.transposed()).
/// Threads    serial; calls on disjoint panels write disjoint memory.
void transpose(const Isa& isa, const PanelMatrix& shape, const float* from, Range panels, float* to) noexcept;

/// Copies some panels of a panel matrix to a plain matrix of its columns: to[c * shape.rows + r].
void columns_from_panels(const PanelMatrix& shape, const float* from, Range panels, float* to) noexcept;

/// sums[c] += sum over r of x[r * row_stride + c], rows in order.
void add_column_sums(const Isa& isa, Index rows, Index cols, const float* x, Index row_stride, float* sums) noexcept;

/// sum[i] = sum over t of x[t * term_stride + i], added as a balanced binary tree over the terms: the order of the
/// additions depends on the number of terms alone.
void tree_sum(const Isa& isa, Index terms, Index n, const float* x, Index term_stride, float* sum) noexcept;

}  // namespace gradrace::kernels
