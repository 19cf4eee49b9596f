#pragma once
/// 2-D convolution, one sample a call: as a matrix product, by Winograd's tiles, or, 3 x 3 and of one channel, by
/// kernels of its own.

#include <optional>
#include <span>
#include <string_view>

#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// The layout of a convolution's weights: rows in the order (ky, kx, input channel), a column per output channel.
constexpr PanelMatrix conv2d_weights(const ConvShape& s) {
  return {s.depth(), s.out_c};
}

/// How the products find their patches. Forward both give the same bits; the weight's gradient is cut differently
/// (tiles of output rows, or 256 positions, or the rows nearest to so many).
enum class ConvMethod {
  kIm2col,     ///< copied into a matrix, a tile of output rows at a time; any shape
  kImplicit,   ///< read in place; without dilation along x
  kWinograd2,  ///< tiles of 2x2 outputs (winograd.hpp), of 3x3 kernels as exact as the sum, of 5x5 kernels at 2.3 times
               ///< the rounding error; forward only, the gradient is kImplicit's
  kWinograd4,  ///< tiles of 4x4 outputs, at 2.3 times the rounding error; likewise
};
/// All but im2col compute a padded shape on a copy of the image in a frame of zeros.
bool conv2d_supports(ConvMethod method, const ConvShape& shape);
/// Whether it can, and may pay: tiles are transformed along the input channels, which must fill vectors.
bool conv2d_suits(ConvMethod method, const ConvShape& shape);
/// The one with the fewest products among those that suit the shape; the more exact one of two that need as many.
ConvMethod conv2d_best(const ConvShape& shape);
const char* name(ConvMethod method);  ///< as on the command line: "im2col", "winograd2"
std::optional<ConvMethod> conv_method(std::string_view name);

/// Forward passes read the weights as the method wants them: as the panel matrix itself (0 floats of their own), or as
/// a transformed copy that conv2d_prepare_weights makes of it after every update.
Index conv2d_prepared_floats(ConvMethod method, const ConvShape& shape);
void conv2d_prepare_weights(const Isa& isa, ConvMethod method, const ConvShape& shape, const float* weight,
                            float* prepared) noexcept;
/// Output rows that a method computes together: calls of conv2d_forward_rows begin at multiples of it and end at one or
/// at the last row. And the most rows of such a call.
Index conv2d_row_block(ConvMethod method);
Index conv2d_most_rows(ConvMethod method, const ConvShape& shape);

/// Floats of scratch that each of the functions below needs (64-byte aligned).
Index conv2d_scratch_floats(const ConvShape& shape);

/// y = x * w + bias.
/// What       y(oy, ox, o) = bias(o) + sum over ky, kx, c of x(iy, ix, c) w(ky, kx, c, o), where
///            iy = oy * stride + ky * dilation - padding and ix likewise; x is zero outside.
/// Layout     x [in_h][in_w][in_c], y [out_h][out_w][out_c], bias whole panels; w a panel matrix conv2d_weights(shape)
///            or prepared from it.
/// Aliasing   none.      Alignment  any; fastest at 64 bytes.      Effects  overwrites y.
/// Numerics   the order of gemm.hpp over the weights' rows, the first chain starting at the bias; that of the Winograd
///            methods stands in winograd.hpp.
/// Threads    serial.
/// Source     im2col: patches of some output rows at a time, so that they stay in cache (candle's tiled im2col); the
///            product is that of gemm.hpp.
void conv2d_forward(const Isa& isa, ConvMethod method, const ConvShape& shape, const float* x, const float* weight,
                    const float* bias, float* y, std::span<float> scratch) noexcept;

/// The same for some output rows, at most conv2d_most_rows; y is where the first of them goes. Of padded shapes im2col
/// alone computes rows.
void conv2d_forward_rows(const Isa& isa, ConvMethod method, const ConvShape& shape, Range out_rows, const float* x,
                         const float* weight, const float* bias, float* y, std::span<float> scratch) noexcept;

/// The gradients of weight and bias of one sample: dw(k, o) = sum over output positions p of patch(p, k) dy(p, o), and
/// db(o) = sum of dy(p, o), positions in row-major order; added to dweight and dbias if accumulate, else overwriting
/// them. Padding columns of dweight and dbias are left alone. Layouts, aliasing and threads as conv2d_forward.
void conv2d_parameter_gradient(const Isa& isa, ConvMethod method, const ConvShape& shape, const float* x,
                               const float* dy, float* dweight, float* dbias, bool accumulate,
                               std::span<float> scratch) noexcept;

/// conv2d_forward and ReLU behind it: y = max(0, x * w + bias), where NaN stays NaN.
void conv2d_relu_forward(const Isa& isa, ConvMethod method, const ConvShape& shape, const float* x, const float* weight,
                         const float* bias, float* y, std::span<float> scratch) noexcept;

/// conv2d_parameter_gradient through that ReLU: where its output y is 0, dy counts as 0, and may be set to 0.
void conv2d_relu_parameter_gradient(const Isa& isa, ConvMethod method, const ConvShape& shape, const float* x,
                                    const float* y, float* dy, float* dweight, float* dbias, bool accumulate,
                                    std::span<float> scratch) noexcept;

/// The gradient of the input of one sample; overwrites dx. weight_transposed is the panel matrix of the transpose
/// (gemm.hpp: transpose). Patches' gradients are added to dx in row-major order of the output positions.
void conv2d_input_gradient(const Isa& isa, const ConvShape& shape, const float* dy, const float* weight_transposed,
                           float* dx, std::span<float> scratch) noexcept;

}  // namespace gradrace::kernels
