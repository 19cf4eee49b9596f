#pragma once
/// A batch for max pooling, and what its results must be.

#include <algorithm>
#include <string>

#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"
#include "kernels/max_pool.hpp"

namespace gradrace::bench {

inline constexpr kernels::PoolShape kPool{
    .in_h = 24, .in_w = 24, .channels = 32, .y = {.kernel = 2, .stride = 2}, .x = {.kernel = 2, .stride = 2}};
inline std::string name_of(const kernels::PoolShape& s) {
  return fmt::format("n{}_c{}_h{}", kBatch, s.channels, s.in_h);
}

/// A batch before and after pooling; a place is two bytes.
struct Pooling {
  Index in = kPool.in_h * kPool.in_w * kPool.channels, out = kPool.out_h() * kPool.out_w() * kPool.channels;
  Buffer x{kBatch * in, 1}, dy{kBatch * out, 2}, y{kBatch * out}, dx{kBatch * in}, places{kBatch * out / 2};

  kernels::PoolPlace* place(Index i) const { return reinterpret_cast<kernels::PoolPlace*>(places.data()) + i; }
  /// Place `at` of the window of pooled output i, in x.
  Index window(Index i, Index at) const {
    const Index c = i % kPool.channels, px = i / kPool.channels % kPool.out_w();
    const Index py = i / kPool.channels / kPool.out_w() % kPool.out_h();
    return i / out * in + ((2 * py + at / 2) * kPool.in_w + 2 * px + at % 2) * kPool.channels + c;
  }
  bool forward_is_right() const {
    return sample_matches(kBatch * out, [&](Index i) {
      float most = x[window(i, 0)];
      for (Index at = 1; at < 4; ++at) most = std::max(most, x[window(i, at)]);
      return y[i] == most && x[window(i, *place(i))] == most;
    });
  }
  bool backward_is_right() const {
    return sample_matches(kBatch * out, [&](Index i) {
      for (Index at = 0; at < 4; ++at)
        if (dx[window(i, at)] != (at == *place(i) ? dy[i] : 0.0f)) return false;
      return true;
    });
  }
  Amount amount() const { return {.bytes = x.bytes() + y.bytes() + places.bytes()}; }
  void forward(const kernels::Isa& isa, kernels::Worker worker) const noexcept {
    const Range samples = worker.share_of(kBatch);
    for (Index n = samples.begin; n < samples.end; ++n)
      kernels::max_pool_forward(isa, kPool, x.data() + n * in, y.data() + n * out, place(n * out));
  }
  void backward(const kernels::Isa& isa, kernels::Worker worker) const noexcept {
    const Range samples = worker.share_of(kBatch);
    for (Index n = samples.begin; n < samples.end; ++n)
      kernels::max_pool_backward(isa, kPool, dy.data() + n * out, place(n * out), dx.data() + n * in);
  }
};

}  // namespace gradrace::bench
