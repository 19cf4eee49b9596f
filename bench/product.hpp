#pragma once
/// A matrix product, and what its result must be.

#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"

namespace gradrace::bench {

/// C = A B, all three row-major and dense.
struct Product {
  explicit Product(const ProductShape& s)
      : shape(s), a(s.rows * s.depth, 1), b(s.depth * s.cols, 2), c(s.rows * s.cols) {}

  Amount amount() const {
    return {.flop = 2.0 * double(shape.rows) * double(shape.cols) * double(shape.depth),
            .bytes = a.bytes() + b.bytes() + c.bytes()};
  }
  bool is_right() const {
    return sample_matches(shape.rows * shape.cols, [&](Index i) {
      ReferenceSum sum;
      for (Index k = 0; k < shape.depth; ++k)
        sum.add(a[i / shape.cols * shape.depth + k], b[k * shape.cols + i % shape.cols]);
      return sum.matches(c[i]);
    });
  }

  ProductShape shape;
  Buffer a, b, c;
};

/// For the peers: their threads and OpenMP's spin for some 20 ms after their work.
inline constexpr std::chrono::milliseconds kSettle(30);

}  // namespace gradrace::bench
