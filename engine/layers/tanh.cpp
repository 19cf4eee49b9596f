// "tanh". PyTorch's nn.Tanh. In place.
#include "engine/layers/elementwise.hpp"
#include "kernels/activations.hpp"

namespace gradrace {
namespace {

const LayerRegistry::Entry<Elementwise<kernels::tanh_forward, kernels::tanh_backward, true>> entry("tanh");

}  // namespace
}  // namespace gradrace
