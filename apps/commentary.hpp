#pragma once
/// What is said while a race runs: a line every 100 batches and after each epoch, or, where there are many runs, one
/// for each; and a progress bar for the whole race below them.

#include <chrono>
#include <string>
#include <utility>

#include "apps/progress.hpp"
#include "engine/race/race.hpp"

namespace gradrace {

class Commentary final : public RaceObserver {
 public:
  /// lines: say them on standard output; without them only runs that diverge are reported. progress: show the bar.
  /// compact: one line for each run. introduction: what is said before the first run, once it is sure to begin.
  Commentary(bool lines, bool progress, bool compact, std::string introduction)
      : lines_(lines), compact_(compact), introduction_(std::move(introduction)), progress_(progress) {}

  void run_began(const RaceResult& race) override;
  void step_done(const RaceResult& race, const StepEvent& step) override;
  void epoch_done(const RaceResult& race) override;
  /// Reports a diverged run on standard error.
  void run_ended(const RaceResult& race) override;

 private:
  using Clock = std::chrono::steady_clock;
  void line(const std::string& text);
  void show_progress(const RaceResult& race, const StepEvent& step);

  bool lines_, compact_;
  std::string introduction_;
  Progress progress_;
  Clock::time_point began_;         // when the first step was done
  double done_when_it_began_ = -1;  // the fraction of the race; negative before the first step
};

}  // namespace gradrace
