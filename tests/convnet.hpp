#pragma once
/// The network of the experiment, for tests.

#include "engine/training/network.hpp"

namespace gradrace {

/// For grey images of ten classes.
inline Network convnet(Index height, Index width) {
  return fitted(find_network("convnet"), {height, width, 1}, 10);
}

}  // namespace gradrace
