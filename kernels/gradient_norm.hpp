#pragma once
/// What clipping by the norm of all gradients needs.

#include <span>

namespace gradrace::kernels {

/// The sum of squares of x, whose size is a multiple of kPanel. In double, kPanel sums side by side that are added in
/// order at the end: one order, whatever the instruction set. Threads: serial.
double sum_of_squares(std::span<const float> x) noexcept;

/// What torch.nn.utils.clip_grad_norm_ multiplies gradients by: min(1, max_norm / (norm + 1e-6)); NaN if norm is NaN.
float clip_factor(double norm, double max_norm) noexcept;

/// x <- factor x. Threads: serial.
void scale(std::span<float> x, float factor) noexcept;

}  // namespace gradrace::kernels
