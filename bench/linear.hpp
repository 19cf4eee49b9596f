#pragma once
/// A batch for a linear layer, and what its results must be.

#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"
#include "kernels/linear.hpp"

namespace gradrace::bench {

/// A batch with its gradients and the layer's parameters.
struct Linear {
  explicit Linear(const kernels::PanelMatrix& shape)
      : w(shape),
        x(kBatch * w.cols, 1),
        dy(kBatch * w.rows, 2),
        weight(w.floats(), 3),
        bias(w.rows, 4),
        y(kBatch * w.rows),
        dx(kBatch * w.cols),
        dweight(w.floats()),
        sums(kernels::linear_sum_floats(w, kBatch)) {}

  Amount amount() const {
    return {.flop = 2.0 * double(kBatch * w.rows * w.cols), .bytes = x.bytes() + y.bytes() + weight.bytes()};
  }

  bool forward_is_right() const {
    return sample_matches(kBatch * w.rows, [&](Index i) {
      const Index n = i / w.rows, o = i % w.rows;
      ReferenceSum sum(bias[o]);
      for (Index k = 0; k < w.cols; ++k) sum.add(x[n * w.cols + k], weight[w.offset(o, k)]);
      return sum.matches(y[i]);
    });
  }
  bool input_gradient_is_right() const {
    return sample_matches(kBatch * w.cols, [&](Index i) {
      const Index n = i / w.cols, k = i % w.cols;
      ReferenceSum sum;
      for (Index o = 0; o < w.rows; ++o) sum.add(dy[n * w.rows + o], weight[w.offset(o, k)]);
      return sum.matches(dx[i]);
    });
  }
  bool weight_gradient_is_right() const {
    return sample_matches(w.rows * w.cols, [&](Index i) {
      const Index o = i / w.cols, k = i % w.cols;
      ReferenceSum sum;
      for (Index n = 0; n < kBatch; ++n) sum.add(dy[n * w.rows + o], x[n * w.cols + k]);
      return sum.matches(dweight[w.offset(o, k)]);
    });
  }

  kernels::PanelMatrix w;
  Buffer x, dy, weight, bias, y, dx, dweight, sums;
};

}  // namespace gradrace::bench
