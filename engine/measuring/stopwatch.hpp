#pragma once
/// A stopwatch.

#include <chrono>
#include <ctime>

namespace gradrace {

/// Adds up the time between resume() and pause(); runs from the beginning. Made for what computes all the time and
/// pauses often: where the process has no CPU for more than a second meanwhile, it was suspended (SIGSTOP, a container
/// that was paused, memory on a slow disk), and this time counts apart. The clock does not run while the machine
/// sleeps.
class Stopwatch {
 public:
  void resume() {
    since_ = Clock::now();
    used_before_ = std::clock();
  }
  void pause() {
    const double passed = std::chrono::duration<double>(Clock::now() - since_).count();
    // On a busy machine a kernel may take the CPU away where a thread enters it. So nothing is asked of it here, after
    // the time was read: what passes until resume() counts nowhere.
    const double suspended = passed > kSuspension ? suspension_within(passed) : 0;
    seconds_ += passed - suspended;
    suspended_seconds_ += suspended;
  }
  double seconds() const { return seconds_; }
  double suspended_seconds() const { return suspended_seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr double kSuspension = 1;

  double suspension_within(double passed) const {
    const double idle = passed - double(std::clock() - used_before_) / CLOCKS_PER_SEC;
    return idle > kSuspension ? idle : 0;
  }

  Clock::time_point since_ = Clock::now();
  std::clock_t used_before_ = std::clock();  // CPU time of all threads
  double seconds_ = 0, suspended_seconds_ = 0;
};

}  // namespace gradrace
