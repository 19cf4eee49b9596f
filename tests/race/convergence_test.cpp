#include "engine/race/convergence.hpp"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace gradrace {
namespace {

/// The first step, counted from 1, at which the losses so far have converged; 0 if there is none.
Index first_step(const std::vector<float>& losses, double target) {
  for (std::size_t steps = 1; steps <= losses.size(); ++steps)
    if (has_converged(std::span(losses).first(steps), target)) return Index(steps);
  return 0;
}

TEST(Convergence, CountsFromTheHundredthStepOn) {
  EXPECT_EQ(first_step(std::vector<float>(99, 0.0f), 0.1), 0);
  EXPECT_EQ(first_step(std::vector<float>(300, 0.0f), 0.1), 100);
}

TEST(Convergence, IsTheMeanOfTheLastHundredAtOrBelowTheTarget) {
  std::vector<float> losses(200, 1.0f);
  losses.resize(400, 0.0f);
  EXPECT_EQ(first_step(losses, 0.5), 250);
  EXPECT_EQ(first_step(losses, 0.499), 251);
  EXPECT_EQ(first_step(losses, 0), 300);
}

TEST(Convergence, IsNotUndoneByASingleBatch) {
  std::vector<float> losses(300, 0.05f);
  losses[99] = 4.0f;
  EXPECT_EQ(first_step(losses, 0.1), 100);
  losses[99] = 6.0f;
  EXPECT_EQ(first_step(losses, 0.1), 200);
}

TEST(Convergence, NeverComesWithLossesThatAreNoNumbers) {
  EXPECT_EQ(first_step(std::vector<float>(200, std::numeric_limits<float>::quiet_NaN()), 0.1), 0);
}

}  // namespace
}  // namespace gradrace
