// Learning-rate schedules against torch.optim.lr_scheduler, and what they do to an optimizer.
#include "engine/optimizers/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <set>

#include "engine/optimizers/optimizer.hpp"
#include "tests/golden.hpp"

namespace gradrace {
namespace {

using Given = std::map<std::string, std::string>;
using Json = nlohmann::ordered_json;

/// The schedule's learning rates of a run of this length must be `expected`.
void expect_rates(const Given& given, Index steps_per_epoch, Index epochs, const std::vector<double>& expected) {
  Options options(given);
  Schedule schedule(options, 1e-3);
  options.expect_no_others();
  schedule.begin_run(steps_per_epoch, epochs);
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(schedule.rate(Index(i) + 1), expected[i], 1e-12) << "step " << i + 1;
}

TEST(GoldenSchedules, FollowPyTorch1) {
  const Json file = golden::json("schedules.json");
  for (const Json& entry : file.at("cases")) {
    SCOPED_TRACE(entry.at("options").dump());
    Given given;
    for (const auto& [key, value] : entry.at("options").items())
      given[key] = value.is_string() ? value.get<std::string>() : value.dump();
    expect_rates(given, file.at("steps_per_epoch"), file.at("epochs"), entry.at("lr"));
  }
}

/// One of torch.optim.lr_scheduler's classes, stepped once in each step, as options of ours.
struct Scheduler {
  const char* schedule;
  Given names;  ///< of options that are called something else here; "steps": of the run
};
const std::map<std::string, Scheduler> kSchedulers = {
    {"StepLR", {"step", {}}},
    {"CosineAnnealingLR", {"cosine", {{"T_max", "steps"}}}},
    {"OneCycleLR", {"onecycle", {{"max_lr", "lr"}, {"total_steps", "steps"}}}},
    {"LinearLR", {"constant", {{"total_iters", "warmup"}}}}};
const std::set<std::string> kNotHere = {"ExponentialLR", "MultiStepLR", "PolynomialLR", "CosineAnnealingWarmRestarts",
                                        "CyclicLR"};

TEST(GoldenSchedules, FollowPyTorch2) {
  const Json file = golden::json("torch2/schedules.json");
  for (const Json& entry : file.at("cases")) {
    const std::string name = entry.at("schedule");
    SCOPED_TRACE(name + entry.at("options").dump());
    if (kNotHere.contains(name)) {
      std::cout << "passed over: " << name << ": there is none here yet\n";
      continue;
    }
    ASSERT_TRUE(kSchedulers.contains(name));
    const Scheduler& scheduler = kSchedulers.at(name);
    const std::vector<double> rates = entry.at("lr");
    // The learning rate that it was given, which the file does not say; max_lr overwrites it.
    Given given = {{"schedule", scheduler.schedule}, {"lr", fmt::format("{}", std::ranges::max(rates))}};
    Index steps = std::ssize(rates);
    for (const auto& [key, value] : entry.at("options").items()) {
      const auto other = scheduler.names.find(key);
      const std::string ours = other == scheduler.names.end() ? key : other->second;
      if (ours == "steps")
        steps = value;
      else
        given[ours] = value.dump();
    }
    expect_rates(given, 1, steps, rates);
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
