#pragma once
/// How far the models that two optimizers trained lie apart.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/named_tensor.hpp"

namespace gradrace {

/// Of one parameter tensor of model a and the same tensor of model b.
struct ParameterDifference {
  std::string parameter;
  double mean_difference = 0;        ///< mean(a - b)
  double normalized_difference = 0;  ///< (max(a) - mean(a - b)) / (max(a) - min(a)); not finite if a is constant
};

/// For each tensor of `a` and `b`, which hold the same tensors in the same order.
std::vector<ParameterDifference> parameter_differences(std::span<const NamedTensor> a, std::span<const NamedTensor> b);

/// Two runs from one seed, by their labels.
struct RunDifference {
  std::string a, b;
  std::uint64_t seed = 0;
  std::vector<ParameterDifference> parameters;
};

/// Those between two of these labels.
std::vector<RunDifference> among(std::span<const RunDifference> differences, std::span<const std::string> labels);

}  // namespace gradrace
