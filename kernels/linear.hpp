#pragma once
/// Fully connected layer, over any number of rows (samples).

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// Rows of activations: row r at data + r * stride, contiguous inside. Rows that serve as an operand of a weight
/// gradient are padded to whole panels; the padding is read and ignored.
struct ConstRows {
  const float* data;
  Index stride;
};
struct Rows {
  float* data;
  Index stride;
};

/// y(n, o) = bias(o) + sum over k of x(n, k) w(k, o) for n in [0, rows).
/// Layout     w is a panel matrix {inputs, outputs}, bias whole panels.   Aliasing  none.   Effects  overwrites y.
/// Numerics   the order of gemm.hpp, the first chain starting at the bias; the bits of a row do not depend on how many
///            rows there are.   Threads  serial.
void linear_forward(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows x, const float* weight,
                    const float* bias, Rows y) noexcept;

/// dx(n, k) = sum over o of dy(n, o) w(k, o). weight_transposed is the panel matrix w.transposed(). Overwrites dx.
void linear_input_gradient(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows dy,
                           const float* weight_transposed, Rows dx) noexcept;

/// dw(k, o) = sum over n of x(n, k) dy(n, o) for k in [inputs.begin, inputs.end), samples in order; at least one. dw is
/// the panel matrix {inputs.size(), outputs} of that slice alone and is overwritten; its padding columns are left
/// alone.
void linear_weight_gradient(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows x, ConstRows dy, Range inputs,
                            float* dweight) noexcept;

}  // namespace gradrace::kernels
