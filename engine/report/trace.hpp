#pragma once
/// A few training steps lap by lap, for chrome://tracing and ui.perfetto.dev.

#include <filesystem>
#include <string>

#include "engine/race/race.hpp"

namespace gradrace {

/// Trace Event Format, JSON object form: one complete event (ph "X", times in microseconds) for each lap, its name the
/// stage and its category the phase; one lane (tid) for each worker. notice: Dataset::notice.
std::string trace_json(const Trace& trace, const std::string& notice);

/// Writes the first run's trace when that run ends, atomically. Throws failure where that is impossible.
class TraceWriter final : public RaceObserver {
 public:
  /// Makes sure that the file can be written, before anything is trained.
  explicit TraceWriter(std::filesystem::path file);
  /// Dataset::notice. Must be called before the race begins.
  void describe(std::string notice) { notice_ = std::move(notice); }
  void run_ended(const RaceResult& race) override;

 private:
  std::filesystem::path file_;
  std::string notice_;
};

}  // namespace gradrace
