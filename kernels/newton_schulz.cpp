#include "kernels/newton_schulz.hpp"

#include <algorithm>

#include "kernels/gemm.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {

void panel_product(const Isa& isa, const PanelMatrix& a_shape, const float* a, const PanelMatrix& b_shape,
                   const float* b, float* c) noexcept {
  GRADRACE_EXPECT(a_shape.cols, ==, b_shape.rows);
  isa.table().gemm({.rows = a_shape.rows,
                    .cols = b_shape.cols,
                    .depth = a_shape.cols,
                    .a = a,
                    .a_tile_stride = isa.table().gemm_tile_rows * kPanel,
                    .a_row_stride = kPanel,
                    .a_depth_stride = 1,
                    .a_run = kPanel,
                    .a_run_stride = a_shape.rows * kPanel,
                    .b = b,
                    .b_panel_stride = b_shape.rows * kPanel,
                    .b_depth_stride = kPanel,
                    .c = c,
                    .c_panel_stride = a_shape.rows * kPanel,
                    .c_row_stride = kPanel,
                    .bias = nullptr,
                    .accumulate = false});
}

void gram_product(const Isa& isa, const PanelMatrix& x_shape, const float* x, float* gram,
                  std::span<float> scratch) noexcept {
  const PanelMatrix turned = x_shape.transposed();
  GRADRACE_EXPECT(Index(scratch.size()), >=, turned.floats());
  transpose(isa, x_shape, x, {0, x_shape.panels()}, scratch.data());
  panel_product(isa, x_shape, x, turned, scratch.data(), gram);
}

void newton_schulz_factor(const Isa& isa, Index size, Index steps, float* gram, float* factor,
                          std::span<float> scratch) noexcept {
  constexpr float kA = 3.4445f, kB = -4.7750f, kC = 2.0315f;
  const PanelMatrix shape{size, size};
  GRADRACE_EXPECT(steps, >=, 1);
  GRADRACE_EXPECT(Index(scratch.size()), >=, 2 * shape.floats());
  float *q = scratch.data(), *product = q + shape.floats();
  const auto multiply = [&](const float* a, const float* b, float* c) { panel_product(isa, shape, a, shape, b, c); };
  for (Index step = 0; step < steps; ++step) {
    multiply(gram, gram, q);
    for (Index i = 0; i < shape.floats(); ++i) q[i] = kB * gram[i] + kC * q[i];
    for (Index i = 0; i < size; ++i) q[shape.offset(i, i)] += kA;
    if (step == 0) {
      std::copy_n(q, shape.floats(), factor);
    } else {
      multiply(q, factor, product);
      std::copy_n(product, shape.floats(), factor);
    }
    if (step + 1 < steps) {
      multiply(q, gram, product);
      multiply(product, q, gram);
    }
  }
}

}  // namespace gradrace::kernels
