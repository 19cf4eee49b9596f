#include "engine/measuring/counters.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace gradrace {
namespace {

int open_counter(const CounterEvent& event) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  constexpr int kThisThread = 0, kAnyCpu = -1, kNoGroup = -1;
  return int(syscall(SYS_perf_event_open, &attributes, kThisThread, kAnyCpu, kNoGroup, PERF_FLAG_FD_CLOEXEC));
}

std::string reason(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
      return "this (virtual) machine has no such counter";
    case EACCES:
    case EPERM:
      return "the system does not allow it; see /proc/sys/kernel/perf_event_paranoid";
    case ENOSYS:
      return "this kernel has no perf_event_open";
    default:
      return std::strerror(error);
  }
}

}  // namespace

std::vector<CounterEvent> hardware_events() {
  return {{"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
          {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
          {"cache_references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES},
          {"cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES}};
}

Counters::Counters(std::vector<CounterEvent> events) : events_(std::move(events)) {
  for (const CounterEvent& event : events_) {
    files_.push_back(open_counter(event));
    if (files_.back() < 0 && problem_.empty()) problem_ = fmt::format("{}: {}", event.name, reason(errno));
  }
}

Counters::~Counters() {
  for (const int file : files_)
    if (file >= 0) ::close(file);
}

void Counters::start() {
  for (const int file : files_)
    if (file >= 0) {
      ::ioctl(file, PERF_EVENT_IOC_RESET, 0);
      ::ioctl(file, PERF_EVENT_IOC_ENABLE, 0);
    }
}

std::vector<std::optional<double>> Counters::stop() {
  for (const int file : files_)
    if (file >= 0) ::ioctl(file, PERF_EVENT_IOC_DISABLE, 0);
  std::vector<std::optional<double>> counts;
  for (const int file : files_) {
    struct {
      std::uint64_t value, enabled, running;
    } read{};
    const bool counted = file >= 0 && ::read(file, &read, sizeof read) == ssize_t(sizeof read) && read.running > 0;
    counts.push_back(counted ? std::optional(double(read.value) * double(read.enabled) / double(read.running))
                             : std::nullopt);
  }
  return counts;
}

}  // namespace gradrace
