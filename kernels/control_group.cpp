#include "kernels/control_group.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace gradrace::kernels {
namespace {

/// A share of a CPU: 0.5 where 50,000 of 100,000 microseconds may be used. A quota that is none reads as "max" or -1.
std::optional<double> share(std::istream& quota, std::istream& period) {
  double used = 0, of = 0;
  if (!(quota >> used) || !(period >> of) || used <= 0 || of <= 0) return std::nullopt;
  return used / of;
}

std::optional<double> quota_of_version2(const std::string& group) {
  std::ifstream file(group + "/cpu.max");
  return share(file, file);
}

std::optional<double> quota_of_version1(const std::string& group) {
  std::ifstream quota(group + "/cpu.cfs_quota_us"), period(group + "/cpu.cfs_period_us");
  return share(quota, period);
}

/// One of the two versions of control groups, of which a system may have both.
struct Hierarchy {
  const char* directory;
  const char* controller;  ///< which a process's line names; those of version 2 name none
  std::optional<double> (*quota)(const std::string& group);
};
constexpr Hierarchy kHierarchies[] = {{"/sys/fs/cgroup", "", quota_of_version2},
                                      {"/sys/fs/cgroup/cpu", "cpu", quota_of_version1}};

/// "/a/b" from the process's line for the controller: "0::/a/b", or "4:cpu,cpuacct:/a/b"; "/" where there is none.
std::string own_group(const std::string& root, const std::string& controller) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == line.npos || !line.substr(second + 1).starts_with('/')) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (("," + controllers + ",").find("," + controller + ",") != line.npos) return line.substr(second + 1);
  }
  return "/";
}

}  // namespace

std::optional<double> cpu_quota(const std::filesystem::path& root) {
  std::optional<double> smallest;
  for (const auto& [directory, controller, quota_of] : kHierarchies)
    // Strings, since GCC 12's paths crash where there is no memory to join them.
    for (std::string group = own_group(root, controller);; group.erase(group.rfind('/'))) {
      if (const auto quota = quota_of(root.string() + directory + group))
        smallest = std::min(*quota, smallest.value_or(*quota));
      if (group.empty()) break;
    }
  return smallest;
}

}  // namespace gradrace::kernels
