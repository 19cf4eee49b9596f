#pragma once
// Convolutions of one channel with 3 x 3 weights: the first of a network for grey images. A sum has nine terms only, so
// what a general product does around its sums would cost as much as they do.

#include "kernels/simd/tiles.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct ConvSingle {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Tiles<Arch>::kLanes, kVectors = Tiles<Arch>::kVectors;
  static constexpr Index kTaps = 9, kSide = 3;
  static constexpr Index kTilePositions = Tiles<Arch>::kLatencySums / kVectors;

  /// The outputs of some neighbouring positions for 16 channels; y's positions are `channels` apart.
  template <bool kRelu, Index Positions>
  static void tile(const float* x, Index in_w, const float* weight, const float* bias, Index channels, float* y) {
    V sum[Positions][kVectors];
    for (Index p = 0; p < Positions; ++p)
      for (Index v = 0; v < kVectors; ++v) sum[p][v] = V::load_unaligned(bias + v * kLanes);
    for (Index ky = 0; ky < kSide; ++ky, x += in_w)
      for (Index kx = 0; kx < kSide; ++kx, weight += kPanel) {
        V w[kVectors];
        for (Index v = 0; v < kVectors; ++v) w[v] = V::load_unaligned(weight + v * kLanes);
        for (Index p = 0; p < Positions; ++p)
          for (Index v = 0; v < kVectors; ++v) sum[p][v] = multiply_add(V(x[p + kx]), w[v], sum[p][v]);
      }
    for (Index p = 0; p < Positions; ++p)
      for (Index v = 0; v < kVectors; ++v) {
        const V cut = kRelu ? where_positive(sum[p][v], sum[p][v]) : sum[p][v];
        cut.store_unaligned(y + p * channels + v * kLanes);
      }
  }

  template <bool kRelu>
  static void forward(const ConvShape& s, Range out_rows, const float* x, const float* weight, const float* bias,
                      float* y) noexcept {
    const Index out_w = s.out_w(), tiles = divide_up(out_w, kTilePositions);
    for (Index oy = out_rows.begin; oy < out_rows.end; ++oy)
      for (Index t = 0; t < tiles; ++t) {
        const Range some = share(out_w, t, tiles);
        float* to = y + ((oy - out_rows.begin) * out_w + some.begin) * s.out_c;
        for (Index c = 0; c < s.out_c; c += kPanel)
          sized<kTilePositions, 1>(some.size(), 1, [&]<Index Positions, Index>() {
            tile<kRelu, Positions>(x + oy * s.in_w + some.begin, s.in_w, weight + c * kTaps, bias + c, s.out_c, to + c);
          });
      }
  }

  /// Adds to the gradients of a vector of channels what some rows of positions contribute; overwrites them unless
  /// `accumulate`. dweight's taps are kPanel apart.
  template <bool kRelu>
  static void add_rows(const ConvShape& s, Range rows, const float* x, const float* y, const float* dy, bool accumulate,
                       float* dweight, float* dbias) {
    const Index out_w = s.out_w();
    V sum[kTaps], bias = accumulate ? V::load_unaligned(dbias) : V(0.0f);
    for (V& tap : sum) tap = V(0.0f);
    for (Index oy = rows.begin; oy < rows.end; ++oy) {
      const float* image = x + oy * s.in_w;
      const Index line = oy * out_w * s.out_c;
      for (Index ox = 0, at = line; ox < out_w; ++ox, ++image, at += s.out_c) {
        V d = V::load_unaligned(dy + at);
        if constexpr (kRelu) d = where_positive(V::load_unaligned(y + at), d);
        for (Index ky = 0; ky < kSide; ++ky)
          for (Index kx = 0; kx < kSide; ++kx)
            sum[ky * kSide + kx] = multiply_add(V(image[ky * s.in_w + kx]), d, sum[ky * kSide + kx]);
        bias += d;
      }
    }
    for (Index tap = 0; tap < kTaps; ++tap) {
      float* to = dweight + tap * kPanel;
      (accumulate ? V::load_unaligned(to) + sum[tap] : sum[tap]).store_unaligned(to);
    }
    bias.store_unaligned(dbias);
  }

  /// Chains end with rows of positions, so they are only about as long as kChain.
  template <bool kRelu>
  static void parameter_gradient(const ConvShape& s, const float* x, const float* y, const float* dy, bool accumulate,
                                 float* dweight, float* dbias) noexcept {
    const Index out_h = s.out_h(), chains = divide_up(out_h * s.out_w(), kChain);
    for (Index c = 0; c < s.out_c; c += kLanes)
      for (Index chain = 0; chain < chains; ++chain)
        add_rows<kRelu>(s, share(out_h, chain, chains), x, kRelu ? y + c : nullptr, dy + c, accumulate || chain > 0,
                        dweight + c / kPanel * kTaps * kPanel + c % kPanel, dbias + c);
  }
};

}  // namespace
}  // namespace gradrace::kernels
