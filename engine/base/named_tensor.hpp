#pragma once
/// A tensor under its name, as PyTorch's state_dict has them.

#include <string>
#include <vector>

#include "kernels/base.hpp"

namespace gradrace {

/// A tensor of floats: row-major values, as many as the product of the shape. A scalar has an empty shape.
struct NamedTensor {
  std::string name;
  std::vector<Index> shape;
  std::vector<float> values;
};

}  // namespace gradrace
