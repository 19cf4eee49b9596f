#pragma once
/// Initial values of parameters.

#include <functional>
#include <span>

#include "engine/base/random.hpp"
#include "kernels/base.hpp"

namespace gradrace {

/// Draws the initial values of one parameter, in PyTorch's order of its elements.
using InitialValues = std::function<void(Generator&, std::span<float>)>;

/// What PyTorch's convolutions and linear layers begin with, weights and biases alike: U(-1/sqrt(fan_in),
/// 1/sqrt(fan_in)), where fan_in is the number of inputs to one output (in channels * kernel area). PyTorch draws a
/// layer's weight first, then its bias. Source: reset_parameters of torch.nn.Linear and torch.nn.Conv2d,
/// kaiming_uniform_ with a = sqrt(5) (He et al. 2015).
InitialValues uniform_by_fan_in(Index fan_in);

}  // namespace gradrace
