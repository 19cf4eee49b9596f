// "relu": max(x, 0). PyTorch's nn.ReLU. In place.
#include "engine/layers/elementwise.hpp"
#include "kernels/pointwise.hpp"

namespace gradrace {
namespace {

const LayerRegistry::Entry<Elementwise<kernels::relu_forward, kernels::relu_backward, true>> entry("relu");

}  // namespace
}  // namespace gradrace
