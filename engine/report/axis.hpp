#pragma once
/// An axis: a range of values with round numbers in it, linear or logarithmic.

#include <vector>

namespace gradrace {

enum class Scale { kLinear, kLogarithmic };

class Axis {
 public:
  /// From low to high, which must be finite, and above zero on a logarithmic scale; where they are equal, a little
  /// around them.
  Axis(double low, double high, Scale scale);

  /// Where a value lies: 0 at the low end, 1 at the high end.
  double place(double value) const;
  /// Round numbers within the range, 3 to 8 of them where there are as many.
  std::vector<double> ticks() const;

 private:
  double low_, high_;
  Scale scale_;
};

}  // namespace gradrace
