#include "engine/training/network.hpp"

namespace gradrace {

Network mnist_convnet(Index height, Index width) {
  Network network{.input = {height, width, 1}, .layers = {}};
  for (const char* layer :
       {"cn1@conv2d:out_channels=16,kernel_size=3", "relu", "cn2@conv2d:out_channels=32,kernel_size=3", "relu",
        "max_pool2d:kernel_size=2", "dp1@dropout2d:p=0.10", "fc1@linear:out_features=64", "relu", "dp2@dropout:p=0.25",
        "fc2@linear:out_features=10"})
    network.layers.push_back(Spec::parse(layer));
  return network;
}

}  // namespace gradrace
