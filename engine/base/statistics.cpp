#include "engine/base/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/students_t.hpp>

namespace gradrace {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

double standard_deviation_of(std::span<const double> values, double mean) {
  if (values.size() < 2) return kNoNumber;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / double(values.size() - 1));
}

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  const double low = values[(values.size() - 1) / 2], high = values[half];
  return low == high ? low : (low + high) / 2;  // of two infinities as well
}

/// Half the width of the mean's interval.
double margin(Index n, double standard_deviation) {
  const boost::math::students_t distribution(double(n - 1));
  return boost::math::quantile(distribution, (1 + kConfidence) / 2) * standard_deviation / std::sqrt(double(n));
}

}  // namespace

Summary summarize(std::span<const double> values) {
  Summary summary;
  if (values.empty()) return summary;
  summary.n = std::ranges::count_if(values, [](double value) { return std::isfinite(value); });
  summary.median = median_of({values.begin(), values.end()});
  summary.min = std::ranges::min(values);
  summary.max = std::ranges::max(values);
  if (summary.n < std::ssize(values)) return summary;
  summary.mean = mean_of(values);
  summary.standard_deviation = standard_deviation_of(values, summary.mean);
  if (summary.n < 2) return summary;
  const double half = margin(summary.n, summary.standard_deviation);
  summary.confidence_low = summary.mean - half;
  summary.confidence_high = summary.mean + half;
  return summary;
}

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b) {
  GRADRACE_EXPECT(a.size(), ==, b.size());
  if (a.empty()) return {};
  std::vector<double> differences;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differences.push_back(a[i] - b[i]);
    largest = std::max({largest, std::abs(a[i]), std::abs(b[i])});
  }
  PairedDifference result{.n = std::ssize(differences), .mean = mean_of(differences)};
  const double deviation = standard_deviation_of(differences, result.mean);
  constexpr double kRounding = 1e-13;  // a spread that is nothing but the rounding of equal differences
  if (result.n < 2 || deviation <= kRounding * largest) return result;
  const double half = margin(result.n, deviation);
  result.confidence_low = result.mean - half;
  result.confidence_high = result.mean + half;
  const boost::math::students_t distribution(double(result.n - 1));
  const double t = result.mean / (deviation / std::sqrt(double(result.n)));
  result.p = 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(t)));
  return result;
}

std::vector<double> holm_corrected(std::span<const double> p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::ranges::sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> corrected(p.begin(), p.end());
  double least = 0;  // a larger p is never corrected to less than a smaller one
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    least = std::max(least, std::min(1.0, p[order[rank]] * double(order.size() - rank)));
    corrected[order[rank]] = least;
  }
  return corrected;
}

}  // namespace gradrace
