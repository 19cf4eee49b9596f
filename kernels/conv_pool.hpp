#pragma once
/// Convolution, ReLU, max pooling and channel dropout as one stage, one sample a call. The convolution's output exists
/// for one row of pooling windows at a time and never leaves L1; its gradient, which is zero wherever a position lost
/// the pooling, was cut by the ReLU or belongs to a dropped channel, exists as lists of its non-zeros.

#include <span>

#include "kernels/conv2d.hpp"

namespace gradrace::kernels {

/// Whether the stage can run a shape: no dilation along x.
bool conv_pool_supports(const ConvPoolShape& shape);

/// Floats of scratch that each of the functions below needs (64-byte aligned).
Index conv_pool_scratch_floats(const ConvPoolShape& shape);

/// y(p, c) = max(0, max over window p of x * w + bias) * scale(c).
/// Layout     x, weight, bias as conv2d_forward; y [out_h][out_w][out_c]; scale one float per channel, or null for no
///            dropout; place as y: how many floats of x in a frame lie between the window's first input and that of
///            its maximum, or kNowhere; null if no backward pass follows.
/// Numerics   the convolution's bits are conv2d_forward's, the first maximum wins, NaN wins and stays.
/// Effects    overwrites y and place.   Aliasing  none.   Threads  serial.
void conv_pool_forward(const Isa& isa, ConvMethod method, const ConvPoolShape& shape, const float* x,
                       const float* weight, const float* bias, const float* scale, float* y, float* place,
                       std::span<float> scratch) noexcept;

/// Gradients of weight, bias and input of one sample, exact up to the order of additions.
/// Layout     dy, scale, place as in forward; weight_rows and dweight_rows [out_c][depth], depth in the order of the
///            weights' rows; dbias [out_c]; dx as x, or null if not wanted.
/// Numerics   sums run over the non-zeros only: pooled rows in bands from the top, in a band channel by channel for dx,
///            positions in row-major order.
/// Effects    adds to dweight_rows and dbias if accumulate, else overwrites them; overwrites dx.   Threads  serial.
/// Source     the idea of skipping zero gradients: Gong et al. 2020, "SparseTrain"; using the pooling's zeros is ours.
void conv_pool_backward(const Isa& isa, const ConvPoolShape& shape, const float* x, const float* dy, const float* scale,
                        const float* place, const float* weight_rows, float* dweight_rows, float* dbias,
                        bool accumulate, float* dx, std::span<float> scratch) noexcept;

}  // namespace gradrace::kernels
