#include "kernels/linear.hpp"

#include <algorithm>

#include "kernels/table.hpp"

namespace gradrace::kernels {

Index linear_scratch_floats(const PanelMatrix& w, Index rows) {
  return rows * w.rows * kPanel;
}

void linear_forward(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows x, const float* weight,
                    const float* bias, Rows y, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(x.stride, >=, w.cols);
  GRADRACE_EXPECT(y.stride, >=, w.rows);
  GRADRACE_EXPECT(Index(scratch.size()), >=, linear_scratch_floats(w, rows));
  isa.table().linear_forward({.rows = rows,
                              .inputs = w.cols,
                              .outputs = w.rows,
                              .x = x.data,
                              .x_stride = x.stride,
                              .weight = weight,
                              .bias = bias,
                              .y = y.data,
                              .y_stride = y.stride,
                              .sums = scratch.data()});
}

void linear_input_gradient(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows dy, const float* weight,
                           Rows dx) noexcept {
  GRADRACE_EXPECT(dx.stride, >=, w.cols);
  GRADRACE_EXPECT(dy.stride, >=, w.rows);
  isa.table().gemm({.rows = rows,
                    .cols = w.cols,
                    .depth = w.rows,
                    .a = dy.data,
                    .a_tile_stride = isa.table().gemm_tile_rows * dy.stride,
                    .a_row_stride = dy.stride,
                    .a_depth_stride = 1,
                    .b = weight,
                    .b_panel_stride = w.rows * kPanel,
                    .b_depth_stride = kPanel,
                    .c = dx.data,
                    .c_panel_stride = kPanel,
                    .c_row_stride = dx.stride,
                    .bias = nullptr,
                    .accumulate = false});
}

void linear_weight_gradient(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows x, ConstRows dy, Range panels,
                            float* dweight) noexcept {
  GRADRACE_EXPECT(rows, >=, 1);
  GRADRACE_EXPECT(panels.end, <=, w.panels());
  GRADRACE_EXPECT(x.stride, >=, w.cols);
  GRADRACE_EXPECT(dy.stride, >=, w.rows);
  if (panels.empty()) return;
  const Range inputs{panels.begin * kPanel, std::min(panels.end * kPanel, w.cols)};
  if (inputs.size() % kPanel != 0)  // the last panel is not whole
    std::fill_n(dweight + (panels.size() - 1) * w.rows * kPanel, w.rows * kPanel, 0.0f);
  isa.table().gemm({.rows = w.rows,
                    .cols = inputs.size(),
                    .depth = rows,
                    .a = dy.data,
                    .a_tile_stride = isa.table().gemm_tile_rows,
                    .a_row_stride = 1,
                    .a_depth_stride = dy.stride,
                    .b = x.data + inputs.begin,
                    .b_panel_stride = kPanel,
                    .b_depth_stride = x.stride,
                    .c = dweight,
                    .c_panel_stride = w.rows * kPanel,
                    .c_row_stride = kPanel,
                    .bias = nullptr,
                    .accumulate = false});
}

}  // namespace gradrace::kernels
