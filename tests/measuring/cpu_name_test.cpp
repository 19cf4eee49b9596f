#include "engine/measuring/cpu_name.hpp"

#include <sstream>

#include <gtest/gtest.h>

namespace gradrace {
namespace {

std::string name_in(const std::string& cpuinfo) {
  return cpu_name(std::istringstream(cpuinfo));
}

std::string arm_core(int processor, const std::string& maker, const std::string& part) {
  return "processor\t: " + std::to_string(processor) +
         "\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd\nCPU implementer\t: " + maker +
         "\nCPU architecture: 8\nCPU variant\t: 0x4\nCPU part\t: " + part + "\nCPU revision\t: 1\n\n";
}

TEST(CpuName, IsTheModelNameOfX86) {
  EXPECT_EQ(name_in("processor\t: 0\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R) CPU @ 2.00GHz\n"),
            "Intel(R) Xeon(R) CPU @ 2.00GHz");
}

TEST(CpuName, IsThatOfTheCoresOfArm) {
  const std::string a53 = arm_core(0, "0x41", "0xd03"), a72 = arm_core(1, "0x41", "0xd08");
  EXPECT_EQ(name_in(a72 + a72), "Arm Cortex-A72");
  EXPECT_EQ(name_in(a72 + a53 + a53 + a72), "Arm Cortex-A53 + Arm Cortex-A72");
  EXPECT_EQ(name_in(arm_core(0, "0x46", "0x001")), "Fujitsu A64FX") << "the same part of another maker's";
}

TEST(CpuName, IsNumbersWhereTheCoreIsNotKnown) {
  EXPECT_EQ(name_in(arm_core(0, "0x41", "0xfff")), "ARM maker 0x41 part 0xfff");
}

TEST(CpuName, IsUnknownWhereLinuxSaysNothing) {
  EXPECT_EQ(name_in(""), "unknown");
  EXPECT_EQ(name_in("processor\t: 0\nmodel name\n"), "unknown");
}

}  // namespace
}  // namespace gradrace
