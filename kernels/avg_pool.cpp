#include "kernels/avg_pool.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

void check(const PoolShape& s) {
  GRADRACE_EXPECT(s.y.dilation * s.x.dilation, ==, 1);
  GRADRACE_EXPECT(2 * s.y.padding, <=, s.y.kernel);
  GRADRACE_EXPECT(2 * s.x.padding, <=, s.x.kernel);
}

}  // namespace

void avg_pool_forward(const Isa& isa, const PoolShape& s, const float* x, float* y) noexcept {
  check(s);
  isa.table().avg_pool_forward(s, x, y);
}

void avg_pool_backward(const Isa& isa, const PoolShape& s, const float* dy, float* dx) noexcept {
  check(s);
  isa.table().avg_pool_backward(s, dy, dx);
}

}  // namespace gradrace::kernels
