#pragma once
/// Log-softmax, negative log likelihood and the gradient of both, fused.

#include <span>

#include "kernels/isa.hpp"

namespace gradrace::kernels {

/// Of one sample: log_prob = x - max - log(sum of exp(x - max)), returns the loss -log_prob(target), and
/// dx(c) = (exp(log_prob(c)) - [c == target]) * scale.
/// Layout     x, log_prob, dx: one float per class; log_prob and dx may be empty if they are not wanted. dx may be x.
/// Numerics   the row's maximum is subtracted first, so nothing overflows; any NaN or +infinity makes the loss NaN.
///            scale is 1 / batch for the mean loss.   Threads  serial.   Preconditions  target < x.size().
float log_softmax_nll(const Isa& isa, std::span<const float> x, Index target, float scale, std::span<float> log_prob,
                      std::span<float> dx) noexcept;

}  // namespace gradrace::kernels
