#pragma once
/// A convolution's gradients from what is not zero in its output's gradient, one sample a call. Behind ReLU and max
/// pooling that is one value in eight or fewer, and exactly so.

#include <span>

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// How many of some values are not zero (NaN is not).   Threads  serial.
Index count_non_zeros(const Isa& isa, std::span<const float> x) noexcept;

/// Floats of scratch that conv_sparse_gradients needs (64-byte aligned).
Index conv_sparse_scratch_floats(const ConvShape& shape);

/// Gradients of weight, bias and, if dx is not null, input of one sample: what conv2d_parameter_gradient and
/// conv2d_input_gradient compute, for any shape.
/// Layout     x, dy, dx as there; weight_rows and dweight_rows [out_c][depth], depth in the order of the weights' rows;
///            dbias [out_c].
/// Numerics   sums run over the non-zeros only, as chains of fused multiply-adds (on sse2 multiply then add) of any
///            length: output rows in bands from the top, in a band channel by channel for dx, positions in row-major
///            order. A NaN or an infinity of x or of a weight that only meets zeros is not seen.
/// Effects    adds to dweight_rows and dbias if accumulate, else overwrites them; overwrites dx.
/// Aliasing   none.   Alignment  any; fastest at 64 bytes.   Threads  serial.
/// Source     the idea of skipping zero gradients: Gong et al. 2020, "SparseTrain".
void conv_sparse_gradients(const Isa& isa, const ConvShape& shape, const float* x, const float* dy,
                           const float* weight_rows, float* dweight_rows, float* dbias, bool accumulate, float* dx,
                           std::span<float> scratch) noexcept;

}  // namespace gradrace::kernels
