#include "engine/optimizers/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradrace {
namespace {

/// From `begin` to `end` along half a cosine, as `share` goes from 0 to 1.
double along_cosine(double begin, double end, double share) {
  return end + (begin - end) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

}  // namespace

const std::vector<std::string>& Schedule::kinds() {
  static const std::vector<std::string> kinds = {"constant", "step", "cosine", "onecycle"};
  return kinds;
}

Schedule::Schedule(Options& options, double default_lr) : lr_(options.number("lr", default_lr, 0, kAny)) {
  kind_ = options.choice("schedule", "constant", kinds());
  if (kind_ == "step") {
    step_size_ = options.integer("step_size", 1, 1, kMostSteps);
    gamma_ = options.number("gamma", 0.1, 0, kAny);
  } else if (kind_ == "cosine") {
    eta_min_ = options.number("eta_min", 0, 0, kAny);
  } else if (kind_ == "onecycle") {
    pct_start_ = options.number("pct_start", 0.3, 0, 1);
    div_factor_ = options.number("div_factor", 25, 1, kAny);
    final_div_factor_ = options.number("final_div_factor", 1e4, 1, kAny);
    return;
  }
  warmup_ = options.integer("warmup", 0, 0, kMostSteps);
  if (warmup_ > 0) start_factor_ = options.number("start_factor", 1.0 / 3, 0, 1);
}

void Schedule::begin_run(Index steps_per_epoch, Index epochs) {
  steps_per_epoch_ = steps_per_epoch;
  steps_ = steps_per_epoch * epochs;
}

double Schedule::rate(Index step) const {
  if (kind_ != "constant") GRADRACE_EXPECT(steps_, >, 0);
  const Index done = step - 1;
  if (kind_ == "onecycle") return one_cycle(double(done));
  if (kind_ == "cosine" && done >= warmup_)
    return along_cosine(lr_, eta_min_, double(done - warmup_) / double(std::max<Index>(steps_ - warmup_, 1)));
  double rate = lr_;
  if (done < warmup_) rate *= start_factor_ + (1 - start_factor_) * double(done) / double(warmup_);
  if (kind_ == "step") rate *= std::pow(gamma_, double(done / (step_size_ * steps_per_epoch_)));
  return rate;
}

double Schedule::one_cycle(double done) const {
  const double start = lr_ / div_factor_, last = double(steps_ - 1), top = pct_start_ * double(steps_) - 1;
  if (top > 0 && done <= top) return along_cosine(start, lr_, done / top);
  return along_cosine(lr_, start / final_div_factor_, last > top ? (done - top) / (last - top) : 0);
}

}  // namespace gradrace
