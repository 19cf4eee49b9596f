#include "kernels/conv_frame.hpp"

#include <algorithm>

namespace gradrace::kernels {
namespace {

/// Calls body(row of the image, where it lies in the frame) for all rows.
template <class Body>
void for_each_row(const ConvShape& s, const Body& body) {
  const Index width = s.in_w + 2 * s.x.padding;
  for (Index y = 0; y < s.in_h; ++y) body(y, ((y + s.y.padding) * width + s.x.padding) * s.in_c);
}

}  // namespace

const float* put_in_frame(const ConvShape& s, const float* x, float* frame) noexcept {
  if (frame_floats(s) == 0) return x;
  const Index row = s.in_w * s.in_c;
  float* end = frame;
  for_each_row(s, [&](Index y, Index at) {
    std::fill(end, frame + at, 0.0f);
    end = std::copy_n(x + y * row, row, frame + at);
  });
  std::fill(end, frame + frame_floats(s), 0.0f);
  return frame;
}

void take_from_frame(const ConvShape& s, const float* frame, float* x) noexcept {
  if (frame_floats(s) == 0) return;
  const Index row = s.in_w * s.in_c;
  for_each_row(s, [&](Index y, Index at) { std::copy_n(frame + at, row, x + y * row); });
}

}  // namespace gradrace::kernels
