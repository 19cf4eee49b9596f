// "gelu": x Phi(x), of the normal distribution. PyTorch's nn.GELU with approximate='none'.
#include "engine/layers/elementwise.hpp"
#include "kernels/activations.hpp"

namespace gradrace {
namespace {

const LayerRegistry::Entry<Elementwise<kernels::gelu_forward, kernels::gelu_backward, false>> entry("gelu");

}  // namespace
}  // namespace gradrace
