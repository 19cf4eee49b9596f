#pragma once
/// The kernels of one instruction set, as plain functions. Private to kernels/: drivers call these, users call drivers.
/// Every function is serial, allocates nothing and throws nothing.

#include <cstddef>
#include <cstdint>

#include "kernels/non_zeros.hpp"
#include "kernels/optimizer_scalars.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// C = bias + A B, or C + A B; see gemm.hpp for the sum's order. Element by element:
///
///   A(r, k)  a[r / tile * a_tile_stride + r % tile * a_row_stride
///              + k / a_run * a_run_stride + k % a_run * a_depth_stride]
///   B(k, j)  b[j / 16 * b_panel_stride + k * b_depth_stride + j % 16]
///   C(r, j)  c[j / 16 * c_panel_stride + r * c_row_stride + j % 16]
///
/// where tile is the table's gemm_tile_rows. Whole panels of B are read, of C only columns below cols are touched.
struct GemmArgs {
  Index rows, cols, depth;
  const float* a;
  Index a_tile_stride, a_row_stride, a_depth_stride;
  Index a_run = PTRDIFF_MAX, a_run_stride = 0;  ///< the depth in runs: how an image is read as patches in place
  const float* b;
  Index b_panel_stride, b_depth_stride;
  float* c;
  Index c_panel_stride, c_row_stride;
  const float* bias;  ///< start values by column, whole panels; or null
  bool accumulate;    ///< add the product to C (then bias is null)
};

/// y = x w^T; see linear.hpp. Weights are a panel matrix {outputs, inputs}, y is contiguous.
struct LinearArgs {
  Index rows, inputs, outputs;
  const float* x;
  Index x_stride;
  const float* weight;
  float* y;
};

/// What implicit convolution does with one channel and 3 x 3 weights, alone or with ReLU, whose output y is then asked
/// (conv_single.hpp).
using ConvSingleForward = void(const ConvShape&, Range out_rows, const float* x, const float* weight, const float* bias,
                               float* y) noexcept;
using ConvSingleGradient = void(const ConvShape&, const float* x, const float* y, const float* dy, bool accumulate,
                                float* dweight, float* dbias) noexcept;

/// Independent chains in fma_chains: two units of four or five cycles need eight to ten, and sixteen registers hold 12.
inline constexpr Index kFmaChains = 12;
/// Multiply-adds of each chain in one iteration: enough that the loop's own instructions do not count.
inline constexpr Index kFmaSteps = 8;
/// Independent divisions or square roots in one iteration of their loops: more than any unit has under way.
inline constexpr Index kDivideChains = 8;

/// Kinds of passes over memory (passes.hpp).
inline constexpr Index kPasses = 8;

/// c(r, j) = sum over the entries of list r, in order, of gradient * b(offset + j), for whole panels of columns j.
/// Overwrites c.
struct SparseProductArgs {
  Index rows, panels;
  NonZeros a;
  const float* b;
  Index b_panel_stride;
  float* c;
  Index c_panel_stride, c_row_stride;
};

/// Some rows of Winograd tiles (winograd.hpp). `inputs` is scratch; a stride is the way from one point to the next.
struct WinogradTiles {
  Index tiles, width;  ///< how many, and how many side by side
  Index rows;          ///< output rows that exist
  Index in_c, in_w;
  Index out_c, out_w;
  const float* x[6];  ///< where each input row of a row of tiles begins; those below the image hold zeros
  const float* weight;
  const float* bias;
  float* y;
  float* inputs;  ///< [point][tile][in_c]
  Index input_stride, weight_stride;
};
/// Where the outputs of a row of tiles go if windows of 2 x 2 of them are pooled at once, as conv_pool_forward does it:
/// pooled rows of y, and of place if that is wanted.
struct PooledTiles {
  Index place_row, place_col;  ///< as in ConvPoolShape
  const float* scale;          ///< null: all 1
  float *y, *place;
};
/// The kernels of one tile size. Transformed weights are [panel][point][input channel][kPanel], points point_stride
/// apart.
struct WinogradKernels {
  void (*weights)(Index in_c, Index panels, const float* weight, float* transformed, Index point_stride) noexcept;
  /// The inputs of one row of tiles, the first of which is number `tile`.
  void (*inputs)(const WinogradTiles&, Index tile) noexcept;
  /// All tiles' outputs from their inputs.
  void (*outputs)(const WinogradTiles&) noexcept;
  void (*pooled_outputs)(const WinogradTiles&, const PooledTiles&) noexcept;
};

/// One pass of an optimizer over n parameters; see optimizer_step.hpp.
template <class Scalars>
struct OptimizerKernel {
  bool (*step)(const Scalars&, Index n, float* p, const float* g, float* const* state) noexcept;
};
/// The kernels of several, each reached as the base of its scalars' type.
template <class... Scalars>
struct OptimizerKernels : OptimizerKernel<Scalars>... {};
using EveryOptimizer =
    OptimizerKernels<SgdScalars, AsgdScalars, AdagradScalars, RmspropScalars, AdadeltaScalars, AdamScalars,
                     AdamaxScalars, NadamScalars, RadamScalars, RpropScalars, LionScalars, DirectionScalars>;

struct KernelTable {
  const char* name;
  Index lanes;           ///< floats in a vector
  Index gemm_tile_rows;  ///< rows of the register tile

  void (*gemm)(const GemmArgs&) noexcept;
  void (*sparse_product)(const SparseProductArgs&) noexcept;
  /// Appends what is not zero in rows x cols of x to a list by row, with an offset of kPanel for each column, and to
  /// one by column, with an offset of row_offset for each row.
  void (*list_matrix)(Index rows, Index cols, const float* x, Index x_stride, Index row_offset,
                      const NonZeroLists& of_rows, const NonZeroLists& of_cols) noexcept;
  void (*linear_forward)(const LinearArgs&) noexcept;
  void (*transpose)(PanelMatrix shape, const float* from, Range panels, float* to) noexcept;
  ConvSingleForward* conv_single_forward;
  ConvSingleForward* conv_single_relu_forward;
  ConvSingleGradient* conv_single_gradient;
  ConvSingleGradient* conv_single_relu_gradient;
  void (*im2col)(const ConvShape&, const float* x, Range out_rows, float* patches) noexcept;
  void (*col2im)(const ConvShape&, const float* patches, Index patch_stride, Range out_rows, float* x) noexcept;
  void (*add_column_sums)(Index rows, Index cols, const float* x, Index row_stride, float* sums) noexcept;
  void (*tree_sum)(Index terms, Index n, const float* x, Index term_stride, float* sum) noexcept;
  void (*relu_forward)(Index n, const float* x, float* y) noexcept;
  void (*relu_backward)(Index n, const float* y, const float* dy, float* dx) noexcept;
  void (*add)(Index n, const float* x, const float* y, float* sum) noexcept;
  void (*scale_channels)(Index positions, Index channels, const float* x, const float* scale, float* y) noexcept;
  void (*max_pool_forward)(const PoolShape&, const float* x, float* y, PoolPlace* argmax) noexcept;
  void (*max_pool_backward)(const PoolShape&, const float* dy, const PoolPlace* argmax, float* dx) noexcept;
  void (*avg_pool_forward)(const PoolShape&, const float* x, float* y) noexcept;
  void (*avg_pool_backward)(const PoolShape&, const float* dy, float* dx) noexcept;
  void (*tanh_forward)(Index n, const float* x, float* y) noexcept;
  void (*tanh_backward)(Index n, const float* y, const float* dy, float* dx) noexcept;
  void (*sigmoid_forward)(Index n, const float* x, float* y) noexcept;
  void (*sigmoid_backward)(Index n, const float* y, const float* dy, float* dx) noexcept;
  void (*silu_forward)(Index n, const float* x, float* y) noexcept;
  void (*silu_backward)(Index n, const float* x, const float* dy, float* dx) noexcept;
  void (*gelu_forward)(Index n, const float* x, float* y) noexcept;
  void (*gelu_backward)(Index n, const float* x, const float* dy, float* dx) noexcept;
  void (*leaky_relu_forward)(Index n, float slope, const float* x, float* y) noexcept;
  void (*leaky_relu_backward)(Index n, float slope, const float* from, const float* dy, float* dx) noexcept;
  void (*relu_pool_row)(const ConvPoolShape&, const float* rows, const float* scale, float* y, float* place) noexcept;
  /// Lists some pooled rows of dy behind what the lists hold. Here and below, shapes have no padding (conv_frame.hpp).
  void (*list_non_zeros)(const ConvPoolShape&, Range band, const float* dy, const float* scale, const float* place,
                         const NonZeroLists& lists) noexcept;
  Index (*count_non_zeros)(Index n, const float* x) noexcept;
  /// The same of some output rows of dy.
  void (*list_gradients)(const ConvShape&, Range out_rows, const float* dy, const NonZeroLists& lists) noexcept;
  /// Of weight and bias, added to them if accumulate, and, if dx is not null, of the input, always added.
  void (*sparse_gradients)(const ConvShape&, const NonZeros&, const float* x, const float* weight_rows,
                           float* dweight_rows, float* dbias, bool accumulate, float* dx) noexcept;
  WinogradKernels winograd2, winograd4, winograd2_wide;  ///< F(2x2, 3x3), F(4x4, 3x3) and F(2x2, 5x5)
  float (*log_softmax_nll)(Index classes, const float* x, Index target, float scale, float* log_prob,
                           float* dx) noexcept;
  EveryOptimizer optimizers;
  void (*pass[kPasses])(Index n, float a, float* x, const float* y, const float* z) noexcept;  ///< by Pass (passes.hpp)
  double (*fma_chains)(Index iterations) noexcept;
  double (*divide_chains)(Index iterations) noexcept;
  double (*root_chains)(Index iterations) noexcept;
  double (*stream_read)(Index n, const float* x) noexcept;
  void (*stream_copy)(Index n, const float* from, float* to) noexcept;
  void (*stream_triad)(Index n, float s, const float* b, const float* c, float* a) noexcept;
  void (*stream_triads)(Index n, float s, const float* g, Index arrays, float* const* x) noexcept;
};

}  // namespace gradrace::kernels
