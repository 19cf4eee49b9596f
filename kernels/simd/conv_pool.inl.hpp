#pragma once
// The fused stage's parts: ReLU and pooling of one row of windows, and the lists of non-zero gradients.

#include "kernels/simd/non_zeros.inl.hpp"
#include "kernels/simd/relu_pool.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct ConvPool {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);

  static void relu_pool_row(const ConvPoolShape& s, const float* rows, const float* scale, float* y,
                            float* place) noexcept {
    (s.pool_h == 2 && s.pool_w == 2 ? pool_row<2> : pool_row<0>)(s, rows, scale, y, place);
  }

  template <Index Side>
  static void pool_row(const ConvPoolShape& s, const float* rows, const float* scale, float* y, float* place) {
    using Pool = ReluPool<Arch, Side>;
    const Index channels = s.conv.out_c, row = s.conv.out_w() * channels, windows = s.out_w();
    const Index place_row = s.place_row(), place_col = s.place_col(), height = s.pool_h, width = s.pool_w;
    for (Index px = 0; px < windows; ++px, rows += width * channels)
      for_each_vector<V>(channels, [&](Index c, auto load, auto store) {
        const auto best = Pool::max(
            height, width, [&](Index ky, Index kx) { return load(rows + ky * row + kx * channels + c); },
            [&](Index ky, Index kx) { return float(ky * place_row + kx * place_col); });
        const Index to = px * channels + c;
        Pool::finish(best, scale ? load(scale + c) : V(1.0f), store, y + to, place ? place + to : nullptr);
      });
  }

  static void list_non_zeros(const ConvPoolShape& s, Range band, const float* dy, const float* scale,
                             const float* place, const NonZeroLists& lists) noexcept {
    using Block = NonZeroBlock<Arch>;
    const Index channels = s.conv.out_c, end = band.end * s.out_w();
    const CellGrid windows{.width = s.out_w(), .row = s.pool_h * s.place_row(), .col = s.pool_w * s.place_col()};
    for (Index cell = band.begin * s.out_w(); cell < end; cell += kLanes) {
      const Index some = end - cell < kLanes ? end - cell : kLanes;
      const auto offsets = Block::offsets(windows, cell, some);
      for (Index c = 0; c < channels; c += kLanes) {
        const Index n = channels - c < kLanes ? channels - c : kLanes, at = cell * channels + c;
        V places[kLanes], gradients[kLanes];
        Block::columns(place + at, channels, some, n, kNowhere, places);
        Block::columns(dy + at, channels, some, n, 0.0f, gradients);
        for (Index i = 0; i < n; ++i)
          Block::append(lists, c + i, bits(places[i] >= V(0.0f)), offsets + xsimd::to_int(places[i]),
                        scale ? gradients[i] * V(scale[c + i]) : gradients[i]);
      }
    }
  }
};

}  // namespace
}  // namespace gradrace::kernels
