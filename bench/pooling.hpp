#pragma once
/// A batch for max or average pooling, and what its results must be.

#include <algorithm>
#include <string>

#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"
#include "kernels/avg_pool.hpp"
#include "kernels/max_pool.hpp"

namespace gradrace::bench {

/// A batch before and after pooling without padding; a place is two bytes.
struct Pooling {
  explicit Pooling(const kernels::PoolShape& pool) : shape(pool) {}

  kernels::PoolPlace* place(Index i) const { return reinterpret_cast<kernels::PoolPlace*>(places.data()) + i; }
  /// Place `at` of the window of pooled output i, in x.
  Index window(Index i, Index at) const {
    const Index c = i % shape.channels, px = i / shape.channels % shape.out_w();
    const Index py = i / shape.channels / shape.out_w() % shape.out_h();
    const Index row = shape.y.stride * py + at / shape.x.kernel, column = shape.x.stride * px + at % shape.x.kernel;
    return i / out * in + (row * shape.in_w + column) * shape.channels + c;
  }
  /// The sum of share(i, at) over all places `at` of windows i that are input `in_at`.
  template <class Share>
  ReferenceSum sum_over_windows(Index in_at, const Share& share) const {
    ReferenceSum sum;
    const Index begin = in_at / in * out;
    for (Index i = begin + in_at % shape.channels; i < begin + out; i += shape.channels)
      for (Index at = 0; at < places_of_window; ++at)
        if (window(i, at) == in_at) sum.add(share(i, at), 1);
    return sum;
  }

  bool max_is_right() const {
    return sample_matches(kBatch * out, [&](Index i) {
      float most = x[window(i, 0)];
      for (Index at = 1; at < places_of_window; ++at) most = std::max(most, x[window(i, at)]);
      return y[i] == most && x[window(i, *place(i))] == most;
    });
  }
  bool max_gradient_is_right() const {
    return sample_matches(kBatch * in, [&](Index i) {
      return sum_over_windows(i, [&](Index o, Index at) { return at == *place(o) ? double(dy[o]) : 0.0; })
          .matches(dx[i]);
    });
  }
  bool average_is_right() const {
    return sample_matches(kBatch * out, [&](Index i) {
      ReferenceSum sum;
      for (Index at = 0; at < places_of_window; ++at) sum.add(double(x[window(i, at)]), 1 / double(places_of_window));
      return sum.matches(y[i]);
    });
  }
  bool average_gradient_is_right() const {
    return sample_matches(kBatch * in, [&](Index i) {
      return sum_over_windows(i, [&](Index o, Index) { return double(dy[o]) / double(places_of_window); })
          .matches(dx[i]);
    });
  }

  kernels::PoolShape shape;
  Index in = shape.in_h * shape.in_w * shape.channels, out = shape.out_h() * shape.out_w() * shape.channels;
  Index places_of_window = shape.y.kernel * shape.x.kernel;
  Buffer x{kBatch * in, 1}, dy{kBatch * out, 2}, y{kBatch * out}, dx{kBatch * in}, places{kBatch * out / 2};
};

}  // namespace gradrace::bench
