// Learning-rate schedules against torch.optim.lr_scheduler, and what they do to an optimizer.
#include "engine/optimizers/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/optimizers/optimizer.hpp"
#include "tests/golden.hpp"

namespace gradrace {
namespace {

using Given = std::map<std::string, std::string>;

TEST(GoldenSchedules, FollowPyTorch) {
  const auto file = golden::json("schedules.json");
  for (const auto& entry : file.at("cases")) {
    Given given;
    for (const auto& [key, value] : entry.at("options").items())
      given[key] = value.is_string() ? value.get<std::string>() : value.dump();
    SCOPED_TRACE(entry.at("options").dump());
    Options options(given);
    Schedule schedule(options, 1e-3);
    options.expect_no_others();
    schedule.begin_run(file.at("steps_per_epoch"), file.at("epochs"));
    const auto expected = entry.at("lr").get<std::vector<double>>();
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(schedule.rate(Index(i) + 1), expected[i], 1e-12) << "step " << i + 1;
  }
}

TEST(Schedule, StaysFiniteAndBelowLrInRunsOfAnyLength) {
  for (const std::string kind : {"step", "cosine", "onecycle"})
    for (const std::string warmup : {"0", "1", "100"})
      for (const Index steps : {1, 2, 3, 4, 10}) {
        Options options(kind == "onecycle" ? Given{{"schedule", kind}, {"pct_start", warmup == "1" ? "1" : "0.5"}}
                                           : Given{{"schedule", kind}, {"warmup", warmup}});
        Schedule schedule(options, 1);
        schedule.begin_run(steps, 1);
        for (Index step = 1; step <= steps; ++step) {
          EXPECT_GE(schedule.rate(step), 0) << kind << " " << steps;
          EXPECT_LE(schedule.rate(step), 1) << kind << " " << steps;
        }
      }
}

TEST(Schedule, IsWhatTheOptimizerStepsBy) {
  Options options(Given{{"lr", "0.5"}, {"schedule", "step"}, {"gamma", "0.25"}});
  const auto sgd = OptimizerRegistry::instance().make("sgd", options);
  sgd->begin_run(2, 3);
  std::vector<float> p{0}, g{1};
  std::vector<float> moves;
  for (Index step = 1; step <= 6; ++step) {
    sgd->begin_step(step);
    sgd->update(kernels::Isa::best(), p, g, {});
    moves.push_back(-std::exchange(p[0], 0.0f));
  }
  EXPECT_EQ(moves, (std::vector<float>{0.5f, 0.5f, 0.125f, 0.125f, 0.03125f, 0.03125f}));
  EXPECT_EQ(options.resolved()[1], (std::pair<std::string, std::string>{"schedule", "\"step\""}));
}

}  // namespace
}  // namespace gradrace
