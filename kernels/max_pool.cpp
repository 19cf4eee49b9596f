#include "kernels/max_pool.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

void check(const PoolShape& s) {
  GRADRACE_EXPECT(s.y.kernel * s.x.kernel, <=, 256);
  GRADRACE_EXPECT(s.y.padding + s.x.padding, ==, 0);
}

}  // namespace

void max_pool_forward(const Isa& isa, const PoolShape& s, const float* x, float* y, std::uint8_t* argmax) noexcept {
  check(s);
  isa.table().max_pool_forward(s, x, y, argmax);
}

void max_pool_backward(const Isa& isa, const PoolShape& s, const float* dy, const std::uint8_t* argmax,
                       float* dx) noexcept {
  check(s);
  isa.table().max_pool_backward(s, dy, argmax, dx);
}

}  // namespace gradrace::kernels
