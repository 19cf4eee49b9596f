#pragma once
/// Times between instructions that lie close together.

#include <chrono>
#include <cstdint>

#include "kernels/platform.hpp"

namespace gradrace {

using kernels::ticks;

/// Measures the length of a tick against steady_clock, from its construction to each question; it should live for
/// milliseconds at least, the longer the more exact.
class TickLength {
 public:
  double seconds() const {
    const std::int64_t passed = ticks() - ticks_;
    const double seconds = std::chrono::duration<double>(Clock::now() - time_).count();
    return passed > 0 ? seconds / double(passed) : 0;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::int64_t ticks_ = ticks();
  Clock::time_point time_ = Clock::now();
};

}  // namespace gradrace
