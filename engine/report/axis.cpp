#include "engine/report/axis.hpp"

#include <cmath>

#include "kernels/base.hpp"

namespace gradrace {
namespace {

/// Multiples of a step of 1, 2 or 5 times a power of ten.
std::vector<double> linear_ticks(double low, double high) {
  constexpr double kMost = 7;
  const double power = std::pow(10, std::floor(std::log10((high - low) / kMost)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if ((high - low) / (factor * power) <= kMost) step = factor * power;
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i)
    ticks.push_back(i * step + 0.0);  // no -0
  return ticks;
}

/// Powers of ten times each of the factors.
std::vector<double> log_ticks(double low, double high, const std::vector<double>& factors) {
  std::vector<double> ticks;
  for (double power = std::floor(std::log10(low)); power <= std::log10(high); ++power)
    for (const double factor : factors)
      if (const double tick = factor * std::pow(10, power); tick >= low && tick <= high) ticks.push_back(tick);
  return ticks;
}

}  // namespace

Axis::Axis(double low, double high, Scale scale) : low_(low), high_(high), scale_(scale) {
  if (low_ != high_) return;
  const double around = scale == Scale::kLogarithmic || low_ != 0 ? 0.5 * std::abs(low_) : 1;
  low_ -= around;
  high_ += around;
}

double Axis::place(double value) const {
  return scale_ == Scale::kLinear ? (value - low_) / (high_ - low_) : std::log(value / low_) / std::log(high_ / low_);
}

std::vector<double> Axis::ticks() const {
  if (scale_ == Scale::kLinear) return linear_ticks(low_, high_);
  constexpr std::size_t kMost = 8;
  std::vector<double> ticks = log_ticks(low_, high_, {1, 2, 5});
  if (ticks.size() < 3) return linear_ticks(low_, high_);
  if (ticks.size() > kMost) ticks = log_ticks(low_, high_, {1});
  return ticks;
}

}  // namespace gradrace
