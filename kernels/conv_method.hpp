#pragma once
/// What a method of conv2d.hpp consists of. Private to kernels/: each stands in a file of its own, conv2d.cpp has all
/// of them in one array, and whoever adds one adds an object and a name for it.

#include <span>

#include "kernels/conv2d.hpp"
#include "kernels/isa.hpp"
#include "kernels/shapes.hpp"

namespace gradrace::kernels {

/// Shapes that a function gets are supported ones. What it computes, layouts and aliasing: conv2d.hpp.
struct ConvMethodKernels {
  const char* name;  ///< as on the command line
  bool (*supports)(const ConvShape&);
  bool (*suits)(const ConvShape&);  ///< of a supported shape: whether the method may pay
  Index (*cost)(const ConvShape&);  ///< of the forward pass: products per pair of channels, or what takes as long

  /// Output rows that are computed together: calls of forward_rows begin at multiples of it, and have at most
  /// most_rows.
  Index row_block;
  Index (*most_rows)(const ConvShape&);
  /// The weights as forward_rows wants them: floats of a copy of its own, 0 for the panel matrix itself.
  Index (*prepared_floats)(const ConvShape&);
  void (*prepare_weights)(const Isa&, const ConvShape&, const float* weight, float* prepared) noexcept;
  Index (*scratch_floats)(const ConvShape&);  ///< that forward_rows and parameter_gradient need

  void (*forward_rows)(const Isa&, const ConvShape&, Range out_rows, const float* x, const float* weight,
                       const float* bias, float* y, std::span<float> scratch) noexcept;
  /// Of methods that pool what they compute where they compute it (else null): whether of a stage, and its forward pass
  /// as in conv_pool.hpp. Scratch is that of forward_rows.
  bool (*pools)(const ConvPoolShape&);
  void (*pool_forward)(const Isa&, const ConvPoolShape&, const float* x, const float* weight, const float* bias,
                       const float* scale, float* y, float* place, std::span<float> scratch) noexcept;
  void (*parameter_gradient)(const Isa&, const ConvShape&, const float* x, const float* dy, float* dweight,
                             float* dbias, bool accumulate, std::span<float> scratch) noexcept;
};

extern const ConvMethodKernels conv_im2col, conv_implicit, conv_winograd2, conv_winograd4;
const ConvMethodKernels& kernels_of(ConvMethod method);

/// Products per pair of channels of the sum as it stands.
constexpr Index direct_products(const ConvShape& s) {
  return s.out_h() * s.out_w() * s.y.kernel * s.x.kernel;
}

/// The cost of a method that supports a shape.
Index conv_cost(ConvMethod method, const ConvShape& shape);

/// The bias's gradient: adds the columns of dy to dbias if accumulate, else overwrites it.
void conv_bias_gradient(const Isa& isa, const ConvShape& shape, const float* dy, float* dbias,
                        bool accumulate) noexcept;

/// conv2d_input_gradient by the gradients of patches, for every shape.
void im2col_input_gradient(const Isa& isa, const ConvShape& shape, const float* dy, const float* weight_transposed,
                           float* dx, std::span<float> scratch) noexcept;

}  // namespace gradrace::kernels
