#pragma once
/// A stopwatch.

#include <chrono>

namespace gradrace {

/// Adds up the time between resume() and pause(); runs from the beginning.
class Stopwatch {
 public:
  void resume() { since_ = Clock::now(); }
  void pause() { seconds_ += std::chrono::duration<double>(Clock::now() - since_).count(); }
  double seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point since_ = Clock::now();
  double seconds_ = 0;
};

}  // namespace gradrace
