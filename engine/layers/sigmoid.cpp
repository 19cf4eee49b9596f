// "sigmoid": 1 / (1 + e^-x). PyTorch's nn.Sigmoid. In place.
#include "engine/layers/elementwise.hpp"
#include "kernels/activations.hpp"

namespace gradrace {
namespace {

const LayerRegistry::Entry<Elementwise<kernels::sigmoid_forward, kernels::sigmoid_backward, true>> entry("sigmoid");

}  // namespace
}  // namespace gradrace
