#pragma once
/// The learning rate of every step. Options of any optimizer, so that a race can set schedules against each other:
///
///   lr         the learning rate; what the schedule makes of it is the same for all optimizers
///   schedule   constant;
///              step: times gamma (0.1) after every step_size (1) epochs, as torch's StepLR stepped once an epoch;
///              cosine: falls to eta_min (0) along half a cosine until the run ends, as CosineAnnealingLR;
///              onecycle: rises from lr / div_factor (25) to lr during the first pct_start (0.3) of the run, then falls
///              to lr / div_factor / final_div_factor (1e4), both along half a cosine, as OneCycleLR with
///              cycle_momentum=False
///   warmup     training steps (0) in which the learning rate first rises in a straight line from start_factor (1/3)
///              times its value, as LinearLR; the cosine begins after it, the epochs of step count from the start.
///              Not with onecycle, which has its own.
///
/// step changes from epoch to epoch, the others from one training step to the next.

#include "engine/base/options.hpp"

namespace gradrace {

class Schedule {
 public:
  /// Asks for lr and the options above; throws usage_error.
  Schedule(Options& options, double default_lr);

  /// The values of option schedule.
  static const std::vector<std::string>& kinds();
  /// Option lr.
  double lr() const { return lr_; }
  bool is_constant() const { return kind_ == "constant" && warmup_ == 0; }
  /// Says how long the run is; schedules other than constant must know before rate().
  void begin_run(Index steps_per_epoch, Index epochs);
  /// The learning rate of step 1, 2, ...
  double rate(Index step) const;

 private:
  double one_cycle(double done) const;

  double lr_;
  std::string kind_;
  Index step_size_ = 1, warmup_ = 0;
  double gamma_ = 0, eta_min_ = 0, start_factor_ = 1;
  double pct_start_ = 0, div_factor_ = 1, final_div_factor_ = 1;
  Index steps_per_epoch_ = 0, steps_ = 0;
};

}  // namespace gradrace
