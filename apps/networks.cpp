#include "apps/networks.hpp"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/options.hpp"
#include "apps/tables.hpp"
#include "apps/terminal.hpp"
#include "engine/training/network_file.hpp"
#include "engine/training/planned_layers.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr const char* kFooter =
    R"(Examples:
  gradrace networks                      those that have a name, layer by layer
  gradrace networks mlp mine.json        these; of a file, whether its layers fit together
  gradrace --network lenet5              a race on one

A file holds its input (height, width, channels) and its layers, each [LABEL@]TYPE[:option=value,...]:
  {"input": [28, 28, 1],
   "layers": ["c1@conv2d:out_channels=6,kernel_size=5,padding=2", "tanh", "avg_pool2d:kernel_size=2",
              "fc@linear:out_features=10"]}
Types and their options are PyTorch's; between images and "linear" flattening is implied.)";

struct NetworksCommand {
  std::vector<std::string> networks;
  bool json = false;

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    CommandOption networks = network_option();
    networks.name = "network";
    networks.help = "by name or file; all that have a name if none is given";
    visit(self.networks, networks);
    visit(self.json, json_option());
  }
};

std::string shape_text(const Shape& shape) {
  return shape.h == 1 && shape.w == 1 ? fmt::format("{}", shape.c)
                                      : fmt::format("{} x {} x {}", shape.h, shape.w, shape.c);
}

std::string with_commas(Index n) {
  std::string text = fmt::format("{}", n);
  for (Index at = std::ssize(text) - 3; at > 0; at -= 3) text.insert(std::size_t(at), ",");
  return text;
}

std::string network_text(const Network& network) {
  std::vector<std::vector<std::string>> rows;
  Index parameters = 0, products = 0;
  for (const PlannedLayer& layer : plan_layers(network)) {
    parameters += layer.parameter_count();
    products += layer.layer->multiply_adds();
    rows.push_back({layer.spec.text(), shape_text(layer.out), with_commas(layer.parameter_count()),
                    with_commas(layer.layer->multiply_adds())});
  }
  rows.push_back({"all", "", with_commas(parameters), with_commas(products)});
  return fmt::format("{}, for {} images\n{}", bold(printable(network.name)), shape_text(network.input),
                     table({"layer", "output", "parameters", "multiply-adds"}, rows));
}

ordered_json network_facts(const Network& network) {
  ordered_json json = network_json(network);
  json["layers"].clear();
  for (const PlannedLayer& layer : plan_layers(network))
    json["layers"].push_back({{"layer", layer.spec.text()},
                              {"name", layer.name},
                              {"output", {layer.out.h, layer.out.w, layer.out.c}},
                              {"parameters", layer.parameter_count()},
                              {"multiply_adds", layer.layer->multiply_adds()}});
  return json;
}

void run(const NetworksCommand& command) {
  std::vector<Network> networks;
  for (const std::string& name : command.networks) networks.push_back(find_network(name));
  if (networks.empty()) networks = known_networks();
  ordered_json json = ordered_json::array();
  std::string text;
  for (const Network& network : networks) {
    if (command.json)
      json.push_back(network_facts(network));
    else
      text += (text.empty() ? "" : "\n") + network_text(network);
  }
  say(command.json ? json_text(json) : text);
}

}  // namespace

void add_networks_command(CLI::App& app) {
  Command& command = add_command(app, "networks", "networks to race on: layers, shapes, parameters, multiply-adds");
  const auto options = std::make_shared<NetworksCommand>();
  add_options(command, *options);
  command.footer(kFooter);
  command.callback([options] { run(*options); });
}

}  // namespace gradrace
