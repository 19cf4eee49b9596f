#pragma once
/// What is said while a race runs: a line every 100 batches and after each epoch, and a progress bar below them.

#include <string>

#include "apps/progress.hpp"
#include "engine/race.hpp"

namespace gradrace {

class Commentary final : public RaceObserver {
 public:
  /// lines: say them on standard output; without them only runs that diverge are reported. progress: show the bar.
  Commentary(bool lines, bool progress) : lines_(lines), progress_(progress) {}

  void run_began(const RaceResult& race) override;
  void step_done(const RaceResult& race, const StepEvent& step) override;
  void epoch_done(const RaceResult& race) override;
  /// Reports a diverged run on standard error.
  void run_ended(const RaceResult& race) override;

 private:
  void line(const std::string& text);

  bool lines_;
  Progress progress_;
};

}  // namespace gradrace
