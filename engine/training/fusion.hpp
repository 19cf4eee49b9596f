#pragma once
/// The fusion pass: replaces runs of layers by fused stages that compute the same.

#include "engine/training/network.hpp"

namespace gradrace {

/// conv2d (no dilation), relu, max_pool2d (stride == window, no padding) and dropout2d, if it follows, become one
/// conv_pool; where no such run follows, conv2d and relu become one conv2d. Whatever it does not know stays as it is.
Network fuse(const Network& network);

}  // namespace gradrace
