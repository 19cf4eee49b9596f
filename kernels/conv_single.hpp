#pragma once
/// Convolutions of one channel with 3 x 3 weights, the first of a network for grey images: what implicit convolution
/// does, without the loops of a general product around sums of nine terms. Private to kernels/.

#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// Whether the table's conv_single_forward and conv_single_gradient can compute a shape.
constexpr bool conv_single_supports(const ConvShape& s) {
  const auto plain = [](const Window& w) {
    return w.kernel == 3 && w.stride == 1 && w.padding == 0 && w.dilation == 1;
  };
  return s.in_c == 1 && plain(s.y) && plain(s.x) && s.out_c % kPanel == 0;
}

}  // namespace gradrace::kernels
