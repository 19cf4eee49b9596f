#pragma once
/// The shapes that are measured: the experiment's network first, then other known ones' and a spread.

#include <string>

#include <fmt/format.h>

#include "kernels/shapes.hpp"

namespace gradrace::bench {

inline constexpr Index kBatch = 32;

constexpr kernels::ConvShape square_conv(Index size, Index in_c, Index out_c, const kernels::Window& window) {
  return {.in_h = size, .in_w = size, .in_c = in_c, .out_c = out_c, .y = window, .x = window};
}
inline constexpr kernels::ConvShape kConvShapes[] = {
    square_conv(28, 1, 16, {.kernel = 3}),   // cn1
    square_conv(26, 16, 32, {.kernel = 3}),  // cn2
    square_conv(12, 32, 64, {.kernel = 3}),
    square_conv(28, 3, 8, {.kernel = 5, .padding = 2}),
    square_conv(14, 64, 128, {.kernel = 1}),
    square_conv(14, 6, 16, {.kernel = 5}),                 // LeNet-5
    square_conv(14, 32, 64, {.kernel = 5, .padding = 2}),  // 2c2d
    square_conv(14, 64, 96, {.kernel = 3}),
    square_conv(6, 96, 128, {.kernel = 3, .padding = 1}),  // 3c3d
};
/// "n32_c16_h26_k32", with "_f5" for a window that is not 3 wide and "_p2" for padding.
inline std::string name_of(const kernels::ConvShape& s) {
  return fmt::format("n{}_c{}_h{}_k{}{}{}", kBatch, s.in_c, s.in_h, s.out_c,
                     s.x.kernel == 3 ? "" : fmt::format("_f{}", s.x.kernel),
                     s.x.padding == 0 ? "" : fmt::format("_p{}", s.x.padding));
}

inline constexpr kernels::PanelMatrix kLinearShapes[] = {
    {.rows = 64, .cols = 4608}, {.rows = 10, .cols = 64}, {.rows = 256, .cols = 784}};  // fc1, fc2
inline std::string name_of(const kernels::PanelMatrix& w) {
  return fmt::format("n{}_i{}_o{}", kBatch, w.cols, w.rows);
}

struct ProductShape {
  Index rows, cols, depth;
};
inline constexpr ProductShape kProductShapes[] = {
    {1024, 1024, 1024}, {18432, 32, 144},  // conv2 forward, 32 images: output positions x channels out x patch
    {144, 32, 18432},                      // conv2 parameter gradient
    {18432, 144, 32},                      // conv2 input gradient
    {32, 64, 4608},                        // fc1 forward
    {4608, 64, 32},                        // fc1 weight gradient
    {32, 4608, 64},                        // fc1 input gradient
};
inline std::string name_of(const ProductShape& s) {
  return fmt::format("{}x{}x{}", s.rows, s.cols, s.depth);
}

}  // namespace gradrace::bench
