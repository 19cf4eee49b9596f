#pragma once
/// The cheapest clock of the machine, for times between instructions that lie close together.

#include <chrono>
#include <cstdint>

namespace gradrace {

/// Ticks of an unknown but constant length: on x86 the time-stamp counter (some 10 ns to read), elsewhere steady_clock.
inline std::int64_t ticks() {
#if defined(__x86_64__)
  return std::int64_t(__builtin_ia32_rdtsc());
#else
  return std::chrono::steady_clock::now().time_since_epoch().count();
#endif
}

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
