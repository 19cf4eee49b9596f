#pragma once
/// 2-D average pooling, one sample a call. PyTorch's nn.AvgPool2d with count_include_pad=True, its default.

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// y(oy, ox, c) = (sum over the window of x) / (kernel_h * kernel_w); padding counts as zeros.
/// Layout     x [in_h][in_w][channels], y [out_h][out_w][channels]. No dilation; padding at most half a window.
/// Numerics   summed in row-major order, then divided.
/// Effects    overwrites y.   Aliasing  none.   Threads  serial.
void avg_pool_forward(const Isa& isa, const PoolShape& shape, const float* x, float* y) noexcept;

/// dx = 0, then dx at every place of each window += dy / (kernel_h * kernel_w), windows in row-major order. Overwrites
/// dx.
void avg_pool_backward(const Isa& isa, const PoolShape& shape, const float* dy, float* dx) noexcept;

}  // namespace gradrace::kernels
