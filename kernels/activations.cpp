#include "kernels/activations.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

void check(std::span<const float> from, std::span<const float> dy, std::span<const float> dx) {
  GRADRACE_EXPECT(from.size(), ==, dy.size());
  GRADRACE_EXPECT(dx.size(), ==, dy.size());
}

}  // namespace

void tanh_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept {
  GRADRACE_EXPECT(x.size(), ==, y.size());
  isa.table().tanh_forward(Index(x.size()), x.data(), y.data());
}

void tanh_backward(const Isa& isa, std::span<const float> y, std::span<const float> dy, std::span<float> dx) noexcept {
  check(y, dy, dx);
  isa.table().tanh_backward(Index(dy.size()), y.data(), dy.data(), dx.data());
}

void sigmoid_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept {
  GRADRACE_EXPECT(x.size(), ==, y.size());
  isa.table().sigmoid_forward(Index(x.size()), x.data(), y.data());
}

void sigmoid_backward(const Isa& isa, std::span<const float> y, std::span<const float> dy,
                      std::span<float> dx) noexcept {
  check(y, dy, dx);
  isa.table().sigmoid_backward(Index(dy.size()), y.data(), dy.data(), dx.data());
}

void silu_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept {
  GRADRACE_EXPECT(x.size(), ==, y.size());
  isa.table().silu_forward(Index(x.size()), x.data(), y.data());
}

void silu_backward(const Isa& isa, std::span<const float> x, std::span<const float> dy, std::span<float> dx) noexcept {
  check(x, dy, dx);
  isa.table().silu_backward(Index(dy.size()), x.data(), dy.data(), dx.data());
}

void gelu_forward(const Isa& isa, std::span<const float> x, std::span<float> y) noexcept {
  GRADRACE_EXPECT(x.size(), ==, y.size());
  isa.table().gelu_forward(Index(x.size()), x.data(), y.data());
}

void gelu_backward(const Isa& isa, std::span<const float> x, std::span<const float> dy, std::span<float> dx) noexcept {
  check(x, dy, dx);
  isa.table().gelu_backward(Index(dy.size()), x.data(), dy.data(), dx.data());
}

void leaky_relu_forward(const Isa& isa, float slope, std::span<const float> x, std::span<float> y) noexcept {
  GRADRACE_EXPECT(x.size(), ==, y.size());
  isa.table().leaky_relu_forward(Index(x.size()), slope, x.data(), y.data());
}

void leaky_relu_backward(const Isa& isa, float slope, std::span<const float> from, std::span<const float> dy,
                         std::span<float> dx) noexcept {
  check(from, dy, dx);
  isa.table().leaky_relu_backward(Index(dy.size()), slope, from.data(), dy.data(), dx.data());
}

}  // namespace gradrace::kernels
