#include "kernels/conv_sparse.hpp"

#include <algorithm>
#include <limits>

#include "kernels/conv_frame.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

// Inputs that a band's lists lead to, 64 KB: the more of them, the longer the lists, but each list walks all of them.
constexpr Index kBandFloats = 16384;
// Gradients that are listed at a time, 16 KB: they are read once per channel, and meanwhile stay in L1.
constexpr Index kListedFloats = 4096;

Index rows_within(Index floats, Index row, Index all) {
  return std::clamp<Index>(floats / std::max<Index>(row, 1), 1, std::max<Index>(all, 1));
}
Index band_rows(const ConvShape& inner) {
  return rows_within(kBandFloats, inner.y.stride * inner.in_w * inner.in_c, inner.out_h());
}

void list_band(const Isa& isa, const ConvShape& inner, Range band, const float* dy, const NonZeroLists& lists) {
  const Index rows = rows_within(kListedFloats, inner.out_w() * inner.out_c, inner.out_h());
  std::fill_n(lists.count, inner.out_c, 0);
  for (Index oy = band.begin; oy < band.end; oy += rows)
    isa.table().list_gradients(inner, {oy, std::min(oy + rows, band.end)}, dy, lists);
}

}  // namespace

Index count_non_zeros(const Isa& isa, std::span<const float> x) noexcept {
  return isa.table().count_non_zeros(Index(x.size()), x.data());
}

Index conv_sparse_scratch_floats(const ConvShape& s) {
  const ConvShape inner = framed(s);
  return 2 * frame_floats(s) + non_zero_floats(s.out_c, band_rows(inner) * inner.out_w());
}

void conv_sparse_gradients(const Isa& isa, const ConvShape& s, const float* x, const float* dy,
                           const float* weight_rows, float* dweight_rows, float* dbias, bool accumulate, float* dx,
                           std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(Index(scratch.size()), >=, conv_sparse_scratch_floats(s));
  const ConvShape inner = framed(s);
  GRADRACE_EXPECT(inner.in_h * inner.in_w * inner.in_c, <=, std::numeric_limits<Index32>::max());  // offsets in lists
  const Index rows = band_rows(inner);
  const float* image = put_in_frame(s, x, scratch.data());
  float* gradient = dx && frame_floats(s) > 0 ? scratch.data() + frame_floats(s) : dx;
  const NonZeroLists lists = non_zero_lists(scratch.data() + 2 * frame_floats(s), s.out_c, rows * inner.out_w());
  if (gradient) std::fill_n(gradient, inner.in_h * inner.in_w * inner.in_c, 0.0f);
  for (Index oy = 0; oy < inner.out_h(); oy += rows) {
    list_band(isa, inner, {oy, std::min(oy + rows, inner.out_h())}, dy, lists);
    isa.table().sparse_gradients(inner, lists, image, weight_rows, dweight_rows, dbias, accumulate || oy > 0, gradient);
  }
  if (dx) take_from_frame(s, gradient, dx);
}

}  // namespace gradrace::kernels
