#pragma once
/// Initial weights.

#include <span>

#include "engine/base/random.hpp"
#include "kernels/base.hpp"

namespace gradrace {

/// Draws the initial values of a convolution's or linear layer's weight or bias in PyTorch's order:
/// U(-1/sqrt(fan_in), 1/sqrt(fan_in)). fan_in is the number of inputs to one output (in channels * kernel area), for
/// the bias too. PyTorch draws a layer's weight first, then its bias. Source: reset_parameters of torch.nn.Linear and
/// torch.nn.Conv2d, kaiming_uniform_ with a = sqrt(5) (He et al. 2015).
void draw_initial(Generator& generator, Index fan_in, std::span<float> values);

}  // namespace gradrace
