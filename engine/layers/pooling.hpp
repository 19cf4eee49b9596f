#pragma once
/// What all pooling layers share: their options and their shape.

#include "engine/layers/layer.hpp"
#include "kernels/shapes.hpp"

namespace gradrace {

/// The shape that kernel_size=2, stride=kernel_size and padding=0 say, as PyTorch's pooling layers with square windows;
/// its input comes later.
kernels::PoolShape pooling_windows(Options& options, Index largest_kernel);

/// Fits the windows to their input and returns the output's shape; throws usage_error if a window is larger than the
/// input with its padding, or the padding than half a window.
Shape fit_pooling(const Shape& input, kernels::PoolShape& shape);

}  // namespace gradrace
