#include "engine/profile/profile.hpp"

#include <linux/perf_event.h>

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/training/model.hpp"
#include "tests/convnet.hpp"

namespace gradrace {
namespace {

Entrant entrant(const std::string& text) {
  return std::move(line_up({Spec::parse(text)}).front());
}

/// All arrays after some steps, by the fused kernel or pass by pass.
std::vector<float> after_steps(const std::string& text, bool fused) {
  constexpr Index kParameters = 1000, kSteps = 3;
  const Entrant e = entrant(text);
  const kernels::Isa isa = kernels::Isa::best();
  const Index arrays = arrays_of(*e.optimizer);
  const StepArrays memory(kParameters, arrays + kUnfusedTemporaries);
  const kernels::Team team(2);
  memory.fill(team, arrays);
  for (Index step = 1; step <= kSteps; ++step) {
    e.optimizer->begin_step(step);
    const auto passes = unfused_passes(e.name, e.options.resolved(), step);
    team.run([&](kernels::Worker worker) noexcept {
      if (fused)
        run_step(*e.optimizer, arrays - 2, isa, memory, worker);
      else
        run_unfused_step(*passes, isa, memory, worker);
    });
  }
  std::vector<float> values;
  for (Index array = 0; array < arrays; ++array)
    for (const float value : memory.part(array, {0, kParameters})) values.push_back(value);
  return values;
}

class Unfused : public testing::TestWithParam<const char*> {};

/// The two must compute the same formula, else comparing their times means nothing.
TEST_P(Unfused, IsTheFusedStepUpToRounding) {
  const std::string name = Spec::parse(GetParam()).name;
  if (!std::ranges::count(OptimizerRegistry::instance().names(), name)) GTEST_SKIP() << "there is no " << name;
  const std::vector<float> fused = after_steps(GetParam(), true), unfused = after_steps(GetParam(), false);
  ASSERT_EQ(fused.size(), unfused.size());
  for (std::size_t i = 0; i < fused.size(); ++i)
    ASSERT_NEAR(fused[i], unfused[i], 1e-6f * (std::abs(fused[i]) + 0.01f)) << "value " << i;
}
INSTANTIATE_TEST_SUITE_P(Optimizers, Unfused,
                         testing::Values("adadelta:lr=0.5", "adam:lr=0.01,betas=0.5/0.9",
                                         "adamw:lr=0.01,weight_decay=0.1", "sgd:lr=0.1",
                                         "sgd:lr=0.1,momentum=0.9,dampening=0.5"));

TEST(UnfusedPasses, AreNotMadeUpForOtherFormulas) {
  for (const char* text : {"adam:amsgrad=true", "adam:weight_decay=0.1"}) {
    const Entrant e = entrant(text);
    EXPECT_FALSE(unfused_passes(e.name, e.options.resolved(), 1)) << text;
  }
  EXPECT_FALSE(unfused_passes("nothing", {}, 1));
}

TEST(StepArrays, HoldWhatTheyAreFilledWith) {
  const StepArrays arrays(1000, 5);
  const kernels::Team team(2);
  arrays.fill(team, 4);
  for (const float state : arrays.part(3, {0, 1000})) EXPECT_GE(state, 0);
  EXPECT_LT(std::ranges::min(arrays.part(1, {0, 1000})), 0);
  EXPECT_EQ(std::ranges::max(arrays.part(4, {0, 1000})), 0) << "not asked for";
  team.run([&](kernels::Worker worker) noexcept { arrays.fill_subnormal(worker); });
  for (Index array : {1, 2, 4})
    for (const float value : arrays.part(array, {0, 1000})) EXPECT_EQ(std::fpclassify(value), FP_SUBNORMAL);
  EXPECT_EQ(std::ranges::min(arrays.part(0, {0, 1000})), 0.5f);
}

TEST(NetworkParameters, AreTheNetworks) {
  const Network network = convnet(28, 28);
  const Model model(network, {}, kernels::Isa::best(), 1, 1, nullptr);
  Index count = 0;
  for (const Parameter& p : model.parameters()) count += p.count();
  EXPECT_EQ(parameter_count(network), count);
  EXPECT_EQ(count, 300'426) << "the experiment's";
}

/// Which counters a machine has, no test can know; software counts everywhere where Linux lets us ask.
TEST(Counters, CountOrSayWhyNot) {
  Counters counters({{"task_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK}, {"nonsense", 12345, 67890}});
  EXPECT_FALSE(counters.problem().empty());
  counters.start();
  volatile double sum = 0;
  for (int i = 0; i < 100'000; ++i) sum = sum + i;
  const auto counts = counters.stop();
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_FALSE(counts[1]);
  if (counters.problem().starts_with("nonsense")) {
    ASSERT_TRUE(counts[0]);
    EXPECT_GT(*counts[0], 1000) << "nanoseconds";
  }
}

void expect_every_figure(const Profile& profile) {
  ASSERT_EQ(profile.optimizers.size(), 2u);
  EXPECT_EQ(profile.left_out, std::vector<Index>{1'000'000'000'000});
  for (const OptimizerProfile& p : profile.optimizers) {
    ASSERT_EQ(p.costs.size(), 2u) << "1 and 2 threads";
    EXPECT_EQ(p.costs[1].threads, 2);
    for (const StepCost& cost : p.costs) {
      EXPECT_GT(cost.hot_ns, 0);
      EXPECT_GT(cost.cold_ns.value_or(0), 0);
      EXPECT_GT(cost.triad_gb_per_second, 0);
      EXPECT_EQ(cost.unfused_ns.has_value(), p.label == "adam");
    }
    EXPECT_GT(p.training_step_seconds, 0);
    EXPECT_GT(p.subnormal_flushed_ns, 0);
    EXPECT_GT(p.subnormal_kept_ns, 0);
    EXPECT_EQ(p.counts.size(), profile.events.size());
  }
  EXPECT_EQ(profile.optimizers[0].bytes_per_parameter, 28);
  EXPECT_EQ(profile.optimizers[1].bytes_per_parameter, 36);
}

void expect_json_and_csv(const Profile& profile) {
  const nlohmann::ordered_json document = to_json(profile);
  const auto& second = document["optimizers"][1];
  EXPECT_EQ(second["label"], "checked");
  EXPECT_EQ(second["options"]["amsgrad"], true);
  EXPECT_TRUE(second["costs"][0]["unfused_ns_per_parameter"].is_null());
  EXPECT_GT(second["costs"][0]["percent_of_triad"], 0.0);
  EXPECT_TRUE(second["network"]["counts_per_parameter"].contains("cycles"));

  std::istringstream csv(to_csv(profile));
  std::string line;
  std::getline(csv, line);
  const auto commas = std::ranges::count(line, ',');
  Index lines = 0;
  for (; std::getline(csv, line); ++lines) EXPECT_EQ(std::ranges::count(line, ','), commas) << line;
  EXPECT_EQ(lines, 2 * 3 + 2 * 2) << "one and two threads' hot, cold and unfused, and no unfused of the second";
}

TEST(Visits, GiveTheMedianOfTheLeastDisturbedOne) {
  Visits visits;
  EXPECT_FALSE(visits.seconds());
  visits.add(std::vector<double>{9, 8, 9});
  visits.add(std::vector<double>{4, 3, 9});
  visits.add(std::vector<double>{1, 9, 9, 9});
  EXPECT_EQ(visits.seconds(), 4);
}

/// One test, since it measures for some seconds.
TEST(Profile, HasEveryFigureAndWritesIt) {
  ProfileOptions options;
  options.optimizers = {Spec::parse("adam"), Spec::parse("checked@adam:amsgrad=true")};
  options.parameters = {1000, 1'000'000'000'000};
  options.threads = 2;
  const Profile profile = gradrace::profile(options, [](const std::string&, double) {});
  expect_every_figure(profile);
  expect_json_and_csv(profile);
}

}  // namespace
}  // namespace gradrace
