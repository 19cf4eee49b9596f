#pragma once
/// Fully connected layer, over any number of rows (samples). Its weights are a panel matrix {outputs, inputs}: vectors
/// run along the inputs in all three products, so there is no transposed copy to keep up to date, and a panel (16
/// inputs) has all that its gradient and its update need.

#include <span>

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// Rows of activations: row r at data + r * stride, contiguous inside. The inputs of a weight gradient are read, and
/// the rest ignored, up to whole panels.
struct ConstRows {
  const float* data;
  Index stride;
};
struct Rows {
  float* data;
  Index stride;
};

/// Floats of scratch that linear_forward needs.
Index linear_scratch_floats(const PanelMatrix& w, Index rows);

/// y(n, o) = bias(o) + sum over k of x(n, k) w(o, k) for n in [0, rows).
/// Layout     w is a panel matrix {outputs, inputs}.   Aliasing  none.   Effects  overwrites y.
/// Numerics   each lane of a vector has a sum of its own over each 512 of k; these are added in order, then the lanes,
///            then the bias. The bits of a row do not depend on how many rows there are.   Threads  serial.
void linear_forward(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows x, const float* weight,
                    const float* bias, Rows y, std::span<float> scratch) noexcept;

/// dx(n, k) = sum over o of dy(n, o) w(o, k), in the order of gemm.hpp. Overwrites dx.
void linear_input_gradient(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows dy, const float* weight,
                           Rows dx) noexcept;

/// dw(o, k) = sum over n of dy(n, o) x(n, k) for the inputs of some panels, samples in order; at least one. dw is these
/// panels alone, one after the other; it is overwritten, its padding columns with zeros.
void linear_weight_gradient(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows x, ConstRows dy, Range panels,
                            float* dweight) noexcept;

}  // namespace gradrace::kernels
