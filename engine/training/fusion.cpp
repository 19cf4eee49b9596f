#include "engine/training/fusion.hpp"

namespace gradrace {
namespace {

bool has(const Network& network, std::size_t i, const char* type) {
  return i < network.layers.size() && network.layers[i].name == type;
}

/// Whether the layers from i on are a run that conv_pool stands for.
bool begins_conv_pool(const Network& network, std::size_t i) {
  if (!has(network, i, "conv2d") || !has(network, i + 1, "relu") || !has(network, i + 2, "max_pool2d")) return false;
  const Options &conv = network.layers[i].options, &pool = network.layers[i + 2].options;
  return conv.given("padding", "0") == "0" && conv.given("dilation", "1") == "1" &&
         pool.given("stride", pool.given("kernel_size", "2")) == pool.given("kernel_size", "2");
}

}  // namespace

Network fuse(const Network& network) {
  Network fused{.input = network.input, .layers = {}};
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    fused.layers.push_back(network.layers[i]);
    if (!begins_conv_pool(network, i)) continue;
    Spec& stage = fused.layers.back();
    stage.name = "conv_pool";
    stage.options.give("pool_size", network.layers[i + 2].options.given("kernel_size", "2"));
    i += 2;
    if (has(network, i + 1, "dropout2d")) stage.options.give("p", network.layers[++i].options.given("p", "0.5"));
  }
  return fused;
}

}  // namespace gradrace
