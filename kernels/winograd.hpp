#pragma once
/// Winograd's minimal filtering: convolution with 3x3 or 5x5 kernels, one sample a call. A tile of T x T outputs takes
/// (T + K - 1)^2 products per pair of channels instead of K^2 T^2: of 3x3 kernels 2.25 (T = 2) and 4 times (T = 4)
/// fewer than the direct sum, of 5x5 kernels 2.8 times (T = 2).

#include <span>

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// Whether tiles of 2 or 4 can compute a shape: 3x3 kernels, or 5x5 ones with tiles of 2; stride 1, no padding, no
/// dilation.
bool winograd_supports(Index tile, const ConvShape& shape);

/// Floats of the transformed weights, and of scratch (both 64-byte aligned).
Index winograd_weight_floats(Index tile, const ConvShape& shape);
Index winograd_scratch_floats(Index tile, const ConvShape& shape);

/// The kernels as winograd_forward_rows wants them, G g G^T for every pair of channels: once after each update.
/// Layout     weight a panel matrix conv2d_weights(shape).
/// Effects    overwrites transformed.   Aliasing  none.   Threads  serial.
void winograd_transform_weights(const Isa& isa, Index tile, const ConvShape& shape, const float* weight,
                                float* transformed) noexcept;

/// Some rows of y = x * w + bias; what is computed is conv2d_forward's.
/// What       for tiles d of x that overlap by K - 1, y = A^T [sum over channels of (G g G^T) (B^T d B)] A + bias, with
///            interpolation at 0, +-1 and infinity where T + K - 1 is 4, at 0, +-11/16, +-3/2 and infinity where it
///            is 6. The inner products are one GEMM of all tiles in a row per point. Tiles that stick out of the image
///            see zeros there.
/// Layout     x [in_h][in_w][in_c], bias whole panels; out_rows begins at a multiple of tile and ends at one or at
///            out_h; y is where the first of these rows goes, [row][out_w][out_c].
/// Aliasing   none.      Alignment  any; fastest at 64 bytes.      Effects  overwrites y.
/// Numerics   tiles of 2 of 3x3 kernels are as accurate as the direct sum, the others have about 2.3 times its mean
///            error. The bits of an output depend on its place in its tile, but not on where the tile is nor on how
///            rows are cut into calls. NaN and infinities make every output that they belong to NaN or infinite, and
///            may spread over their tiles.
/// Threads    serial.
/// Source     Lavin & Gray 2016, "Fast algorithms for convolutional neural networks", arXiv 1509.09308;
///            that other points round better: Alam et al. 2022, "Winograd convolution for deep neural networks:
///            efficient point selection".
void winograd_forward_rows(const Isa& isa, Index tile, const ConvShape& shape, Range out_rows, const float* x,
                           const float* transformed, const float* bias, float* y, std::span<float> scratch) noexcept;

/// Whether winograd_pool_forward can run a stage: windows of 2x2.
bool winograd_pools(Index tile, const ConvPoolShape& shape);

/// conv_pool_forward of an unpadded shape, with the same bits: windows are pooled where the tiles' outputs are formed,
/// in registers.
void winograd_pool_forward(const Isa& isa, Index tile, const ConvPoolShape& shape, const float* x,
                           const float* transformed, const float* bias, const float* scale, float* y, float* place,
                           std::span<float> scratch) noexcept;

}  // namespace gradrace::kernels
