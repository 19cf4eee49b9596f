// OpenBLAS on the same products.

#include <cblas.h>

#include "bench/benchmarks.hpp"
#include "bench/product.hpp"

namespace gradrace::bench {
namespace {

void run(benchmark::State& state, const ProductShape& shape, Index threads) {
  const kernels::Team team(threads);
  const Product product(shape);
  const int m = int(shape.rows), n = int(shape.cols), depth = int(shape.depth);
  openblas_set_num_threads(int(threads));
  const auto multiply = [&] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, depth, 1.0f, product.a.data(), depth, product.b.data(),
                n, 0.0f, product.c.data(), n);
  };
  multiply();
  if (!product.is_right()) return state.SkipWithError("the product is wrong");
  time_work(state, kernels::Isa::best(), team, product.amount(), multiply, Buffer::flush_all, kSettle);
}

}  // namespace

void register_openblas() {
  for (const ProductShape& shape : kProductShapes)
    add("gemm/" + name_of(shape), "openblas",
        [shape](benchmark::State& state, Index threads) { run(state, shape, threads); });
}

}  // namespace gradrace::bench
