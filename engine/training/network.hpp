#pragma once
/// What a network is, before it has memory: its input and a list of layers by name.

#include <vector>

#include "engine/layers/layer.hpp"

namespace gradrace {

struct Network {
  Shape input;
  std::vector<Spec> layers;  ///< label: what its parameters are named after; name: its type in the layer registry
};

/// The network of the experiment, for grey images of the given size:
/// cn1 conv 1->16 3x3, relu, cn2 conv 16->32 3x3, relu, max pool 2, channel dropout 0.10, fc1 64, relu, dropout 0.25,
/// fc2 10. On 28x28 it has 300,426 parameters.
Network mnist_convnet(Index height, Index width);

}  // namespace gradrace
