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

/// The inputs are summed in parts: panels of a part (the last may have fewer), and parts of a matrix. They depend on
/// the shape alone, so that workers may share them out and no bit tells who did what.
Index linear_part_panels(const PanelMatrix& w);
Index linear_parts(const PanelMatrix& w);
/// Floats of the sums of all parts.
Index linear_sum_floats(const PanelMatrix& w, Index rows);

/// sums(p, n, o) = sum over the inputs k of part p of x(n, k) w(o, k), for n in [0, rows) and p in parts.
/// Layout     w is a panel matrix {outputs, inputs}, sums [parts][rows][outputs].   Aliasing  none.
/// Numerics   each lane of a vector has a sum of its own, then the lanes are added; inputs behind the last whole panel
///            are then added one by one, without fusing. The bits of a row do not depend on how many rows there are.
/// Threads    serial; different parts may be computed at once.
void linear_part_sums(const Isa& isa, const PanelMatrix& w, Range parts, Index rows, ConstRows x, const float* weight,
                      std::span<float> sums) noexcept;

/// y(n, o) = bias(o) + sum over p of sums(p, n, o), in order, for n in `some` of [0, rows). With linear_part_sums of
/// all parts: y = x w^T + bias. Overwrites y.
void linear_add_up(const Isa& isa, const PanelMatrix& w, Range some, Index rows, std::span<const float> sums,
                   const float* bias, Rows y) noexcept;

/// dx(n, k) = sum over o of dy(n, o) w(o, k), in the order of gemm.hpp, for the inputs of some panels. Overwrites these
/// of dx.
void linear_input_gradient(const Isa& isa, const PanelMatrix& w, Range panels, Index rows, ConstRows dy,
                           const float* weight, Rows dx) noexcept;

/// dw(o, k) = sum over n of dy(n, o) x(n, k) for the inputs of some panels, samples in order; at least one. dw is these
/// panels alone, one after the other; it is overwritten, its padding columns with zeros.
void linear_weight_gradient(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows x, ConstRows dy, Range panels,
                            float* dweight) noexcept;

/// Behind ReLU and dropout most of dy is zero. These do what the two above do, but skip the zeros: where x and w are
/// finite, with the bits of one chain of multiply-adds, however long (gemm.hpp cuts at 256). A NaN or an infinity that
/// only meets zeros is not seen. w.cols must be whole panels.

/// Floats of the lists of what is not zero in dy.
Index linear_list_floats(const PanelMatrix& w, Index rows);
/// Makes the lists, by row and by output. x_stride: of the x that the weight's gradient will get; rows * x_stride must
/// fit 32 bits.
void linear_list(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows dy, Index x_stride,
                 std::span<float> lists) noexcept;

/// linear_input_gradient and linear_weight_gradient from the lists; rows and x.stride are those of linear_list.
void linear_sparse_input_gradient(const Isa& isa, const PanelMatrix& w, Range panels, Index rows,
                                  std::span<const float> lists, const float* weight, Rows dx) noexcept;
void linear_sparse_weight_gradient(const Isa& isa, const PanelMatrix& w, Range panels, Index rows, ConstRows x,
                                   std::span<const float> lists, float* dweight) noexcept;

}  // namespace gradrace::kernels
