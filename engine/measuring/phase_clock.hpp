#pragma once
/// The room measuring/: time and machines. The clock of a training step's phases (this file), rounds of work that a
/// team repeats, the limits of the machine (`gradrace info`), hardware counters, stolen time. Nothing here knows what
/// is measured.
///
/// Where the time of training goes: each worker's time, cut into laps, stage by stage. The end of a lap is the begin of
/// the next, so nothing is left out: over any stretch between resume() and pause() each worker's laps add up to it.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/measuring/ticks.hpp"
#include "kernels/base.hpp"

namespace gradrace {

/// What stages are summed up as. Forming the gradients of parameters counts as kOptimizer.
enum class Phase { kData, kForward, kBackward, kOptimizer, kWait, kEvaluation };
inline constexpr int kPhases = 6;
std::string_view name(Phase phase);

/// Number of a stage. These come first; then each layer forward, the loss, and each layer backward.
enum : Index { kShuffle, kGather, kDraw, kPrepare, kGradient, kUpdate, kWait, kEvaluate, kLayers };

/// Seconds of a stage, of which each worker had its own: their mean and the largest. Means over all stages add up to
/// the wall time.
struct StageSeconds {
  Phase phase;
  std::string name;
  double mean = 0, slowest = 0;
};

/// The sum of a phase's means.
double phase_seconds(std::span<const StageSeconds> stages, Phase phase);
/// Adds the seconds of the same stages, in the same order, that were spent earlier. The slowest workers of two times
/// need not be the same one, so their sum is an upper bound.
void add(std::span<const StageSeconds> earlier, std::span<StageSeconds> stages);

/// Laps of a few steps one by one, a lane for each worker.
struct Trace {
  struct Event {
    Index stage;
    double begin, end;  ///< seconds since the first event
  };
  std::vector<StageSeconds> stages;  ///< names alone
  std::vector<std::vector<Event>> lanes;
};

/// One worker's counters. Only that worker calls lap(); whole cache lines, so that workers do not share any.
class alignas(kAlignment) Laps {
 public:
  explicit Laps(Index stages) : lines_(std::size_t(divide_up(stages, kPerLine))) {}

  /// The time since the last lap was spent on this stage.
  void lap(Index stage) {
    const std::int64_t now = ticks();
    if (room_ > 0) record(stage, now);
    spent(stage) += now - last_;
    last_ = now;
  }

 private:
  friend class PhaseClock;
  static constexpr Index kPerLine = kAlignment / sizeof(std::int64_t);
  struct alignas(kAlignment) Line {
    std::int64_t ticks[kPerLine] = {};
  };
  struct Event {
    Index stage;
    std::int64_t begin, end;
  };
  std::int64_t spent(Index stage) const { return lines_[std::size_t(stage / kPerLine)].ticks[stage % kPerLine]; }
  std::int64_t& spent(Index stage) { return lines_[std::size_t(stage / kPerLine)].ticks[stage % kPerLine]; }
  void record(Index stage, std::int64_t now);

  std::int64_t last_ = ticks();
  Index room_ = 0;  // for events; 0 while nothing is recorded
  std::vector<Line> lines_;
  std::vector<Event> events_;
};

/// The counters of all workers.
class PhaseClock {
 public:
  /// layers: their names, in order. most_events: of each worker, that a trace may hold; memory for them is taken here.
  PhaseClock(Index workers, std::span<const std::string> layers, Index most_events);

  /// Of worker 0 outside parallel regions.
  Laps& of(Index worker) { return laps_[std::size_t(worker)]; }

  // Outside parallel regions only:
  void resume();                ///< what has passed since pause() belongs to no stage
  void pause(Index stage);      ///< worker 0's time since its last lap belongs to `stage`; the others have waited
  void pause_all(Index stage);  ///< as pause, but everybody's belongs to `stage`
  void record(bool on);         ///< whether laps go into the trace

  /// Seconds of each stage since take() was called last, in the order of phases.
  std::vector<StageSeconds> seconds() const;
  std::vector<StageSeconds> take();
  Trace trace() const;

 private:
  std::vector<Laps> laps_;
  std::vector<StageSeconds> stages_;  // names alone
  TickLength length_;
};

}  // namespace gradrace
