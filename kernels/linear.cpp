#include "kernels/linear.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {

void linear_forward(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows x, const float* weight,
                    const float* bias, Rows y) noexcept {
  GRADRACE_EXPECT(x.stride, >=, w.rows);
  GRADRACE_EXPECT(y.stride, >=, w.cols);
  isa.table().gemm({.rows = rows,
                    .cols = w.cols,
                    .depth = w.rows,
                    .a = x.data,
                    .a_tile_stride = isa.table().gemm_tile_rows * x.stride,
                    .a_row_stride = x.stride,
                    .a_depth_stride = 1,
                    .b = weight,
                    .b_panel_stride = w.rows * kPanel,
                    .b_depth_stride = kPanel,
                    .c = y.data,
                    .c_panel_stride = kPanel,
                    .c_row_stride = y.stride,
                    .bias = bias,
                    .accumulate = false});
}

void linear_input_gradient(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows dy,
                           const float* weight_transposed, Rows dx) noexcept {
  GRADRACE_EXPECT(dx.stride, >=, w.rows);
  GRADRACE_EXPECT(dy.stride, >=, w.cols);
  isa.table().gemm({.rows = rows,
                    .cols = w.rows,
                    .depth = w.cols,
                    .a = dy.data,
                    .a_tile_stride = isa.table().gemm_tile_rows * dy.stride,
                    .a_row_stride = dy.stride,
                    .a_depth_stride = 1,
                    .b = weight_transposed,
                    .b_panel_stride = w.cols * kPanel,
                    .b_depth_stride = kPanel,
                    .c = dx.data,
                    .c_panel_stride = kPanel,
                    .c_row_stride = dx.stride,
                    .bias = nullptr,
                    .accumulate = false});
}

void linear_weight_gradient(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows x, ConstRows dy, Range inputs,
                            float* dweight) noexcept {
  GRADRACE_EXPECT(rows, >=, 1);
  GRADRACE_EXPECT(inputs.end, <=, w.rows);
  GRADRACE_EXPECT(dy.stride, >=, round_up(w.cols, kPanel));
  isa.table().gemm({.rows = inputs.size(),
                    .cols = w.cols,
                    .depth = rows,
                    .a = x.data + inputs.begin,
                    .a_tile_stride = isa.table().gemm_tile_rows,
                    .a_row_stride = 1,
                    .a_depth_stride = x.stride,
                    .b = dy.data,
                    .b_panel_stride = kPanel,
                    .b_depth_stride = dy.stride,
                    .c = dweight,
                    .c_panel_stride = inputs.size() * kPanel,
                    .c_row_stride = kPanel,
                    .bias = nullptr,
                    .accumulate = false});
}

}  // namespace gradrace::kernels
