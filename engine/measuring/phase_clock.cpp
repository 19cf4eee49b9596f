#include "engine/measuring/phase_clock.hpp"

#include <algorithm>
#include <limits>

namespace gradrace {

std::string_view name(Phase phase) {
  constexpr std::string_view kNames[kPhases] = {"data", "forward", "backward", "optimizer", "wait", "evaluation"};
  return kNames[int(phase)];
}

double phase_seconds(std::span<const StageSeconds> stages, Phase phase) {
  double sum = 0;
  for (const StageSeconds& stage : stages)
    if (stage.phase == phase) sum += stage.mean;
  return sum;
}

void Laps::record(Index stage, std::int64_t now) {
  if (!events_.empty() && events_.back().stage == stage && events_.back().end == last_) {
    events_.back().end = now;
    return;
  }
  events_.push_back({stage, last_, now});
  --room_;
}

void add(std::span<const StageSeconds> earlier, std::span<StageSeconds> stages) {
  GRADRACE_EXPECT(earlier.size(), ==, stages.size());
  for (std::size_t s = 0; s < stages.size(); ++s) {
    stages[s].mean += earlier[s].mean;
    stages[s].slowest += earlier[s].slowest;
  }
}

PhaseClock::PhaseClock(Index workers, std::span<const std::string> layers, Index most_events) {
  stages_ = {{Phase::kData, "shuffle"},
             {Phase::kData, "gather"},
             {Phase::kForward, "dropout masks"},
             {Phase::kForward, "prepare weights"},
             {Phase::kOptimizer, "gradient"},
             {Phase::kOptimizer, "update"},
             {Phase::kWait, "wait"},
             {Phase::kEvaluation, "evaluation"}};
  GRADRACE_EXPECT(std::ssize(stages_), ==, Index(kLayers));
  for (const std::string& layer : layers) stages_.push_back({Phase::kForward, layer});
  stages_.push_back({Phase::kForward, "loss"});
  for (const std::string& layer : layers) stages_.push_back({Phase::kBackward, layer});
  for (Index w = 0; w < workers; ++w) {
    laps_.emplace_back(std::ssize(stages_));
    laps_.back().events_.reserve(std::size_t(most_events));
  }
}

void PhaseClock::resume() {
  const std::int64_t now = ticks();
  for (Laps& laps : laps_) laps.last_ = now;
}

void PhaseClock::pause(Index stage) {
  for (Laps& laps : laps_) laps.lap(&laps == &laps_.front() ? stage : Index(kWait));
}

void PhaseClock::pause_all(Index stage) {
  for (Laps& laps : laps_) laps.lap(stage);
}

void PhaseClock::record(bool on) {
  for (Laps& laps : laps_) laps.room_ = on ? Index(laps.events_.capacity() - laps.events_.size()) : 0;
}

std::vector<StageSeconds> PhaseClock::seconds() const {
  std::vector<StageSeconds> stages;
  const double length = length_.seconds();
  for (Index s = 0; s < std::ssize(stages_); ++s) {
    StageSeconds stage = stages_[std::size_t(s)];
    for (const Laps& laps : laps_) {
      const double spent = double(laps.spent(s)) * length;
      stage.mean += spent / double(laps_.size());
      stage.slowest = std::max(stage.slowest, spent);
    }
    stages.insert(std::ranges::upper_bound(stages, stage.phase, {}, &StageSeconds::phase), stage);
  }
  return stages;
}

std::vector<StageSeconds> PhaseClock::take() {
  std::vector<StageSeconds> taken = seconds();
  for (Laps& laps : laps_)
    for (Index s = 0; s < std::ssize(stages_); ++s) laps.spent(s) = 0;
  return taken;
}

Trace PhaseClock::trace() const {
  Trace trace{.stages = stages_, .lanes = {}};
  std::int64_t start = std::numeric_limits<std::int64_t>::max();
  for (const Laps& laps : laps_)
    if (!laps.events_.empty()) start = std::min(start, laps.events_.front().begin);
  const double length = length_.seconds();
  for (const Laps& laps : laps_) {
    trace.lanes.emplace_back();
    for (const auto& [stage, begin, end] : laps.events_)
      trace.lanes.back().push_back({stage, double(begin - start) * length, double(end - start) * length});
  }
  return trace;
}

}  // namespace gradrace
