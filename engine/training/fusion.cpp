#include "engine/training/fusion.hpp"

#include "engine/training/planned_layers.hpp"

namespace gradrace {
namespace {

using Layers = std::vector<PlannedLayer>;

bool has(const Layers& layers, std::size_t i, const char* type) {
  return i < layers.size() && layers[i].spec.name == type;
}

bool begins_conv_relu(const Layers& layers, std::size_t i) {
  return has(layers, i, "conv2d") && has(layers, i + 1, "relu") && layers[i].spec.options.in_force("relu") == "false";
}

/// Whether the layers from i on are a run that conv_pool stands for.
bool begins_conv_pool(const Layers& layers, std::size_t i) {
  if (!begins_conv_relu(layers, i) || !has(layers, i + 2, "max_pool2d")) return false;
  const Options &conv = layers[i].spec.options, &pool = layers[i + 2].spec.options;
  return conv.in_force("dilation") == "1" && pool.in_force("padding") == "0" &&
         pool.in_force("stride") == pool.in_force("kernel_size");
}

}  // namespace

Network fuse(const Network& network) {
  const Layers layers = plan_layers(network);
  Network fused{.name = network.name, .input = network.input, .layers = {}};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Spec& stage = fused.layers.emplace_back(network.layers[i]);
    stage.label = layers[i].name;
    if (!begins_conv_relu(layers, i)) continue;
    if (!begins_conv_pool(layers, i)) {
      stage.options.give("relu", "true");
      ++i;
      continue;
    }
    stage.name = "conv_pool";
    stage.options.give("pool_size", layers[i + 2].spec.options.in_force("kernel_size"));
    i += 2;
    if (has(layers, i + 1, "dropout2d")) stage.options.give("p", layers[++i].spec.options.in_force("p"));
  }
  return fused;
}

}  // namespace gradrace
