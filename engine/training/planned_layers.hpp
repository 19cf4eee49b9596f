#pragma once
/// The layers of a network, made and fitted to each other.

#include <memory>
#include <string>
#include <vector>

#include "engine/layers/layer.hpp"
#include "engine/training/network.hpp"

namespace gradrace {

inline constexpr std::size_t kMostLayers = 1000;
inline constexpr Index kMostSide = 1 << 16;                ///< of an input: height, width, channels
inline constexpr Index kMostActivations = Index{1} << 26;  ///< floats that go into or come out of a layer
inline constexpr Index kMostParameters = Index{1} << 31;

struct PlannedLayer {
  std::string name;  ///< the label; else the type, or type-2, type-3, ... where that is taken
  Spec spec;         ///< whose options know every resolved value
  std::unique_ptr<Layer> layer;
  Shape in, out;
  std::vector<Parameter> parameters;

  Index parameter_count() const;
};

/// Makes the layers and plans them one after the other. Throws usage_error that names the layer by its number: unknown
/// types and options, equal labels, shapes that do not fit, sizes beyond those above.
std::vector<PlannedLayer> plan_layers(const Network& network, LayerPlan& plan);
/// The same without memory, to look at.
std::vector<PlannedLayer> plan_layers(const Network& network);
/// Of all layers together.
Index parameter_count(const Network& network);

}  // namespace gradrace
