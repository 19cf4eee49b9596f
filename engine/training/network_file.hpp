#pragma once
/// Networks as JSON: {"input": [height, width, channels], "layers": ["c1@conv2d:out_channels=6,kernel_size=5", "tanh",
/// ...]}. A layer is [LABEL@]TYPE[:option=value,...]. Between layers of images and "linear" nothing need be said:
/// flattening is implied, in PyTorch's order.

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "engine/training/network.hpp"

namespace gradrace {

/// The network that a text says, checked: its layers exist and fit together. `name` is its name, and the file's in
/// messages. Throws usage_error that names the layer by number and what would fit, and data_error if the text is no
/// JSON.
Network parse_network(std::string_view text, const std::string& name);

/// Reads and checks a network: as parse_network(). Whatever is wrong is a usage_error.
Network read_network(const std::filesystem::path& file);

/// What a network file holds, with "name" in front.
nlohmann::ordered_json network_json(const Network& network);

}  // namespace gradrace
