#pragma once
/// Statistics of a few repetitions of an experiment. NaN stands for a number that cannot be had.

#include <limits>
#include <span>
#include <vector>

#include "kernels/base.hpp"

namespace gradrace {

inline constexpr double kConfidence = 0.95;  ///< of all intervals, which are Student's t (two-sided)
inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// Of a sample. An infinity among the values stands for one that was never reached ("later than all others"): it counts
/// in median, min and max and in nothing else, and with one there is no mean, since that of the others would be biased.
struct Summary {
  Index n = 0;                            ///< finite values
  double mean = kNoNumber;                ///< of all values, if all are finite
  double standard_deviation = kNoNumber;  ///< with n - 1 in the denominator; needs two values, as the interval does
  double median = kNoNumber, min = kNoNumber, max = kNoNumber;
  double confidence_low = kNoNumber, confidence_high = kNoNumber;  ///< of the mean
};
Summary summarize(std::span<const double> values);

/// Of a[i] - b[i]: mean, its interval, and p, the probability of a mean at least as far from zero if there is no
/// difference (the paired t-test, two-sided; Student 1908). Without any spread, interval and p cannot be had.
struct PairedDifference {
  Index n = 0;
  double mean = kNoNumber, confidence_low = kNoNumber, confidence_high = kNoNumber, p = kNoNumber;
};
/// Both samples are finite and of the same size.
PairedDifference paired_difference(std::span<const double> a, std::span<const double> b);

/// The p values of a family of tests, in their order, each corrected so that the chance of a single false find among
/// all is kept (Holm 1979). Those that are NaN stay so and do not count.
std::vector<double> holm_corrected(std::span<const double> p);

}  // namespace gradrace
