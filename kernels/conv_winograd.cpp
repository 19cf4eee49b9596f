// The Winograd methods of conv2d.hpp: tiles of 2x2 and of 4x4 outputs forward, implicit convolution's gradients.

#include "kernels/conv_method.hpp"
#include "kernels/winograd.hpp"

namespace gradrace::kernels {
namespace {

template <Index Tile>
constexpr ConvMethodKernels kWinograd = {
    .name = Tile == 2 ? "winograd2" : "winograd4",
    .supports = [](const ConvShape& s) { return winograd_supports(Tile, s); },
    .suits = [](const ConvShape& s) { return s.in_c % 8 == 0; },  // vectors run along the input channels
    .cost =
        [](const ConvShape& s) {
          const Index side = Tile + s.x.kernel - 1;
          return side * side * divide_up(s.out_h(), Tile) * divide_up(s.out_w(), Tile);
        },
    .row_block = Tile,
    .most_rows = [](const ConvShape& s) { return s.out_h(); },
    .prepared_floats = [](const ConvShape& s) { return winograd_weight_floats(Tile, s); },
    .prepare_weights = [](const Isa& isa, const ConvShape& s, const float* weight,
                          float* prepared) noexcept { winograd_transform_weights(isa, Tile, s, weight, prepared); },
    .scratch_floats =
        [](const ConvShape& s) {
          const Index forward = winograd_scratch_floats(Tile, s), gradient = conv_implicit.scratch_floats(s);
          return forward < gradient ? gradient : forward;
        },
    .forward_rows =
        [](const Isa& isa, const ConvShape& s, Range out_rows, const float* x, const float* weight, const float* bias,
           float* y, std::span<float> scratch) noexcept {
          winograd_forward_rows(isa, Tile, s, out_rows, x, weight, bias, y, scratch);
        },
    .pools = [](const ConvPoolShape& s) { return winograd_pools(Tile, s); },
    .pool_forward =
        [](const Isa& isa, const ConvPoolShape& s, const float* x, const float* weight, const float* bias,
           const float* scale, float* y, float* place, std::span<float> scratch) noexcept {
          winograd_pool_forward(isa, Tile, s, x, weight, bias, scale, y, place, scratch);
        },
    .parameter_gradient =
        [](const Isa& isa, const ConvShape& s, const float* x, const float* dy, float* dweight, float* dbias,
           bool accumulate, std::span<float> scratch) noexcept {
          conv_implicit.parameter_gradient(isa, s, x, dy, dweight, dbias, accumulate, scratch);
        },
};

}  // namespace

constinit const ConvMethodKernels conv_winograd2 = kWinograd<2>, conv_winograd4 = kWinograd<4>;

}  // namespace gradrace::kernels
