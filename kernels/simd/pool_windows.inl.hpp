#pragma once
// How windows of pooling slide over an image, and which of their places lie inside it.

#include "kernels/base.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {
namespace {

/// One window: which output it makes, where in the image it begins (padding lies before 0), and its places inside.
struct PoolWindow {
  Index out, y, x;
  Range ky, kx;
};

/// The places of a window that begins at `begin` which lie on an axis of n elements.
inline Range places_inside(const Window& w, Index begin, Index n) {
  return {begin >= 0 ? 0 : divide_up(-begin, w.dilation),
          begin + w.extent() <= n ? w.kernel : divide_up(n - begin, w.dilation)};
}

/// Calls body(window) for all windows in row-major order.
template <class Body>
void for_each_window(const PoolShape& s, const Body& body) {
  const Index out_h = s.out_h(), out_w = s.out_w();
  for (Index oy = 0; oy < out_h; ++oy) {
    const Index y = oy * s.y.stride - s.y.padding;
    const Range ky = places_inside(s.y, y, s.in_h);
    for (Index ox = 0; ox < out_w; ++ox) {
      const Index x = ox * s.x.stride - s.x.padding;
      body(PoolWindow{oy * out_w + ox, y, x, ky, places_inside(s.x, x, s.in_w)});
    }
  }
}

/// Calls body(position in the image, place in the window) for all places inside in row-major order.
template <class Body>
void for_each_place(const PoolShape& s, const PoolWindow& w, const Body& body) {
  for (Index ky = w.ky.begin; ky < w.ky.end; ++ky)
    for (Index kx = w.kx.begin; kx < w.kx.end; ++kx)
      body((w.y + ky * s.y.dilation) * s.in_w + w.x + kx * s.x.dilation, ky * s.x.kernel + kx);
}

}  // namespace
}  // namespace gradrace::kernels
