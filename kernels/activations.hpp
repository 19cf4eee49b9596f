#pragma once
/// Smooth activations and leaky ReLU, element by element, with their adjoints. All are PyTorch's.
///
/// forward(x): y = f(x). backward(from, dy): dx = dy * f'(x), where `from` is what backward reads, the output y or the
/// input x.
/// Layout     flat, unit stride; all arrays of one call have the same size.   Alignment  any.
/// Aliasing   y may be x; dx may be dy.   Effects  overwrites y and dx.   Threads  serial.
/// Numerics   NaN stays NaN; zero keeps its sign where f(0) = 0. Bounds are in units in the last place of what double
///            precision gives, measured for every float on every instruction set. Results below 2^-119 are off by a few
///            units of what they are products of, at most |x| 2^-149. Slopes that are a sum, those of silu and gelu,
///            are off by less than 5 units of the sum of their terms' magnitudes.

#include <span>

#include "kernels/isa.hpp"

namespace gradrace::kernels {

/// f(x) = tanh(x), within 1.5 units. backward reads y: f' = (1 - y)(1 + y).
void tanh_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept;
void tanh_backward(const Isa& isa, std::span<const float> y, std::span<const float> dy, std::span<float> dx) noexcept;

/// f(x) = 1 / (1 + e^-x), within 2.5 units. backward reads y: f' = (1 - y) y.
void sigmoid_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept;
void sigmoid_backward(const Isa& isa, std::span<const float> y, std::span<const float> dy,
                      std::span<float> dx) noexcept;

/// f(x) = x sigmoid(x), within 3.5 units. backward reads x: f' = s (1 + x (1 - s)) with s = sigmoid(x). As in PyTorch,
/// -infinity becomes NaN, and so do the gradients at both infinities.
void silu_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept;
void silu_backward(const Isa& isa, std::span<const float> x, std::span<const float> dy, std::span<float> dx) noexcept;

/// f(x) = x Phi(x) with the normal distribution's Phi (not its approximation by tanh), within 2 units for positive x
/// and 5 for negative. backward reads x: f' = Phi(x) + x Phi'(x). Infinities as in silu.
void gelu_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept;
void gelu_backward(const Isa& isa, std::span<const float> x, std::span<const float> dy, std::span<float> dx) noexcept;

/// f(x) = x if x > 0, else slope * x. backward reads x; for a slope that is not negative it may read y instead, which
/// is positive where x is, and nowhere else. Exact but for the rounding of the product.
void leaky_relu_forward(const Isa& isa, float slope, std::span<const float> x, std::span<float> y) noexcept;
void leaky_relu_backward(const Isa& isa, float slope, std::span<const float> from, std::span<const float> dy,
                         std::span<float> dx) noexcept;

}  // namespace gradrace::kernels
