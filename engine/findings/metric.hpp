#pragma once
/// What is measured of a run, for comparing runs.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/race/race.hpp"

namespace gradrace {

struct Metric {
  std::string_view name;   ///< in results.json
  std::string_view title;  ///< for people
  bool more_is_better;
  double scale;  ///< people see value * scale, with so many digits and this unit
  int digits;
  std::string_view unit, difference_unit;
  std::optional<double> (*of)(const RunResult&);  ///< none: the run never got there

  /// A value, or a difference of two, as people see it; "-" if it is not finite.
  std::string text(double value) const { return with_unit(number(value), unit); }
  std::string difference_text(double value) const { return with_unit(number(value), difference_unit); }
  /// "<low> to <high>", likewise.
  std::string text(double low, double high) const { return with_unit(range(low, high), unit); }
  std::string difference_text(double low, double high) const { return with_unit(range(low, high), difference_unit); }

 private:
  std::string number(double value) const;
  std::string range(double low, double high) const;
  static std::string with_unit(const std::string& number, std::string_view unit);
};

/// All there are, in the order in which they are shown.
std::span<const Metric> metrics();

}  // namespace gradrace
