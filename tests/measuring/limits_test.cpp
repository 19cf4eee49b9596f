#include "engine/measuring/limits.hpp"

#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/measuring/rounds.hpp"
#include "engine/measuring/steal.hpp"
#include "kernels/peak.hpp"

namespace gradrace {
namespace {

void expect_positive(const Rate& rate, const std::string& what) {
  EXPECT_GT(rate.one_thread, 0) << what;
  EXPECT_GT(rate.all_threads, 0) << what;
}

/// Figures that any machine must give; how fast it is, no test may ask.
TEST(Limits, ArePlausible) {
  const kernels::Isa isa = kernels::Isa::best();
  const kernels::Team team(2);
  const Limits limits = measure_limits(isa, team);
  EXPECT_EQ(limits.isa, isa.name());
  EXPECT_EQ(limits.threads, 2);
  EXPECT_GT(limits.clock_ghz, 0.5);
  EXPECT_LT(limits.clock_ghz, 7.0);
  EXPECT_GT(limits.flop_per_clock, 0);
  EXPECT_GT(limits.barrier_ns, 0);
  EXPECT_GT(limits.region_ns, 0);
  expect_positive(limits.peak_gflops, "peak");
  expect_positive(limits.divide_gops, "divisions");
  expect_positive(limits.root_gops, "square roots");
  ASSERT_FALSE(limits.bandwidth.empty());
  EXPECT_EQ(limits.bandwidth.back().level, "DRAM");
  Index smaller = 0;
  for (const Bandwidth& b : limits.bandwidth) {
    EXPECT_LT(std::exchange(smaller, b.working_set_bytes), b.working_set_bytes) << b.level;
    for (const Rate& rate : {b.read, b.copy, b.triad}) expect_positive(rate, b.level);
  }
}

TEST(Limits, JsonHasTheMembers) {
  Limits measured;
  measured.bandwidth.push_back({.level = "L2", .working_set_bytes = 12, .shared = false, .triad = {1.0, 2.0}});
  const nlohmann::ordered_json limits = to_json(measured);
  for (const char* member : {"isa", "threads", "clock_ghz", "peak_gflops", "flop_per_clock", "divide_gops", "root_gops",
                             "barrier_ns", "region_ns", "bandwidth", "steal_percent", "busy_percent"})
    EXPECT_TRUE(limits.contains(member)) << member;
  EXPECT_EQ(limits["bandwidth"][0]["triad_gb_per_second"]["all_threads"], 2.0);
  EXPECT_TRUE(limits["steal_percent"].is_null());
}

TEST(Rounds, TellWhoLostTime) {
  const Rounds rounds{.all = {4, 4, 5}, .of_worker = {{2, 2, 2}, {2, 4, 4}, {1, 1, 1.2}}};
  EXPECT_DOUBLE_EQ(rounds.fastest(1), 2);
  EXPECT_DOUBLE_EQ(rounds.lost(), 0.4);
  EXPECT_EQ(busy_warning(9), "");
  EXPECT_NE(busy_warning(40).find("lost 40 % of its time"), std::string::npos);
}

TEST(Rounds, GiveTheSumOfWhatEachThreadReaches) {
  const kernels::Team team(3);
  const Rounds rounds = time_workers(team, {5, 10}, [](kernels::Worker worker) noexcept {
    if (worker.index() == 1) kernels::add_chain(1'000'000);
  });
  ASSERT_EQ(rounds.all.size(), 5u);
  ASSERT_EQ(rounds.of_worker.size(), 3u);
  EXPECT_GT(rounds.fastest(1), rounds.fastest(0));
  EXPECT_GT(rounds.fastest(1), rounds.fastest(2));
  const double rate = best_rate(
      team, {5, 10}, [](kernels::Worker) noexcept { kernels::add_chain(1'000); },
      [](Index worker) { return worker == 2 ? 1.0 : 0.0; });
  EXPECT_GT(rate, 0);
}

TEST(StealWatch, GivesPercentOrNothing) {
  const StealWatch watch;
  if (const std::optional<double> percent = watch.percent()) {
    EXPECT_GE(*percent, 0);
    EXPECT_LE(*percent, 100);
  }
}

}  // namespace
}  // namespace gradrace
