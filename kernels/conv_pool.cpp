#include "kernels/conv_pool.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/conv_frame.hpp"
#include "kernels/conv_method.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

// Pooled rows whose non-zeros are listed together: their inputs, gradients and lists share an L1 cache.
constexpr Index kBandRows = 6;

/// The same stage of the framed image.
ConvPoolShape framed(ConvPoolShape s) {
  s.conv = framed(s.conv);
  return s;
}

/// Rows of the convolution that are computed together: whole rows of windows and whole blocks of the method.
Index conv_rows(const ConvPoolShape& s, ConvMethod method) {
  return std::lcm(s.pool_h, conv2d_row_block(method));
}
Index conv_rows_floats(const ConvPoolShape& s, ConvMethod method) {
  return round_up(conv_rows(s, method) * s.conv.out_w() * s.conv.out_c, kPanel);
}

/// The most entries in the list of a channel.
Index band_cells(const ConvPoolShape& s) {
  return std::min(kBandRows, s.out_h()) * s.out_w();
}
Index list_floats(const ConvPoolShape& s) {
  return non_zero_floats(s.conv.out_c, band_cells(s));
}

}  // namespace

bool conv_pool_supports(const ConvPoolShape& s) {
  return conv2d_supports(ConvMethod::kImplicit, s.conv) && s.out_h() > 0 && s.out_w() > 0;
}

Index conv_pool_scratch_floats(const ConvPoolShape& s) {
  const ConvPoolShape inner = framed(s);
  const Index forward = frame_floats(s.conv) + conv_rows_floats(inner, ConvMethod::kWinograd4) +  // the most rows
                        conv2d_scratch_floats(inner.conv);
  const Index backward = 2 * frame_floats(s.conv) + list_floats(s);
  return round_up(std::max(forward, backward), kPanel);
}

void conv_pool_forward(const Isa& isa, ConvMethod method, const ConvPoolShape& shape, const float* x,
                       const float* weight, const float* bias, const float* scale, float* y, float* place,
                       std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(Index(scratch.size()), >=, conv_pool_scratch_floats(shape));
  const ConvPoolShape s = framed(shape);
  GRADRACE_EXPECT((s.pool_h - 1) * s.place_row() + (s.pool_w - 1) * s.place_col(), <, 1 << 24);  // exact as floats
  const float* image = put_in_frame(shape.conv, x, scratch.data());
  float* rows = scratch.data() + frame_floats(shape.conv);
  const std::span<float> conv_scratch =
      scratch.subspan(std::size_t(frame_floats(shape.conv) + conv_rows_floats(s, method)));
  if (const ConvMethodKernels& kernels = kernels_of(method); kernels.pools && kernels.pools(s))
    return kernels.pool_forward(isa, s, image, weight, bias, scale, y, place, conv_scratch);
  const Index row = s.conv.out_w() * s.conv.out_c, out_row = s.out_w() * s.conv.out_c, out_h = s.out_h();
  const Index block = conv_rows(s, method), call = std::min(block, conv2d_most_rows(method, s.conv));
  for (Index oy = 0; oy < out_h * s.pool_h; oy += block) {
    const Index end = std::min(oy + block, s.conv.out_h());
    for (Index first = oy; first < end; first += call)
      conv2d_forward_rows(isa, method, s.conv, {first, std::min(first + call, end)}, image, weight, bias,
                          rows + (first - oy) * row, conv_scratch);
    for (Index py = oy / s.pool_h; py < std::min((oy + block) / s.pool_h, out_h); ++py)
      isa.table().relu_pool_row(s, rows + (py * s.pool_h - oy) * row, scale, y + py * out_row,
                                place ? place + py * out_row : nullptr);
  }
}

void conv_pool_backward(const Isa& isa, const ConvPoolShape& shape, const float* x, const float* dy, const float* scale,
                        const float* place, const float* weight_rows, float* dweight_rows, float* dbias,
                        bool accumulate, float* dx, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(Index(scratch.size()), >=, conv_pool_scratch_floats(shape));
  const ConvPoolShape s = framed(shape);
  const Index frame = frame_floats(shape.conv);
  const float* image = put_in_frame(shape.conv, x, scratch.data());
  float* gradient = dx && frame > 0 ? scratch.data() + frame : dx;
  if (dx) std::fill_n(gradient, s.conv.in_h * s.conv.in_w * s.conv.in_c, 0.0f);
  const NonZeroLists lists = non_zero_lists(scratch.data() + 2 * frame, s.conv.out_c, band_cells(s));
  for (Index py = 0; py < s.out_h(); py += kBandRows) {
    const Range band{py, std::min(py + kBandRows, s.out_h())};
    std::fill_n(lists.count, s.conv.out_c, 0);
    isa.table().list_non_zeros(s, band, dy, scale, place, lists);
    isa.table().sparse_gradients(s.conv, lists, image, weight_rows, dweight_rows, dbias, accumulate || py > 0,
                                 gradient);
  }
  if (dx) take_from_frame(shape.conv, gradient, dx);
}

}  // namespace gradrace::kernels
