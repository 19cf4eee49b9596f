#include "engine/training/network_file.hpp"

#include "engine/base/error.hpp"
#include "engine/files/file.hpp"
#include "engine/files/json.hpp"
#include "engine/training/planned_layers.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

/// The value of a key that must be there, an array.
const ordered_json& array(const ordered_json& network, const char* key, const char* what) {
  if (!network.contains(key) || !network[key].is_array())
    throw usage_error("expected \"{}\": [{}], found {}", key, what,
                      network.contains(key) ? network[key].type_name() : "no such key");
  return network[key];
}

Shape input(const ordered_json& network) {
  const ordered_json& sizes = array(network, "input", "height, width, channels");
  const auto is_size = [](const ordered_json& size) {
    return size.is_number_unsigned() && size >= 1 && size <= kMostSide;
  };
  if (sizes.size() != 3 || !std::ranges::all_of(sizes, is_size))
    throw usage_error("expected \"input\": [height, width, channels], each a whole number from 1 to {}, found {}",
                      kMostSide, shown(sizes));
  return {sizes[0], sizes[1], sizes[2]};
}

std::vector<Spec> layers(const ordered_json& network) {
  const ordered_json& texts = array(network, "layers", "layer, ...");
  if (texts.empty() || texts.size() > kMostLayers)
    throw usage_error("expected 1 to {} layers, found {}", kMostLayers, texts.size());
  std::vector<Spec> specs;
  for (const ordered_json& text : texts) {
    if (!text.is_string())
      throw usage_error("layer {}: expected a text such as \"c1@conv2d:out_channels=6,kernel_size=5\", found {}",
                        specs.size() + 1, text.type_name());
    try {
      specs.push_back(Spec::parse(text));
    } catch (const Error& error) {
      throw usage_error("layer {}: {}", specs.size() + 1, error.what());
    }
  }
  return specs;
}

/// Its errors do not name the file.
Network network_of(const ordered_json& json, const std::string& name) {
  if (!json.is_object()) throw usage_error("expected an object {{...}}, found {}", json.type_name());
  for (const auto& [key, unused] : json.items())
    if (key != "input" && key != "layers" && key != "name")
      throw usage_error("unknown key {}: expected \"input\" and \"layers\"", shown(key));
  Network network{.name = name, .input = input(json), .layers = layers(json)};
  plan_layers(network);
  return network;
}

}  // namespace

Network parse_network(std::string_view text, const std::string& name) {
  const ordered_json json = parse_json(text, name);
  try {
    return network_of(json, name);
  } catch (const Error& error) {
    throw usage_error("{}: {}", name, error.what());
  }
}

Network read_network(const std::filesystem::path& file) {
  try {
    return parse_network(read_text(file, kMostBytes), file.string());
  } catch (const Error& error) {
    throw usage_error("{}", error.what());  // the option that names the file is wrong
  }
}

ordered_json network_json(const Network& network) {
  ordered_json json = {{"name", network.name},
                       {"input", {network.input.h, network.input.w, network.input.c}},
                       {"layers", ordered_json::array()}};
  for (const Spec& layer : network.layers) json["layers"].push_back(layer.text());
  return json;
}

}  // namespace gradrace
