#pragma once
/// 2-D max pooling, one sample a call.

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// y(oy, ox, c) = max over the window of x; argmax(oy, ox, c) = its place in the window, ky * kernel_w + kx.
/// Layout     x [in_h][in_w][channels]; y and argmax [out_h][out_w][channels]. Windows of at most 65536 places; padding
///            at most half a window, as PyTorch has it.
/// Numerics   PyTorch's rule: the first maximum in row-major order wins; a NaN wins over everything before it. Padding
///            never wins: where all places inside are -infinity, the first of them does. (A dilated window may have no
///            place inside; its maximum is -infinity, and its gradient goes nowhere.)
/// Effects    overwrites y and argmax.   Aliasing  none.   Threads  serial.
void max_pool_forward(const Isa& isa, const PoolShape& shape, const float* x, float* y, PoolPlace* argmax) noexcept;

/// dx = 0, then dx at the place of each maximum += dy, windows in row-major order. Overwrites dx.
void max_pool_backward(const Isa& isa, const PoolShape& shape, const float* dy, const PoolPlace* argmax,
                       float* dx) noexcept;

}  // namespace gradrace::kernels
