#pragma once
/// What a network is, before it has memory: its input and a list of layers by name.

#include <string>
#include <vector>

#include "engine/base/options.hpp"
#include "engine/data/dataset.hpp"
#include "engine/plan/context.hpp"

namespace gradrace {

struct Network {
  std::string name = {};  ///< a known network's, or the file that it was read from
  Shape input;
  std::vector<Spec> layers;  ///< label: what its parameters are named after; name: its type in the layer registry
};

/// The networks that have a name, for the images that they were made for:
///   convnet  the experiment's, with 300,426 parameters on 28x28: two 3x3 convolutions, pooling, dropout, two dense
///   logreg   one dense layer          mlp  784-256-128-10
///   lenet5   LeCun et al. 1998, "Gradient-based learning applied to document recognition", with a linear output
///   2c2d, 3c3d  after Schneider et al. 2019, "DeepOBS: a deep learning optimizer benchmark suite"
const std::vector<Network>& known_networks();

/// The known network of that name, or the one in a file whose name ends with .json (network_file.hpp). Throws
/// usage_error.
Network find_network(const std::string& name_or_file);

/// The network for images of this shape in so many classes. A known one adapts its input and its last layer; one from a
/// file stays as it is, and usage_error is thrown where it does not take such images, does not tell so many classes
/// apart, or has more outputs than there can be classes.
Network fitted(Network network, const Shape& images, Index classes);
Network fitted(Network network, const Dataset& data);

}  // namespace gradrace
