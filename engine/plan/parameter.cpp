#include "engine/plan/parameter.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace gradrace {
namespace {

/// Whether any exponent is all ones; without a branch, so that it becomes vector code.
bool any_not_finite(const float* values, Index count) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t found = 0;
  for (Index i = 0; i < count; ++i) found |= (std::bit_cast<std::uint32_t>(values[i]) & kExponent) == kExponent;
  return found != 0;
}

}  // namespace

bool Parameter::all_finite(Range panels, const float* values) const {
  if (!any_not_finite(values, panels.size() * layout.rows * kPanel)) return true;
  const Index columns = std::min(panels.size() * kPanel, layout.cols - panels.begin * kPanel);
  for (Index c = 0; c < columns; ++c)
    for (Index r = 0; r < layout.rows; ++r)
      if (!std::isfinite(values[layout.offset(r, c)])) return false;
  return true;
}

}  // namespace gradrace
