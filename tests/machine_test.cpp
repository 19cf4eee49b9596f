#include "engine/machine.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gradrace {
namespace {

TEST(Machine, SaysWhatItIs) {
  const Machine machine = this_machine();
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_EQ(machine.allowed_cpus, kernels::allowed_cpus());
  EXPECT_EQ(machine.isa_available.front(), kernels::Isa::best().name());
  EXPECT_EQ(machine.isa_built.back(), "sse2");
  EXPECT_NE(machine.openmp, "unknown");
  for (const Cache& cache : machine.caches) {
    EXPECT_GT(cache.bytes, 1024) << cache.name;
    EXPECT_GE(cache.sharers, 1) << cache.name;
  }
}

/// Figures that any machine must give; how fast it is, no test may ask.
TEST(Machine, LimitsArePlausible) {
  const kernels::Isa isa = kernels::Isa::best();
  const kernels::Team team(2);
  const Limits limits = measure_limits(isa, team);
  EXPECT_EQ(limits.isa, isa.name());
  EXPECT_EQ(limits.threads, 2);
  EXPECT_GT(limits.clock_ghz, 0.5);
  EXPECT_LT(limits.clock_ghz, 7.0);
  EXPECT_GT(limits.peak_gflops.one_thread, 0);
  EXPECT_GT(limits.peak_gflops.all_threads, 0);
  EXPECT_GT(limits.flop_per_clock, 0);
  ASSERT_EQ(limits.triad.size(), 2u);
  EXPECT_LT(limits.triad[0].working_set_bytes, limits.triad[1].working_set_bytes);
  for (const Bandwidth& triad : limits.triad) {
    EXPECT_GT(triad.gb_per_second.one_thread, 0);
    EXPECT_GT(triad.gb_per_second.all_threads, 0);
  }
}

TEST(Machine, JsonHasTheMembers) {
  const nlohmann::ordered_json machine = to_json(this_machine());
  for (const char* member : {"cpu", "allowed_cpus", "caches", "isa_built", "isa_available", "compiler", "openmp"})
    EXPECT_TRUE(machine.contains(member)) << member;
  Limits measured;
  measured.triad.push_back({.working_set_bytes = 12, .gb_per_second = {1.0, 2.0}});
  const nlohmann::ordered_json limits = to_json(measured);
  for (const char* member : {"isa", "threads", "clock_ghz", "peak_gflops", "flop_per_clock", "triad"})
    EXPECT_TRUE(limits.contains(member)) << member;
  EXPECT_EQ(limits["triad"][0]["gb_per_second"]["all_threads"], 2.0);
}

}  // namespace
}  // namespace gradrace
