#pragma once
/// Element by element: ReLU and dropout, with their adjoints, and sums.

#include <span>

#include "kernels/isa.hpp"

namespace gradrace::kernels {

/// y = max(x, 0); NaN stays NaN, -0 becomes 0. x and y may be the same array. Threads: serial.
void relu_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept;

/// dx = dy where y > 0 or y is NaN, else 0 (y is the output of relu_forward). dx may be dy.
void relu_backward(const Isa& isa, std::span<const float> y, std::span<const float> dy, std::span<float> dx) noexcept;

/// sum = x + y; sum may be either of them. Threads: serial.
void add(const Isa& isa, std::span<const float> x, std::span<const float> y, std::span<float> sum) noexcept;

/// Dropout with masks drawn beforehand, and its own adjoint: y(p, c) = x(p, c) * scale(c) for all positions p.
/// scale(c) is 0 for what is dropped and 1 / keep probability for what stays. Channel dropout: the positions of a
/// sample share one mask; element dropout: positions is 1 and every element is a channel. y may be x. A dropped NaN
/// stays NaN, as in PyTorch.
void dropout(const Isa& isa, Index positions, std::span<const float> scale, const float* x, float* y) noexcept;

}  // namespace gradrace::kernels
