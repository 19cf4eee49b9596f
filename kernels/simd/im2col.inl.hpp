#pragma once
// Patches: for each output position the window's inputs in the order (ky, kx, channel), zero outside the image.

#include "kernels/simd/vector.inl.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <class Arch>
struct Im2col {
  using V = Vector<Arch>;
  static constexpr Index kLanes = Index(V::size);

  // How a stretch is written: its whole vectors, and n floats that are no whole one. Sums go one by one there, since
  // neighbouring windows overlap, and a part of a vector that was just stored is slow to load.
  struct Store {
    static V value(const V& v, const V&) { return v; }
    static void rest(Index n, const float* from, float* to) { store_part(load_part<V>(from, n), to, n); }
  };
  struct Add {
    static V value(const V& v, const V& before) { return before + v; }
    static void rest(Index n, const float* from, float* to) {
      for (Index i = 0; i < n; ++i) to[i] += from[i];
    }
  };

  /// `count` stretches of Vectors whole vectors: no loop inside, so that stores follow each other without a pause.
  template <class Put, Index Vectors>
  static void move_whole(Index count, const float* from, Index from_stride, float* to, Index to_stride) {
    for (; count > 0; --count, from += from_stride, to += to_stride)
      for (Index v = 0; v < Vectors; ++v)
        Put::value(V::load_unaligned(from + v * kLanes), V::load_unaligned(to + v * kLanes))
            .store_unaligned(to + v * kLanes);
  }

  /// `count` stretches of n floats, one every from_stride floats, to one every to_stride.
  template <class Put>
  static void move_many(Index count, Index n, const float* from, Index from_stride, float* to, Index to_stride) {
    if (n == 3 * kPanel)  // a 3-wide window of 16 channels
      return move_whole<Put, 3 * kPanel / kLanes>(count, from, from_stride, to, to_stride);
    for (; count > 0; --count, from += from_stride, to += to_stride) {
      Index i = 0;
      for (; i + kLanes <= n; i += kLanes)
        Put::value(V::load_unaligned(from + i), V::load_unaligned(to + i)).store_unaligned(to + i);
      if (i < n) Put::rest(n - i, from + i, to + i);
    }
  }

  /// Walks the rows of the windows of some output rows. Calls run(offset in the patches, their stride, length, offset
  /// in the image, its stride, count) for stretches that lie inside the image, and outside(offset in the patches,
  /// length) for the others. For each element of the image the windows come in row-major order.
  template <class Run, class Outside>
  static void for_each_run(const ConvShape& s, Index patch_stride, Range out_rows, const Run& run,
                           const Outside& outside) {
    const Index out_w = s.out_w(), row = s.x.kernel * s.in_c;
    // Output columns whose windows lie inside the image and are one stretch.
    const Index first = s.x.dilation == 1 ? divide_up(s.x.padding, s.x.stride) : out_w;
    const Index last = s.in_w + s.x.padding < s.x.kernel ? 0 : (s.in_w + s.x.padding - s.x.kernel) / s.x.stride + 1;
    const Range inner{first < out_w ? first : out_w, last < out_w ? last : out_w};
    for (Index oy = out_rows.begin; oy < out_rows.end; ++oy)
      for (Index ky = 0; ky < s.y.kernel; ++ky) {
        const Index y = oy * s.y.stride + ky * s.y.dilation - s.y.padding;
        const Index at = (oy - out_rows.begin) * out_w * patch_stride + ky * row;
        const auto edge = [&](Index ox) {
          for (Index kx = 0; kx < s.x.kernel; ++kx) {
            const Index x = ox * s.x.stride + kx * s.x.dilation - s.x.padding;
            const Index to = at + ox * patch_stride + kx * s.in_c;
            if (y < 0 || y >= s.in_h || x < 0 || x >= s.in_w)
              outside(to, s.in_c);
            else
              run(to, patch_stride, s.in_c, (y * s.in_w + x) * s.in_c, 0, 1);
          }
        };
        const Range whole = y < 0 || y >= s.in_h || inner.empty() ? Range{out_w, out_w} : inner;
        for (Index ox = 0; ox < whole.begin; ++ox) edge(ox);
        if (!whole.empty())
          run(at + whole.begin * patch_stride, patch_stride, row,
              (y * s.in_w + whole.begin * s.x.stride - s.x.padding) * s.in_c, s.x.stride * s.in_c, whole.size());
        for (Index ox = whole.end; ox < out_w; ++ox) edge(ox);
      }
  }

  static void im2col(const ConvShape& s, const float* x, Range out_rows, float* patches) noexcept {
    for_each_run(
        s, s.depth(), out_rows,
        [&](Index to, Index to_stride, Index n, Index from, Index from_stride, Index count) {
          move_many<Store>(count, n, x + from, from_stride, patches + to, to_stride);
        },
        [&](Index to, Index n) {
          for (Index i = 0; i < n; ++i) patches[to + i] = 0.0f;
        });
  }

  /// The adjoint: adds every patch element to the input that it was taken from.
  static void col2im(const ConvShape& s, const float* patches, Index patch_stride, Range out_rows, float* x) noexcept {
    for_each_run(
        s, patch_stride, out_rows,
        [&](Index from, Index from_stride, Index n, Index to, Index to_stride, Index count) {
          move_many<Add>(count, n, patches + from, from_stride, x + to, to_stride);
        },
        [](Index, Index) {});
  }
};

}  // namespace
}  // namespace gradrace::kernels
