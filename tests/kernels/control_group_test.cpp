#include "kernels/control_group.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

/// A machine's /proc and /sys, as far as control groups are concerned.
class ControlGroup : public testing::Test {
 protected:
  void own(const std::string& lines) { write("proc/self/cgroup", lines); }
  void write(const fs::path& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  std::optional<double> quota() const { return kernels::cpu_quota(root_.path()); }

 private:
  TemporaryDirectory root_;
};

TEST_F(ControlGroup, IsNoneWhereNothingIsKnown) {
  EXPECT_EQ(quota(), std::nullopt);
  own("0::/\n");
  EXPECT_EQ(quota(), std::nullopt);
  own("no line of control groups\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(ControlGroup, Version2GivesTheSmallestOfItsOwnAndThoseAbove) {
  own("0::/slice/own\n");
  write("sys/fs/cgroup/slice/own/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), std::nullopt);
  write("sys/fs/cgroup/slice/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota(), 1.5);
  write("sys/fs/cgroup/slice/own/cpu.max", "25000 100000\n");
  EXPECT_EQ(quota(), 0.25);
  write("sys/fs/cgroup/slice/own/other/cpu.max", "1000 100000\n");
  EXPECT_EQ(quota(), 0.25) << "another group's";
}

TEST_F(ControlGroup, Version1HasItInTwoFiles) {
  own("9:memory:/elsewhere\n4:cpuset,cpu,cpuacct:/own\n1:cpuacct:/not/this\n0::/\n");
  write("sys/fs/cgroup/cpu/own/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu/own/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), std::nullopt);
  write("sys/fs/cgroup/cpu/own/cpu.cfs_quota_us", "300000\n");
  EXPECT_EQ(quota(), 3);
}

TEST_F(ControlGroup, AContainerSeesItsGroupAsTheRoot) {
  own("4:cpu,cpuacct:/docker/0123\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 2);
}

}  // namespace
}  // namespace gradrace
