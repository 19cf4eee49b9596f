#include "kernels/softmax_nll.hpp"

#include "kernels/table.hpp"

namespace gradrace::kernels {

float log_softmax_nll(const Isa& isa, std::span<const float> x, Index target, float scale, std::span<float> log_prob,
                      std::span<float> dx) noexcept {
  GRADRACE_EXPECT(target, <, Index(x.size()));
  GRADRACE_EXPECT(target, >=, 0);
  if (!log_prob.empty()) GRADRACE_EXPECT(log_prob.size(), ==, x.size());
  if (!dx.empty()) GRADRACE_EXPECT(dx.size(), ==, x.size());
  return isa.table().log_softmax_nll(Index(x.size()), x.data(), target, scale,
                                     log_prob.empty() ? nullptr : log_prob.data(), dx.empty() ? nullptr : dx.data());
}

}  // namespace gradrace::kernels
