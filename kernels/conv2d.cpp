#include "kernels/conv2d.hpp"

#include <algorithm>
#include <iterator>

#include "kernels/conv_frame.hpp"
#include "kernels/conv_method.hpp"
#include "kernels/conv_single.hpp"
#include "kernels/gemm.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

constexpr const ConvMethodKernels* kMethods[] = {&conv_im2col, &conv_implicit, &conv_winograd2,
                                                 &conv_winograd4};  // by ConvMethod

/// The shape that a method computes: the one that is asked for, or that of the image in its frame.
ConvShape inner_shape(const ConvMethodKernels& method, const ConvShape& s) {
  return method.supports(s) ? s : framed(s);
}
/// Whether the image needs its frame.
bool frames(const ConvMethodKernels& method, const ConvShape& s) {
  return frame_floats(s) > 0 && !method.supports(s);
}
/// Floats of scratch, the frame first.
Index scratch_floats(const ConvMethodKernels& method, const ConvShape& s) {
  return (frames(method, s) ? frame_floats(s) : 0) + method.scratch_floats(inner_shape(method, s));
}

/// An image as a method wants it, and the scratch that is left.
struct Image {
  const float* x;
  std::span<float> scratch;
};
Image image_for(const ConvMethodKernels& method, const ConvShape& s, const float* x, std::span<float> scratch) {
  if (!frames(method, s)) return {x, scratch};
  return {put_in_frame(s, x, scratch.data()), scratch.subspan(std::size_t(frame_floats(s)))};
}

bool runs_single(ConvMethod method, const ConvShape& s) {
  return method == ConvMethod::kImplicit && conv_single_supports(s);
}

}  // namespace

const ConvMethodKernels& kernels_of(ConvMethod method) {
  return *kMethods[int(method)];
}

bool conv2d_supports(ConvMethod method, const ConvShape& s) {
  return kernels_of(method).supports(inner_shape(kernels_of(method), s));
}

bool conv2d_suits(ConvMethod method, const ConvShape& s) {
  return conv2d_supports(method, s) && kernels_of(method).suits(inner_shape(kernels_of(method), s));
}

Index conv_cost(ConvMethod method, const ConvShape& s) {
  return kernels_of(method).cost(inner_shape(kernels_of(method), s));
}

ConvMethod conv2d_best(const ConvShape& s) {
  ConvMethod best = ConvMethod::kIm2col;
  for (Index i = 0; i < std::ssize(kMethods); ++i)
    if (conv2d_suits(ConvMethod(i), s) && conv_cost(ConvMethod(i), s) < conv_cost(best, s)) best = ConvMethod(i);
  return best;
}

const char* name(ConvMethod method) {
  return kernels_of(method).name;
}

std::optional<ConvMethod> conv_method(std::string_view name) {
  const auto found = std::ranges::find(kMethods, name, &ConvMethodKernels::name);
  if (found == std::end(kMethods)) return {};
  return ConvMethod(found - std::begin(kMethods));
}

Index conv2d_prepared_floats(ConvMethod method, const ConvShape& s) {
  return kernels_of(method).prepared_floats(inner_shape(kernels_of(method), s));
}

void conv2d_prepare_weights(const Isa& isa, ConvMethod method, const ConvShape& s, const float* weight,
                            float* prepared) noexcept {
  const ConvMethodKernels& kernels = kernels_of(method);
  if (kernels.prepare_weights) kernels.prepare_weights(isa, inner_shape(kernels, s), weight, prepared);
}

Index conv2d_row_block(ConvMethod method) {
  return kernels_of(method).row_block;
}

Index conv2d_most_rows(ConvMethod method, const ConvShape& s) {
  return kernels_of(method).most_rows(s);
}

Index conv2d_scratch_floats(const ConvShape& s) {
  Index floats = 0;
  for (const ConvMethodKernels* method : kMethods)
    if (method->supports(inner_shape(*method, s))) floats = std::max(floats, scratch_floats(*method, s));
  return floats;
}

void conv2d_forward(const Isa& isa, ConvMethod method, const ConvShape& s, const float* x, const float* weight,
                    const float* bias, float* y, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(conv2d_supports(method, s), ==, true);
  GRADRACE_EXPECT(Index(scratch.size()), >=, scratch_floats(kernels_of(method), s));
  const ConvShape inner = inner_shape(kernels_of(method), s);
  const Image image = image_for(kernels_of(method), s, x, scratch);
  const Index most = conv2d_most_rows(method, inner);
  for (Index row = 0; row < s.out_h(); row += most)
    conv2d_forward_rows(isa, method, inner, {row, std::min(row + most, s.out_h())}, image.x, weight, bias,
                        y + row * s.out_w() * s.out_c, image.scratch);
}

void conv2d_forward_rows(const Isa& isa, ConvMethod method, const ConvShape& s, Range out_rows, const float* x,
                         const float* weight, const float* bias, float* y, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(kernels_of(method).supports(s), ==, true);
  GRADRACE_EXPECT(out_rows.begin % conv2d_row_block(method), ==, 0);
  GRADRACE_EXPECT(out_rows.size(), <=, conv2d_most_rows(method, s));
  GRADRACE_EXPECT(Index(scratch.size()), >=, kernels_of(method).scratch_floats(s));
  kernels_of(method).forward_rows(isa, s, out_rows, x, weight, bias, y, scratch);
}

void conv2d_parameter_gradient(const Isa& isa, ConvMethod method, const ConvShape& s, const float* x, const float* dy,
                               float* dweight, float* dbias, bool accumulate, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(conv2d_supports(method, s), ==, true);
  GRADRACE_EXPECT(Index(scratch.size()), >=, scratch_floats(kernels_of(method), s));
  const Image image = image_for(kernels_of(method), s, x, scratch);
  kernels_of(method).parameter_gradient(isa, inner_shape(kernels_of(method), s), image.x, dy, dweight, dbias,
                                        accumulate, image.scratch);
}

void conv2d_relu_forward(const Isa& isa, ConvMethod method, const ConvShape& s, const float* x, const float* weight,
                         const float* bias, float* y, std::span<float> scratch) noexcept {
  if (runs_single(method, s)) return isa.table().conv_single_relu_forward(s, {0, s.out_h()}, x, weight, bias, y);
  conv2d_forward(isa, method, s, x, weight, bias, y, scratch);
  isa.table().relu_forward(s.out_floats(), y, y);
}

void conv2d_relu_parameter_gradient(const Isa& isa, ConvMethod method, const ConvShape& s, const float* x,
                                    const float* y, float* dy, float* dweight, float* dbias, bool accumulate,
                                    std::span<float> scratch) noexcept {
  if (runs_single(method, s)) return isa.table().conv_single_relu_gradient(s, x, y, dy, accumulate, dweight, dbias);
  isa.table().relu_backward(s.out_floats(), y, dy, dy);
  conv2d_parameter_gradient(isa, method, s, x, dy, dweight, dbias, accumulate, scratch);
}

void conv_bias_gradient(const Isa& isa, const ConvShape& s, const float* dy, float* dbias, bool accumulate) noexcept {
  if (!accumulate) std::fill_n(dbias, s.out_c, 0.0f);
  add_column_sums(isa, s.out_h() * s.out_w(), s.out_c, dy, s.out_c, dbias);
}

void conv2d_input_gradient(const Isa& isa, const ConvShape& s, const float* dy, const float* weight_transposed,
                           float* dx, std::span<float> scratch) noexcept {
  GRADRACE_EXPECT(Index(scratch.size()), >=, conv_im2col.scratch_floats(s));
  im2col_input_gradient(isa, s, dy, weight_transposed, dx, scratch);
}

}  // namespace gradrace::kernels
