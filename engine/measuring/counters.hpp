#pragma once
/// The processor's event counters, through Linux's perf_event_open.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gradrace {

/// What to count: type and config of perf_event_attr.
struct CounterEvent {
  std::string name;
  std::uint32_t type;
  std::uint64_t config;
};

/// Cycles, instructions, and references to and misses of the last-level cache.
std::vector<CounterEvent> hardware_events();

/// Counts events of the calling thread, outside the kernel. Not every machine has such counters (virtual ones often do
/// not) and not everybody may use them: an event that cannot be had is simply not counted.
class Counters {
 public:
  explicit Counters(std::vector<CounterEvent> events);
  ~Counters();
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;

  const std::vector<CounterEvent>& events() const { return events_; }
  /// Why the first event that cannot be had cannot; empty if all can.
  const std::string& problem() const { return problem_; }

  /// From zero.
  void start();
  /// What was counted since, in the order of the events: nothing for those that could not be had. Where the processor
  /// counted only part of the time, because it has too few counters, the count is scaled up.
  std::vector<std::optional<double>> stop();

 private:
  std::vector<CounterEvent> events_;
  std::vector<int> files_;  // -1: not to be had
  std::string problem_;
};

}  // namespace gradrace
