// Matrix products: the square one that everybody quotes, and this network's layers as matrices.

#include "kernels/gemm.hpp"

#include <fmt/format.h>

#ifdef GRADRACE_OPENBLAS

#include <cblas.h>
#endif

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/timing.hpp"

namespace gradrace::bench {
namespace {

struct Shape {
  Index rows, cols, depth;
};
constexpr Shape kShapes[] = {
    {1024, 1024, 1024}, {18432, 32, 144},  // conv2 forward, 32 images: output positions x channels out x patch
    {144, 32, 18432},                      // conv2 parameter gradient
    {18432, 144, 32},                      // conv2 input gradient
    {32, 64, 4608},                        // fc1 forward
    {4608, 64, 32},                        // fc1 weight gradient
    {32, 4608, 64},                        // fc1 input gradient
};

/// C = A B, all three row-major and dense.
struct Product {
  explicit Product(const Shape& s) : shape(s), a(s.rows * s.depth, 1), b(s.depth * s.cols, 2), c(s.rows * s.cols) {}

  double flop() const { return 2.0 * double(shape.rows) * double(shape.cols) * double(shape.depth); }
  bool is_right() const {
    return sample_matches(shape.rows * shape.cols, [&](Index i) {
      ReferenceSum sum;
      for (Index k = 0; k < shape.depth; ++k)
        sum.add(a[i / shape.cols * shape.depth + k], b[k * shape.cols + i % shape.cols]);
      return sum.matches(c[i]);
    });
  }

  Shape shape;
  Buffer a, b, c;
};

void check_and_time(benchmark::State& state, const Product& product, const kernels::Isa& isa, const kernels::Team& team,
                    const std::function<void()>& multiply, std::chrono::milliseconds settle = {}) {
  multiply();
  if (!product.is_right()) return state.SkipWithError("the product is wrong");
  time_flop(state, isa, team, product.flop(), multiply, settle);
}

void run_ours(benchmark::State& state, const Shape& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Product product(shape);
  const Buffer scratch(threads * kernels::gemm_scratch_floats(isa));
  const auto [m, n, depth] = shape;
  check_and_time(state, product, isa, team, [&, n = n, depth = depth] {
    team.run([&](kernels::Worker worker) noexcept {
      const Range rows = worker.share_of(shape.rows);
      kernels::gemm(isa, {product.a.data() + rows.begin * depth, rows.size(), depth, depth, 1},
                    {product.b.data(), depth, n, n, 1}, {product.c.data() + rows.begin * n, rows.size(), n, n},
                    kernels::Start::kZero, scratch.part(worker.index(), threads));
    });
  });
}

#ifdef GRADRACE_OPENBLAS
void run_openblas(benchmark::State& state, const Shape& shape, Index threads) {
  const kernels::Team team(threads);
  const Product product(shape);
  const int m = int(shape.rows), n = int(shape.cols), depth = int(shape.depth);
  openblas_set_num_threads(int(threads));
  const auto multiply = [&] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, depth, 1.0f, product.a.data(), depth, product.b.data(),
                n, 0.0f, product.c.data(), n);
  };
  constexpr std::chrono::milliseconds kSettle(30);  // its threads and OpenMP's spin for some 20 ms
  check_and_time(state, product, kernels::Isa::best(), team, multiply, kSettle);
}
#endif

}  // namespace

void register_gemm() {
  for (const Shape& shape : kShapes) {
    const std::string family = fmt::format("gemm/{}x{}x{}", shape.rows, shape.cols, shape.depth);
    add_each_isa(family, [shape](benchmark::State& state, const kernels::Isa& isa, Index threads) {
      run_ours(state, shape, isa, threads);
    });
#ifdef GRADRACE_OPENBLAS
    add(family, "openblas", [shape](benchmark::State& state, Index threads) { run_openblas(state, shape, threads); });
#endif
  }
}

}  // namespace gradrace::bench
