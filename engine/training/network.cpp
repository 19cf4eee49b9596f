#include "engine/training/network.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/data/image_set.hpp"
#include "engine/training/network_file.hpp"
#include "engine/training/planned_layers.hpp"

namespace gradrace {
namespace {

constexpr Shape kMnistImage{28, 28, 1}, kCifarImage{32, 32, 3};

Network network(const char* name, const Shape& input, const std::vector<const char*>& layers) {
  Network network{.name = name, .input = input, .layers = {}};
  for (const char* layer : layers) network.layers.push_back(Spec::parse(layer));
  return network;
}

bool is_known(const Network& network) {
  return std::ranges::any_of(known_networks(), [&](const Network& known) { return known.name == network.name; });
}

}  // namespace

const std::vector<Network>& known_networks() {
  static const std::vector<Network> networks = {
      network("convnet", kMnistImage,
              {"cn1@conv2d:out_channels=16,kernel_size=3", "relu", "cn2@conv2d:out_channels=32,kernel_size=3", "relu",
               "max_pool2d:kernel_size=2", "dp1@dropout2d:p=0.10", "fc1@linear:out_features=64", "relu",
               "dp2@dropout:p=0.25", "fc2@linear:out_features=10"}),
      network("logreg", kMnistImage, {"fc@linear:out_features=10"}),
      network(
          "mlp", kMnistImage,
          {"fc1@linear:out_features=256", "relu", "fc2@linear:out_features=128", "relu", "fc3@linear:out_features=10"}),
      network(
          "lenet5", kMnistImage,
          {"c1@conv2d:out_channels=6,kernel_size=5,padding=2", "tanh", "avg_pool2d:kernel_size=2",
           "c3@conv2d:out_channels=16,kernel_size=5", "tanh", "avg_pool2d:kernel_size=2", "f5@linear:out_features=120",
           "tanh", "f6@linear:out_features=84", "tanh", "output@linear:out_features=10"}),
      network("2c2d", kMnistImage,
              {"c1@conv2d:out_channels=32,kernel_size=5,padding=2", "relu", "max_pool2d:kernel_size=2",
               "c2@conv2d:out_channels=64,kernel_size=5,padding=2", "relu", "max_pool2d:kernel_size=2",
               "fc1@linear:out_features=1024", "relu", "fc2@linear:out_features=10"}),
      network(
          "3c3d", kCifarImage,
          {"c1@conv2d:out_channels=64,kernel_size=5", "relu", "max_pool2d:kernel_size=3,stride=2,padding=1",
           "c2@conv2d:out_channels=96,kernel_size=3", "relu", "max_pool2d:kernel_size=3,stride=2,padding=1",
           "c3@conv2d:out_channels=128,kernel_size=3,padding=1", "relu", "max_pool2d:kernel_size=3,stride=2,padding=1",
           "fc1@linear:out_features=512", "relu", "fc2@linear:out_features=256", "relu", "fc3@linear:out_features=10"}),
  };
  return networks;
}

Network find_network(const std::string& name_or_file) {
  std::vector<std::string> names;
  for (const Network& known : known_networks()) {
    if (known.name == name_or_file) return known;
    names.push_back(known.name);
  }
  if (name_or_file.ends_with(".json")) return read_network(name_or_file);
  throw usage_error("unknown network '{}': expected one of {}, or a file whose name ends with .json", name_or_file,
                    fmt::join(names, ", "));
}

Network fitted(Network network, const Dataset& data) {
  const ImageSet& images = data.train;
  return fitted(std::move(network), {images.height, images.width, images.channels}, images.classes);
}

Network fitted(Network network, const Shape& images, Index classes) {
  if (is_known(network)) {
    network.input = images;
    network.layers.back().options.give("out_features", fmt::format("{}", classes));
    return network;
  }
  const Shape& input = network.input;
  if (input.h != images.h || input.w != images.w || input.c != images.c)
    throw usage_error(
        "network {}: its input is [{}, {}, {}] (height, width, channels), but the images are [{}, {}, {}]",
        network.name, input.h, input.w, input.c, images.h, images.w, images.c);
  const Index outputs = plan_layers(network).back().out.floats();
  if (outputs < classes)
    throw usage_error("network {}: it has {} outputs, but the images are of {} classes", network.name, outputs,
                      classes);
  if (outputs > kMostClasses)
    throw usage_error("network {}: it has {} outputs, and there can be at most {}", network.name, outputs,
                      kMostClasses);
  return network;
}

}  // namespace gradrace
