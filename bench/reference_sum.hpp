#pragma once
/// What a sum of products must be.

#include <cmath>

#include "kernels/base.hpp"

namespace gradrace::bench {

/// A sum of products in double precision that knows how far a sum of the same terms in float may lie from it: each of
/// the n products and additions rounds by at most 2^-24 of the magnitudes' sum, in any order.
class ReferenceSum {
 public:
  explicit ReferenceSum(double start = 0) : value_(start), magnitude_(std::abs(start)) {}
  void add(double a, double b) {
    value_ += a * b;
    magnitude_ += std::abs(a * b);
    ++terms_;
  }
  bool matches(double computed, double slack = 1) const {
    return std::abs(computed - value_) <= slack * double(terms_ + 2) * 0x1p-24 * magnitude_;
  }

 private:
  double value_, magnitude_;
  Index terms_ = 0;
};

/// True if matches(i) holds for every i of a sample of [0, n): the ends and some 100 in between, spread over all
/// residues, so that tiles' edges are among them.
template <class Matches>
bool sample_matches(Index n, const Matches& matches) {
  const Index stride = n / 100 + 1;
  for (Index i = 0; i < n; i += stride)
    if (!matches(i)) return false;
  return matches(n - 1);
}

}  // namespace gradrace::bench
