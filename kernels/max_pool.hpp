#pragma once
/// 2-D max pooling, one sample a call.

#include <cstdint>

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// y(oy, ox, c) = max over the window of x; argmax(oy, ox, c) = its place in the window, ky * kernel_w + kx.
/// Layout     x [in_h][in_w][channels]; y and argmax [out_h][out_w][channels]. No padding; windows of at most 256
/// places. Numerics   PyTorch's rule: the first maximum in row-major order wins; a NaN wins over everything before it.
/// Effects    overwrites y and argmax.   Aliasing  none.   Threads  serial.
void max_pool_forward(const Isa& isa, const PoolShape& shape, const float* x, float* y, std::uint8_t* argmax) noexcept;

/// dx = 0, then dx at the place of each maximum += dy, windows in row-major order. Overwrites dx.
void max_pool_backward(const Isa& isa, const PoolShape& shape, const float* dy, const std::uint8_t* argmax,
                       float* dx) noexcept;

}  // namespace gradrace::kernels
