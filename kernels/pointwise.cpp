#include "kernels/pointwise.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {

void relu_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept {
  GRADRACE_EXPECT(x.size(), ==, y.size());
  isa.table().relu_forward(Index(x.size()), x.data(), y.data());
}

void relu_backward(const Isa& isa, std::span<const float> y, std::span<const float> dy, std::span<float> dx) noexcept {
  GRADRACE_EXPECT(y.size(), ==, dy.size());
  GRADRACE_EXPECT(dx.size(), ==, dy.size());
  isa.table().relu_backward(Index(y.size()), y.data(), dy.data(), dx.data());
}

void add(const Isa& isa, std::span<const float> x, std::span<const float> y, std::span<float> sum) noexcept {
  GRADRACE_EXPECT(x.size(), ==, sum.size());
  GRADRACE_EXPECT(y.size(), ==, sum.size());
  isa.table().add(Index(sum.size()), x.data(), y.data(), sum.data());
}

void dropout(const Isa& isa, Index positions, std::span<const float> scale, const float* x, float* y) noexcept {
  isa.table().scale_channels(positions, Index(scale.size()), x, scale.data(), y);
}

}  // namespace gradrace::kernels
