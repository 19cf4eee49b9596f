// "silu": x sigmoid(x). PyTorch's nn.SiLU.
#include "engine/layers/elementwise.hpp"
#include "kernels/activations.hpp"

namespace gradrace {
namespace {

const LayerRegistry::Entry<Elementwise<kernels::silu_forward, kernels::silu_backward, false>> entry("silu");

}  // namespace
}  // namespace gradrace
