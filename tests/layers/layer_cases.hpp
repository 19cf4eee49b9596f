#pragma once
/// The cases that the contract is checked in: every layer of the registry, with its defaults and with the options
/// below.

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "tests/layers/single_layer.hpp"

namespace gradrace {

struct LayerCase {
  std::string spec;
  Shape input = {6, 5, 3};
};
inline void PrintTo(const LayerCase& layer, std::ostream* out) {
  *out << layer.spec << " of " << layer.input.h << "x" << layer.input.w << "x" << layer.input.c;
}

/// Options worth a test, by layer; a layer that is not here runs with its defaults, and must have some.
inline const std::map<std::string, std::vector<LayerCase>>& known_cases() {
  static const std::map<std::string, std::vector<LayerCase>> cases = {
      {"avg_pool2d",
       {{"avg_pool2d:kernel_size=3,stride=2,padding=1"},
        {"avg_pool2d:kernel_size=3,stride=1", {5, 6, 19}},
        {"avg_pool2d:kernel_size=2,stride=3", {7, 8, 2}}}},
      {"conv2d",
       {{"conv2d:out_channels=5,padding=1"},
        {"conv2d:out_channels=16,kernel_size=3", {6, 5, 1}},
        {"conv2d:out_channels=17,kernel_size=5,padding=2,stride=2", {7, 6, 2}},
        {"conv2d:out_channels=4,kernel_size=2,dilation=2,bias=false"},
        {"conv2d:out_channels=32,kernel_size=3", {8, 9, 16}},
        {"conv2d:out_channels=16,kernel_size=1", {4, 4, 5}}}},
      {"conv_pool",
       {{"conv_pool:out_channels=16", {8, 9, 1}},
        {"conv_pool:out_channels=5,p=0.3", {9, 8, 2}},
        {"conv_pool:out_channels=6,kernel_size=5,padding=2", {6, 7, 3}},
        {"conv_pool:out_channels=16,kernel_size=2,pool_size=3,bias=false", {8, 8, 16}}}},
      {"dropout", {{"dropout:p=0"}, {"dropout:p=0.1", {1, 1, 37}}}},
      {"dropout2d", {{"dropout2d:p=0"}, {"dropout2d:p=0.2", {3, 3, 21}}}},
      {"leaky_relu", {{"leaky_relu:negative_slope=0"}, {"leaky_relu:negative_slope=-0.5"}}},
      {"linear",
       {{"linear:out_features=7"},
        {"linear:out_features=10,bias=false", {4, 4, 3}},
        {"linear:out_features=64", {8, 8, 9}}}},  // large enough to be shared out between workers
      {"max_pool2d",
       {{"max_pool2d:kernel_size=3,stride=2,padding=1"},
        {"max_pool2d:kernel_size=3,stride=1", {5, 6, 19}},
        {"max_pool2d:kernel_size=2,stride=3,padding=1", {7, 8, 2}}}}};
  return cases;
}

/// Whether a layer can do without options.
inline bool has_defaults(const std::string& name) {
  try {
    Options none;
    LayerRegistry::instance().make(name, none);
    return true;
  } catch (const Error&) {
    return false;
  }
}

inline std::vector<LayerCase> all_layer_cases() {
  std::vector<LayerCase> cases;
  for (const std::string& name : LayerRegistry::instance().names()) {
    const auto known = known_cases().find(name);
    GRADRACE_EXPECT(has_defaults(name) || known != known_cases().end(), ==, true);
    if (has_defaults(name)) cases.push_back({name});
    if (known != known_cases().end()) cases.insert(cases.end(), known->second.begin(), known->second.end());
  }
  return cases;
}

/// "conv2d_out_channels_5_padding_1", for the name of a test.
inline std::string case_name(const LayerCase& layer) {
  std::string name;
  for (const char c : layer.spec) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name + "_of_" + std::to_string(layer.input.h) + "x" + std::to_string(layer.input.w) + "x" +
         std::to_string(layer.input.c);
}

/// Of each sample, numbers up to about 3 in random order, one spacing from each other and no less than half of one from
/// zero.
struct Grid {
  explicit Grid(const Shape& shape) : floats(shape.floats()), spacing(6 / float(floats)) {}
  std::vector<float> draw(Index samples, Generator& generator) const {
    std::vector<float> values;
    std::vector<std::uint32_t> order(std::size_t(floats), 0);
    for (Index s = 0; s < samples; ++s) {
      permutation(generator.next32(), order);
      for (const Index place : order) values.push_back((float(place - floats / 2) + 0.5f) * spacing);
    }
    return values;
  }
  Index floats;
  float spacing;
};

inline std::vector<float> uniform(Index n, Generator& generator) {
  std::vector<float> values(std::size_t(n), 0.0f);
  fill_uniform(generator, 1, values);
  return values;
}

}  // namespace gradrace
