#include "kernels/linear.hpp"

#include <algorithm>
#include <limits>

#include "kernels/gemm.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

// The most parts: 2, 3, 4, 6 or 12 workers share them evenly, and more than 12 gain nothing. And the least of one,
// below which reducing its vectors to sums would cost as much as forming them.
constexpr Index kMostParts = 12, kLeastPartPanels = 16;

/// Where the lists by output begin, behind those by row. By row, offsets are those of outputs in a panel of weights; by
/// output, those of rows of x.
Index by_output(const PanelMatrix& w, Index rows) {
  return non_zero_floats(rows, w.rows);
}

}  // namespace

Index linear_part_panels(const PanelMatrix& w) {
  return std::max(kLeastPartPanels, divide_up(w.panels(), kMostParts));
}

Index linear_parts(const PanelMatrix& w) {
  return divide_up(w.panels(), linear_part_panels(w));
}

Index linear_sum_floats(const PanelMatrix& w, Index rows) {
  return linear_parts(w) * rows * w.rows;
}

void linear_part_sums(const Isa& isa, const PanelMatrix& w, Range parts, Index rows, ConstRows x, const float* weight,
                      std::span<float> sums) noexcept {
  GRADRACE_EXPECT(x.stride, >=, w.cols);
  GRADRACE_EXPECT(parts.end, <=, linear_parts(w));
  GRADRACE_EXPECT(Index(sums.size()), >=, linear_sum_floats(w, rows));
  for (Index p = parts.begin; p < parts.end; ++p) {
    const Index panel = p * linear_part_panels(w), input = panel * kPanel;
    isa.table().linear_forward({.rows = rows,
                                .inputs = std::min(linear_part_panels(w) * kPanel, w.cols - input),
                                .outputs = w.rows,
                                .x = x.data + input,
                                .x_stride = x.stride,
                                .weight = weight + panel * w.rows * kPanel,
                                .y = sums.data() + p * rows * w.rows});
  }
}

void linear_add_up(const Isa& isa, const PanelMatrix& w, Range some, Index rows, std::span<const float> sums,
                   const float* bias, Rows y) noexcept {
  GRADRACE_EXPECT(some.end, <=, rows);
  GRADRACE_EXPECT(y.stride, >=, w.rows);
  GRADRACE_EXPECT(Index(sums.size()), >=, linear_sum_floats(w, rows));
  for (Index n = some.begin; n < some.end; ++n) {
    float* out = y.data + n * y.stride;
    std::copy_n(bias, w.rows, out);
    add_column_sums(isa, linear_parts(w), w.rows, sums.data() + n * w.rows, rows * w.rows, out);
  }
}

void linear_input_gradient(const Isa& isa, const PanelMatrix& w, Range panels, Index rows, ConstRows dy,
                           const float* weight, Rows dx) noexcept {
  GRADRACE_EXPECT(panels.end, <=, w.panels());
  GRADRACE_EXPECT(dx.stride, >=, w.cols);
  GRADRACE_EXPECT(dy.stride, >=, w.rows);
  const Index first = panels.begin * kPanel;
  if (panels.empty()) return;
  isa.table().gemm({.rows = rows,
                    .cols = std::min(panels.end * kPanel, w.cols) - first,
                    .depth = w.rows,
                    .a = dy.data,
                    .a_tile_stride = isa.table().gemm_tile_rows * dy.stride,
                    .a_row_stride = dy.stride,
                    .a_depth_stride = 1,
                    .b = weight + panels.begin * w.rows * kPanel,
                    .b_panel_stride = w.rows * kPanel,
                    .b_depth_stride = kPanel,
                    .c = dx.data + first,
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

Index linear_list_floats(const PanelMatrix& w, Index rows) {
  return by_output(w, rows) + non_zero_floats(w.rows, rows);
}

void linear_list(const Isa& isa, const PanelMatrix& w, Index rows, ConstRows dy, Index x_stride,
                 std::span<float> lists) noexcept {
  GRADRACE_EXPECT(dy.stride, >=, w.rows);
  GRADRACE_EXPECT(Index(lists.size()), >=, linear_list_floats(w, rows));
  GRADRACE_EXPECT(rows * x_stride, <=, std::numeric_limits<Index32>::max());
  const NonZeroLists of_rows = non_zero_lists(lists.data(), rows, w.rows);
  const NonZeroLists of_outputs = non_zero_lists(lists.data() + by_output(w, rows), w.rows, rows);
  std::fill_n(of_rows.count, rows, 0);
  std::fill_n(of_outputs.count, w.rows, 0);
  isa.table().list_matrix(rows, w.rows, dy.data, dy.stride, x_stride, of_rows, of_outputs);
}

void linear_sparse_input_gradient(const Isa& isa, const PanelMatrix& w, Range panels, Index rows,
                                  std::span<const float> lists, const float* weight, Rows dx) noexcept {
  GRADRACE_EXPECT(panels.end * kPanel, <=, w.cols);
  GRADRACE_EXPECT(dx.stride, >=, w.cols);
  GRADRACE_EXPECT(Index(lists.size()), >=, linear_list_floats(w, rows));
  isa.table().sparse_product({.rows = rows,
                              .panels = panels.size(),
                              .a = non_zeros(lists.data(), rows, w.rows),
                              .b = weight + panels.begin * w.rows * kPanel,
                              .b_panel_stride = w.rows * kPanel,
                              .c = dx.data + panels.begin * kPanel,
                              .c_panel_stride = kPanel,
                              .c_row_stride = dx.stride});
}

void linear_sparse_weight_gradient(const Isa& isa, const PanelMatrix& w, Range panels, Index rows, ConstRows x,
                                   std::span<const float> lists, float* dweight) noexcept {
  GRADRACE_EXPECT(panels.end * kPanel, <=, w.cols);
  GRADRACE_EXPECT(x.stride, >=, w.cols);
  GRADRACE_EXPECT(Index(lists.size()), >=, linear_list_floats(w, rows));
  isa.table().sparse_product({.rows = w.rows,
                              .panels = panels.size(),
                              .a = non_zeros(lists.data() + by_output(w, rows), w.rows, rows),
                              .b = x.data + panels.begin * kPanel,
                              .b_panel_stride = kPanel,
                              .c = dweight,
                              .c_panel_stride = w.rows * kPanel,
                              .c_row_stride = kPanel});
}

}  // namespace gradrace::kernels
