#include "kernels/passes.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {

Index pass_traffic(Pass pass) {
  switch (pass) {
    case Pass::kScale:
    case Pass::kAddConstant:
    case Pass::kRoot:
      return 2;
    case Pass::kAddScaled:
    case Pass::kDivide:
    case Pass::kMultiply:
      return 3;
    case Pass::kAddProduct:
    case Pass::kAddQuotient:
      return 4;
  }
  return 0;
}

void run_pass(const Isa& isa, Pass pass, float a, std::span<float> x, const float* y, const float* z) noexcept {
  isa.table().pass[int(pass)](Index(x.size()), a, x.data(), y, z);
}

}  // namespace gradrace::kernels
