#include "engine/base/memory.hpp"

#include <algorithm>

namespace gradrace {
namespace {

Index padded(Index floats) {
  return round_up(floats, kPanel) + kPanel;
}

}  // namespace

Slot Plan::book(Lifetime lifetime, Index floats) {
  GRADRACE_EXPECT(int(lifetime), !=, int(Lifetime::kScratch));
  const Slot slot{lifetime, used_[int(lifetime)], floats, 0};
  used_[int(lifetime)] += padded(floats);
  return slot;
}

Slot Plan::book_per_worker(Lifetime lifetime, Index floats) {
  if (lifetime == Lifetime::kScratch) {
    scratch_ = std::max(scratch_, padded(floats));
    return {lifetime, 0, floats, 0};
  }
  const Slot slot{lifetime, used_[int(lifetime)], floats, padded(floats)};
  used_[int(lifetime)] += padded(floats) * workers_;
  return slot;
}

Index Plan::floats(Lifetime lifetime) const {
  return lifetime == Lifetime::kScratch ? scratch_ * workers_ : used_[int(lifetime)];
}

Memory::Memory(const Plan& plan) : scratch_per_worker_(plan.scratch_per_worker()) {
  for (int i = 0; i < kLifetimes; ++i) {
    const std::size_t floats = std::size_t(plan.floats(Lifetime(i)));
    block_[i].reset(static_cast<float*>(::operator new[](floats * sizeof(float), std::align_val_t(kAlignment))));
    std::fill_n(block_[i].get(), floats, 0.0f);
  }
}

}  // namespace gradrace
