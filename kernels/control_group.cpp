#include "kernels/control_group.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace gradrace::kernels {
namespace {

namespace fs = std::filesystem;

/// "/a/b" from the process's line for the CPUs, "0::/a/b" in version 2 and "4:cpu,cpuacct:/a/b" in version 1; "/" where
/// there is none.
fs::path own_group(const fs::path& root, bool version2) {
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (version2 ? controllers.empty() : ("," + controllers + ",").find(",cpu,") != line.npos)
      return line.substr(second + 1);
  }
  return "/";
}

/// "50000 100000" is half a CPU; "max 100000" and "-1" are no quota.
std::optional<double> quota_of(const fs::path& group, bool version2) {
  double quota = 0, period = 0;
  std::ifstream file(group / (version2 ? "cpu.max" : "cpu.cfs_quota_us"));
  file >> quota;
  if (version2)
    file >> period;
  else
    std::ifstream(group / "cpu.cfs_period_us") >> period;
  if (!file || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::optional<double> smallest_quota(const fs::path& root, bool version2) {
  const fs::path hierarchy = root / (version2 ? "sys/fs/cgroup" : "sys/fs/cgroup/cpu");
  std::optional<double> smallest;
  for (fs::path group = own_group(root, version2).relative_path();; group = group.parent_path()) {
    if (const auto quota = quota_of(hierarchy / group, version2))
      smallest = std::min(*quota, smallest.value_or(*quota));
    if (group.empty()) return smallest;
  }
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  const std::optional<double> quotas[] = {smallest_quota(root, true), smallest_quota(root, false)};
  if (!quotas[0] || !quotas[1]) return quotas[0] ? quotas[0] : quotas[1];
  return std::min(*quotas[0], *quotas[1]);
}

}  // namespace gradrace::kernels
