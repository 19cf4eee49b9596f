#pragma once
/// The kernels of one instruction set, as plain functions. Private to kernels/: drivers call these, users call drivers.
/// Every function is serial, allocates nothing and throws nothing.

#include <cstdint>

#include "kernels/optimizer_scalars.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// C = bias + A B, or C + A B; see gemm.hpp for the sum's order.
struct GemmArgs {
  Index rows, cols, depth;
  const float* a;  ///< element (r, k) at a[r / tile * a_tile_stride + r % tile * a_row_stride + k * a_depth_stride]
  Index a_tile_stride, a_row_stride, a_depth_stride;  ///< tile is the table's gemm_tile_rows
  const float* b;                        ///< element (k, c) at b[c/16*b_panel_stride + k*b_depth_stride + c%16]
  Index b_panel_stride, b_depth_stride;  ///< whole panels are read, also where cols ends inside one
  float* c;                              ///< element (r, c) at c[c/16*c_panel_stride + r*c_row_stride + c%16]
  Index c_panel_stride, c_row_stride;    ///< only columns below cols are touched
  const float* bias;                     ///< start values by column, whole panels; or null
  bool accumulate;                       ///< add the product to C (then bias is null)
};

struct KernelTable {
  const char* name;
  Index lanes;           ///< floats in a vector
  Index gemm_tile_rows;  ///< rows of the register tile

  void (*gemm)(const GemmArgs&) noexcept;
  void (*transpose)(PanelMatrix shape, const float* from, Range rows, float* to) noexcept;
  void (*im2col)(const ConvShape&, const float* x, Range out_rows, float* patches) noexcept;
  void (*col2im)(const ConvShape&, const float* patches, Index patch_stride, Range out_rows, float* x) noexcept;
  void (*add_column_sums)(Index rows, Index cols, const float* x, Index row_stride, float* sums) noexcept;
  void (*tree_sum)(Index terms, Index n, const float* x, Index term_stride, float* sum) noexcept;
  void (*relu_forward)(Index n, const float* x, float* y) noexcept;
  void (*relu_backward)(Index n, const float* y, const float* dy, float* dx) noexcept;
  void (*scale_channels)(Index positions, Index channels, const float* x, const float* scale, float* y) noexcept;
  void (*max_pool_forward)(const PoolShape&, const float* x, float* y, std::uint8_t* argmax) noexcept;
  void (*max_pool_backward)(const PoolShape&, const float* dy, const std::uint8_t* argmax, float* dx) noexcept;
  float (*log_softmax_nll)(Index classes, const float* x, Index target, float scale, float* log_prob,
                           float* dx) noexcept;
  void (*adam)(const AdamScalars&, Index n, float* p, const float* g, float* const* state) noexcept;
  void (*adadelta)(const AdadeltaScalars&, Index n, float* p, const float* g, float* const* state) noexcept;
  double (*fma_chains)(Index iterations) noexcept;
};

extern const KernelTable table_sse2, table_avx2;

}  // namespace gradrace::kernels
