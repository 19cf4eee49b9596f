#include <nlohmann/json.hpp>

#include "engine/training/network_file.hpp"
#include "engine/training/planned_layers.hpp"
#include "tests/fuzzing/fuzzer.hpp"

namespace gradrace {

void fuzz(std::string_view input) {
  const Network network = parse_network(input, "some.json");
  GRADRACE_EXPECT(plan_layers(network).empty(), ==, false);
  const std::string text = network_json(network).dump();
  GRADRACE_EXPECT(network_json(parse_network(text, "some.json")).dump() == text, ==, true);
}

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const Network& network : known_networks()) texts.push_back(network_json(network).dump());
  return texts;
}

std::vector<std::string> words() {
  return {R"(\"input\": [)",
          R"(\"layers\": [)",
          "65536",
          "1048576",
          "conv2d:out_channels=",
          ",kernel_size=",
          ",stride=",
          ",padding=",
          ",dilation=",
          "max_pool2d:",
          "avg_pool2d:",
          "linear:out_features=",
          "dropout:p=",
          "relu",
          "tanh",
          "leaky_relu:negative_slope="};
}

}  // namespace gradrace
