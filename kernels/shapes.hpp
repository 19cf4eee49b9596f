#pragma once
/// Plain descriptions of shapes and scalars that kernels take. Activations are NHWC, weights are panel matrices.

#include <cstdint>

#include "kernels/base.hpp"

namespace gradrace::kernels {

/// How a window slides along one axis (the terms are PyTorch's).
struct Window {
  Index kernel = 1, stride = 1, padding = 0, dilation = 1;
  constexpr Index extent() const { return (kernel - 1) * dilation + 1; }  ///< positions that the window spans
  /// Positions of the window along an axis of n elements; not positive where it does not fit.
  constexpr Index positions(Index n) const {
    const Index room = n + 2 * padding - extent();
    return room < 0 ? 0 : room / stride + 1;
  }
};

/// A 2-D convolution of one sample: x [in_h][in_w][in_c] -> y [out_h][out_w][out_c].
struct ConvShape {
  Index in_h = 0, in_w = 0, in_c = 0, out_c = 0;
  Window y, x;
  constexpr Index out_h() const { return y.positions(in_h); }
  constexpr Index out_w() const { return x.positions(in_w); }
  constexpr Index out_floats() const { return out_h() * out_w() * out_c; }
  constexpr Index depth() const { return y.kernel * x.kernel * in_c; }  ///< length of each sum; order ky, kx, channel
};

/// 2-D pooling of one sample: x [in_h][in_w][channels] -> y [out_h][out_w][channels].
struct PoolShape {
  Index in_h = 0, in_w = 0, channels = 0;
  Window y, x;
  constexpr Index out_h() const { return y.positions(in_h); }
  constexpr Index out_w() const { return x.positions(in_w); }
};

/// A place in a pooling window, ky * kernel_w + kx.
using PoolPlace = std::uint16_t;

/// A convolution and the pooling of its output, whose windows tile it (stride == kernel). Rows and columns that fill no
/// window are never computed.
struct ConvPoolShape {
  ConvShape conv;
  Index pool_h = 1, pool_w = 1;
  constexpr Index out_h() const { return conv.out_h() / pool_h; }
  constexpr Index out_w() const { return conv.out_w() / pool_w; }
  constexpr Index out_floats() const { return out_h() * out_w() * conv.out_c; }
  /// From the first input of one of the convolution's outputs to that of the one below, and of the one to the right.
  constexpr Index place_row() const { return conv.y.stride * conv.in_w * conv.in_c; }
  constexpr Index place_col() const { return conv.x.stride * conv.in_c; }
};

/// Marks an output whose gradient goes nowhere.
inline constexpr float kNowhere = -1.0f;

/// A matrix stored as panels of kPanel columns: element (r, c) at [c / kPanel][r][c % kPanel]. Columns are padded with
/// zeros up to whole panels. Weights are kept so: of a convolution with r = input (the depth of the sum) and c =
/// output, of a linear layer with r = output and c = input.
struct PanelMatrix {
  Index rows = 0, cols = 0;
  constexpr Index panels() const { return divide_up(cols, kPanel); }
  constexpr Index floats() const { return panels() * rows * kPanel; }
  constexpr Index offset(Index r, Index c) const { return (c / kPanel * rows + r) * kPanel + c % kPanel; }
  constexpr PanelMatrix transposed() const { return {cols, rows}; }
};

}  // namespace gradrace::kernels
