#pragma once
/// What Linux's control groups allow a process, a container for example.

#include <filesystem>
#include <optional>

namespace gradrace::kernels {

/// The CPU time per time that control groups allow this process, in CPUs: the smallest quota of its own group and those
/// above it, of version 2 (cpu.max) and 1 (cpu.cfs_quota_us). Nothing where there is no quota, or nothing is known of
/// one. `root`: where /proc and /sys lie.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace gradrace::kernels
