#pragma once
/// Padding as a frame: a padded convolution is a plain one of a larger image, whose border holds zeros. The one place
/// that knows how an image lies in its frame, so that methods need not know padding. Private to kernels/.

#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// The same convolution of the framed image.
constexpr ConvShape framed(ConvShape s) {
  s.in_h += 2 * s.y.padding, s.in_w += 2 * s.x.padding;
  s.y.padding = s.x.padding = 0;
  return s;
}

/// Floats of a framed image, in whole panels; 0 if nothing is padded, and then an image is its own frame.
constexpr Index frame_floats(const ConvShape& s) {
  const bool padded = s.y.padding > 0 || s.x.padding > 0;
  return padded ? round_up((s.in_h + 2 * s.y.padding) * (s.in_w + 2 * s.x.padding) * s.in_c, kPanel) : 0;
}

/// The framed image: a copy of x in `frame` (frame_floats), or x itself.
const float* put_in_frame(const ConvShape& s, const float* x, float* frame) noexcept;
/// The other way: x becomes what lies inside the border; nothing to do if nothing is padded.
void take_from_frame(const ConvShape& s, const float* frame, float* x) noexcept;

}  // namespace gradrace::kernels
