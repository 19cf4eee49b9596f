#pragma once
/// The gradient of a convolution's input as a convolution itself, so that its methods serve it as well.

#include <optional>

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// The convolution (conv2d.hpp) that computes dx from dy with turned weights and no bias: dy is padded by as much as a
/// window reaches beyond it. Nothing where the stride is not 1, where more is padded than a window reaches, or where
/// conv2d_input_gradient has less to do: if the input channels are no whole panels, or the convolution of the larger
/// image needs more products.
std::optional<ConvShape> conv_adjoint(const ConvShape& shape);

/// The adjoint's weights: each kernel turned by half a turn, input and output channels changed over. Brings up to date
/// what depends on some panels of the weights.
/// Layout     weight a panel matrix conv2d_weights(shape), turned one of conv2d_weights(adjoint).
/// Aliasing   none.   Threads  serial; calls on disjoint panels write disjoint memory.
void conv_turn_weights(const Isa& isa, const ConvShape& shape, const float* weight, Range panels,
                       float* turned) noexcept;

}  // namespace gradrace::kernels
