#pragma once
/// Networks as JSON: {"input": [height, width, channels], "layers": ["c1@conv2d:out_channels=6,kernel_size=5", "tanh",
/// ...]}. A layer is [LABEL@]TYPE[:option=value,...]. Between layers of images and "linear" nothing need be said:
/// flattening is implied, in PyTorch's order.

#include <filesystem>

#include <nlohmann/json_fwd.hpp>

#include "engine/training/network.hpp"

namespace gradrace {

/// Reads and checks a network: its layers exist and fit together. Throws usage_error that names the file, the layer by
/// number, and what would fit.
Network read_network(const std::filesystem::path& file);

/// What a network file holds, with "name" in front.
nlohmann::ordered_json network_json(const Network& network);

}  // namespace gradrace
