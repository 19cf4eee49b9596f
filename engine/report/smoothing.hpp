#pragma once
/// Loss curves that the eye can follow.

#include <span>
#include <vector>

#include "kernels/base.hpp"

namespace gradrace {

/// For each loss the mean of it and those before it, of at most kConvergenceWindow in all: what convergence is judged
/// by. From the first loss on that is not finite, not finite.
std::vector<double> smoothed(std::span<const float> losses);

/// `count` indices or fewer, evenly spread over 0 .. length - 1; the last one is among them.
std::vector<std::size_t> sampled(std::size_t length, std::size_t count);

}  // namespace gradrace
