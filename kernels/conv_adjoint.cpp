#include "kernels/conv_adjoint.hpp"

#include <algorithm>

#include "kernels/conv2d.hpp"
#include "kernels/conv_method.hpp"
#include "kernels/gemm.hpp"

namespace gradrace::kernels {
namespace {

/// Along one axis: the window of the adjoint.
Window adjoint(const Window& w) {
  return {w.kernel, 1, w.extent() - 1 - w.padding, w.dilation};
}

}  // namespace

std::optional<ConvShape> conv_adjoint(const ConvShape& s) {
  const ConvShape turned{s.out_h(), s.out_w(), s.out_c, s.in_c, adjoint(s.y), adjoint(s.x)};
  if (s.y.stride > 1 || s.x.stride > 1 || turned.y.padding < 0 || turned.x.padding < 0) return {};
  if (s.in_c % kPanel != 0 || conv_cost(conv2d_best(turned), turned) > direct_products(s)) return {};
  return turned;
}

void conv_turn_weights(const Isa& isa, const ConvShape& s, const float* weight, Range panels, float* turned) noexcept {
  const Index taps = s.y.kernel * s.x.kernel;
  const PanelMatrix from = conv2d_weights(s), to{taps * s.out_c, s.in_c};
  for (Index o = panels.begin * kPanel; o < std::min(panels.end * kPanel, s.out_c); o += kPanel)
    for (Index tap = 0; tap < taps; ++tap)
      for (Index c = 0; c < s.in_c; c += kPanel) {
        const PanelMatrix block{std::min(kPanel, s.in_c - c), std::min(kPanel, s.out_c - o)};
        transpose(isa, block, weight + from.offset(tap * s.in_c + c, o), {0, 1},
                  turned + to.offset((taps - 1 - tap) * s.out_c + o, c));
      }
}

}  // namespace gradrace::kernels
