#pragma once
/// A batch for a convolution, and what its results must be.

#include <utility>

#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"
#include "kernels/conv2d.hpp"
#include "kernels/gemm.hpp"

namespace gradrace::bench {

/// Multiplications that a method executes, as a part of those of the direct sum. Winograd's tiles of T x T outputs take
/// (T + K - 1)^2 instead of (K T)^2 for K x K kernels, also where they stick out of what is computed: height x width,
/// of the output or of the input's gradient.
inline double executed_part(kernels::ConvMethod method, const kernels::ConvShape& s, Index height, Index width) {
  const Index tile = method == kernels::ConvMethod::kWinograd2 ? 2 : method == kernels::ConvMethod::kWinograd4 ? 4 : 0;
  if (tile == 0) return 1;
  const Index tiles = divide_up(height, tile) * divide_up(width, tile);
  const Index kernel = s.x.kernel, side = tile + kernel - 1;
  return double(side * side * tiles) / double(kernel * kernel * s.out_h() * s.out_w());
}

/// A batch with its gradients, the layer's parameters, and for each worker gradients of its own.
struct Convolution {
  Convolution(const kernels::ConvShape& shape, const kernels::Isa& isa, Index threads)
      : s(shape),
        w(conv2d_weights(s)),
        x(kBatch * in, 1),
        dy(kBatch * out, 2),
        weight(w.floats(), 3),
        bias(round_up(s.out_c, kPanel), 4),
        weight_transposed(w.transposed().floats()),
        y(kBatch * out),
        dx(kBatch * in),
        dweight(threads * w.floats()),
        dbias(threads * round_up(s.out_c, kPanel)) {
    kernels::transpose(isa, w, weight.data(), {0, w.panels()}, weight_transposed.data());
  }

  /// A pass over the batch that multiplies every output with every weight that it depends on, or `part` of that.
  Amount amount(double part = 1) const {
    const double dense = 2.0 * double(kBatch * out) * double(s.depth());
    return {.flop = part * dense, .dense_flop = dense, .bytes = x.bytes() + y.bytes() + weight.bytes()};
  }

  /// `slack` times the error of a direct sum is allowed.
  bool forward_is_right(double slack = 1) const {
    return sample_matches(kBatch * out, [&](Index i) {
      const Index o = i % s.out_c, ox = i / s.out_c % s.out_w(), oy = i / s.out_c / s.out_w() % s.out_h(), n = i / out;
      ReferenceSum sum(bias[o]);
      for (Index k = 0; k < s.depth(); ++k) sum.add(x_at(n, oy, ox, k), weight[w.offset(k, o)]);
      return sum.matches(y[i], slack);
    });
  }
  /// The sum of the workers' gradients.
  bool parameter_gradient_is_right(Index threads) const {
    return sample_matches(s.depth() * s.out_c, [&](Index i) {
      const Index k = i / s.out_c, o = i % s.out_c;
      ReferenceSum sum;
      for (Index p = 0; p < kBatch * s.out_h() * s.out_w(); ++p)
        sum.add(x_at(p / s.out_w() / s.out_h(), p / s.out_w() % s.out_h(), p % s.out_w(), k), dy[p * s.out_c + o]);
      double computed = 0;
      for (Index t = 0; t < threads; ++t) computed += double(dweight[t * w.floats() + w.offset(k, o)]);
      return sum.matches(computed);
    });
  }
  bool input_gradient_is_right(double slack = 1) const {
    return sample_matches(kBatch * in, [&](Index i) {
      const Index c = i % s.in_c, ix = i / s.in_c % s.in_w, iy = i / s.in_c / s.in_w % s.in_h, n = i / in;
      ReferenceSum sum;
      for (Index place = 0; place < s.y.kernel * s.x.kernel; ++place) {
        const Index oy = iy + s.y.padding - place / s.x.kernel, ox = ix + s.x.padding - place % s.x.kernel;
        if (oy < 0 || oy >= s.out_h() || ox < 0 || ox >= s.out_w()) continue;
        for (Index o = 0; o < s.out_c; ++o)
          sum.add(dy[((n * s.out_h() + oy) * s.out_w() + ox) * s.out_c + o], weight[w.offset(place * s.in_c + c, o)]);
      }
      return sum.matches(dx[i], slack);
    });
  }

  /// The input that meets place k of the patch in output position (oy, ox); strides and dilations are 1.
  double x_at(Index n, Index oy, Index ox, Index k) const {
    const Index place = k / s.in_c, c = k % s.in_c;
    const Index iy = oy + place / s.x.kernel - s.y.padding, ix = ox + place % s.x.kernel - s.x.padding;
    const bool inside = iy >= 0 && iy < s.in_h && ix >= 0 && ix < s.in_w;
    return inside ? double(x[((n * s.in_h + iy) * s.in_w + ix) * s.in_c + c]) : 0;
  }

  kernels::ConvShape s;
  kernels::PanelMatrix w;
  Index in = s.in_h * s.in_w * s.in_c, out = s.out_floats();  ///< floats of one image
  Buffer x, dy, weight, bias, weight_transposed, y, dx, dweight, dbias;
};

}  // namespace gradrace::bench
