#include "engine/measuring/stopwatch.hpp"

#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/affinity.hpp"

namespace gradrace {
namespace {

/// Two threads that leave the one that makes them, on one CPU, a third of it.
class Competition {
 public:
  Competition() {
    for (int i = 0; i < 2; ++i)
      threads_.emplace_back([this] {
        while (!over_) {
        }
      });
  }
  ~Competition() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> over_ = false;
  std::vector<std::thread> threads_;
};

/// A fraction of a millisecond.
double some_work() {
  double sum = 1;
  for (int i = 0; i < 50000; ++i) sum = std::sqrt(sum + i);
  return sum;
}

/// Wherever the CPU is taken away, and given back: each time between resume() and pause(), but for some nanoseconds.
TEST(Stopwatch, CountsTheTimeForWhichOthersHaveTheCpu) {
  const int cpu[] = {kernels::CpuSet::of_this_thread().list().front()};
  const kernels::ScopedPlacement placed{kernels::CpuSet(cpu)};
  const Competition competition;
  double sum = 0;
  const auto begin = std::chrono::steady_clock::now();
  Stopwatch watch;
  for (int step = 0; step < 1000; ++step) {
    sum += some_work();
    watch.pause();
    watch.resume();
  }
  watch.pause();
  const std::chrono::duration<double> all = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(sum, 0);
  EXPECT_GT(watch.seconds() + watch.suspended_seconds(), 0.8 * all.count());
  EXPECT_LE(watch.seconds() + watch.suspended_seconds(), all.count());
}

}  // namespace
}  // namespace gradrace
