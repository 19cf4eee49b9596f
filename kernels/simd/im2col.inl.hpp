#pragma once
// Patches: for each output position the window's inputs in the order (ky, kx, channel), zero outside the image.

#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Im2col {
  using V = Vector<Arch>;

  static void copy(Index n, const float* from, float* to) {
    for (; n >= kPanel; n -= kPanel, from += kPanel, to += kPanel)
      for (Index i = 0; i < kPanel; i += Index(V::size)) V::load_unaligned(from + i).store_unaligned(to + i);
    for_each_vector<V>(n, [&](Index i, auto load, auto store) { store(load(from + i), to + i); });
  }
  static void zero(Index n, float* to) {
    for_each_vector<V>(n, [&](Index i, auto, auto store) { store(V(0.0f), to + i); });
  }
  static void add(Index n, const float* from, float* to) {
    for_each_vector<V>(n, [&](Index i, auto load, auto store) { store(load(to + i) + load(from + i), to + i); });
  }

  /// Calls run(offset in the patch, length, offset in the image) for the stretches of one output position's window that
  /// lie inside the image, and outside(offset in the patch, length) for the others.
  template <class Run, class Outside>
  static void for_each_run(const ConvShape& s, Index oy, Index ox, const Run& run, const Outside& outside) {
    const Index row = s.x.kernel * s.in_c;  // of a patch
    const Index left = ox * s.x.stride - s.x.padding;
    const bool whole_rows = s.x.dilation == 1 && left >= 0 && left + s.x.kernel <= s.in_w;
    for (Index ky = 0; ky < s.y.kernel; ++ky) {
      const Index y = oy * s.y.stride + ky * s.y.dilation - s.y.padding;
      if (y < 0 || y >= s.in_h) {
        outside(ky * row, row);
      } else if (whole_rows) {
        run(ky * row, row, (y * s.in_w + left) * s.in_c);
      } else {
        for (Index kx = 0; kx < s.x.kernel; ++kx) {
          const Index x = left + kx * s.x.dilation, at = ky * row + kx * s.in_c;
          if (x < 0 || x >= s.in_w)
            outside(at, s.in_c);
          else
            run(at, s.in_c, (y * s.in_w + x) * s.in_c);
        }
      }
    }
  }

  static void im2col(const ConvShape& s, const float* x, Range out_rows, float* patches) noexcept {
    const Index out_w = s.out_w(), depth = s.depth();  // a division and products: too slow for once a position
    for (Index oy = out_rows.begin; oy < out_rows.end; ++oy)
      for (Index ox = 0; ox < out_w; ++ox, patches += depth)
        for_each_run(
            s, oy, ox, [&](Index to, Index n, Index from) { copy(n, x + from, patches + to); },
            [&](Index to, Index n) { zero(n, patches + to); });
  }

  /// The adjoint: adds every patch element to the input that it was taken from.
  static void col2im(const ConvShape& s, const float* patches, Index patch_stride, Range out_rows, float* x) noexcept {
    const Index out_w = s.out_w();
    for (Index oy = out_rows.begin; oy < out_rows.end; ++oy)
      for (Index ox = 0; ox < out_w; ++ox, patches += patch_stride)
        for_each_run(
            s, oy, ox, [&](Index from, Index n, Index to) { add(n, patches + from, x + to); }, [](Index, Index) {});
  }
};

}  // namespace
}  // namespace gradrace::kernels
