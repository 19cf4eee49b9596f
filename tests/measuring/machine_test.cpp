#include "engine/measuring/machine.hpp"

#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kernels/cpus.hpp"
#include "kernels/isa.hpp"

namespace gradrace {
namespace {

TEST(Machine, SaysWhatItIs) {
  const Machine machine = this_machine();
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_EQ(machine.allowed_cpus, kernels::allowed_cpus());
  EXPECT_GE(machine.affinity_cpus, machine.allowed_cpus);
  if (std::filesystem::exists("/sys/devices/system/cpu")) {
    EXPECT_GE(machine.cpus, machine.affinity_cpus);
    EXPECT_GE(machine.cpus, machine.cores);
    EXPECT_GE(machine.cores, 1);
  }
  EXPECT_GE(std::ceil(machine.quota_cpus.value_or(1e9)), machine.allowed_cpus);
  EXPECT_EQ(machine.isa_available.front(), kernels::Isa::best().name());
  EXPECT_EQ(machine.isa_built.back(), kernels::Isa::available().back().name());
  EXPECT_NE(machine.openmp, "unknown");
  for (const Cache& cache : machine.caches) {
    EXPECT_GT(cache.bytes, 1024) << cache.name;
    EXPECT_GE(cache.sharers, 1) << cache.name;
  }
}

TEST(Machine, JsonHasTheMembers) {
  const nlohmann::ordered_json machine = to_json(this_machine());
  for (const char* member : {"cpu", "cores", "cpus", "affinity_cpus", "quota_cpus", "allowed_cpus", "caches",
                             "isa_built", "isa_available", "compiler", "openmp"})
    EXPECT_TRUE(machine.contains(member)) << member;
}

}  // namespace
}  // namespace gradrace
