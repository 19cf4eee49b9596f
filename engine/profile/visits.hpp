#pragma once
/// How a figure is made of samples on a machine that others use, too.

#include <algorithm>
#include <optional>
#include <span>

#include "engine/base/statistics.hpp"

namespace gradrace {

/// A figure that is sampled in several visits, spread over a run: the median of the least disturbed visit, which is the
/// one with the least median. Whatever disturbs a machine only slows it down, but often for seconds, so that a visit is
/// slow as a whole, and the median of all samples is a slow one if most visits are.
class Visits {
 public:
  void add(std::span<const double> seconds) {
    const double median = summarize(seconds).median;
    least_ = std::min(least_.value_or(median), median);
  }
  /// Nothing before the first visit.
  std::optional<double> seconds() const { return least_; }

 private:
  std::optional<double> least_;
};

}  // namespace gradrace
