#include "kernels/max_pool.hpp"

#include <limits>

#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

void check(const PoolShape& s) {
  GRADRACE_EXPECT(s.y.kernel * s.x.kernel, <=, Index(std::numeric_limits<PoolPlace>::max()) + 1);
  GRADRACE_EXPECT(2 * s.y.padding, <=, s.y.kernel);
  GRADRACE_EXPECT(2 * s.x.padding, <=, s.x.kernel);
}

}  // namespace

void max_pool_forward(const Isa& isa, const PoolShape& s, const float* x, float* y, PoolPlace* argmax) noexcept {
  check(s);
  isa.table().max_pool_forward(s, x, y, argmax);
}

void max_pool_backward(const Isa& isa, const PoolShape& s, const float* dy, const PoolPlace* argmax,
                       float* dx) noexcept {
  check(s);
  isa.table().max_pool_backward(s, dy, argmax, dx);
}

}  // namespace gradrace::kernels
