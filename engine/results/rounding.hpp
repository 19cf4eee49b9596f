#pragma once
/// Fewer digits, where a file would grow large for the sake of digits that nobody reads.

#include <cstdlib>

#include <fmt/format.h>

namespace gradrace {

/// The number with `digits` significant decimal digits that is nearest to `value`; NaN and infinities as they are.
inline double rounded(double value, int digits) {
  return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

}  // namespace gradrace
