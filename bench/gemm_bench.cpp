// Matrix products: the square one that everybody quotes, and this network's layers as matrices.

#include "kernels/gemm.hpp"

#include "bench/benchmarks.hpp"
#include "bench/product.hpp"

namespace gradrace::bench {
namespace {

void run_ours(benchmark::State& state, const ProductShape& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Product product(shape);
  const Buffer scratch(threads * kernels::gemm_scratch_floats(isa));
  const Index n = shape.cols, depth = shape.depth;
  check_and_time(
      state, isa, team, product.amount(), [&] { return product.is_right(); },
      [&](kernels::Worker worker) noexcept {
        const Range rows = worker.share_of(shape.rows);
        kernels::gemm(isa, {product.a.data() + rows.begin * depth, rows.size(), depth, depth, 1},
                      {product.b.data(), depth, n, n, 1}, {product.c.data() + rows.begin * n, rows.size(), n, n},
                      kernels::Start::kZero, scratch.part(worker.index(), threads));
      });
}

}  // namespace

void register_gemm() {
  for (const ProductShape& shape : kProductShapes) {
    const std::string family = "gemm/" + name_of(shape);
    add_each_isa(family, [shape](benchmark::State& state, const kernels::Isa& isa, Index threads) {
      run_ours(state, shape, isa, threads);
    });
  }
}

}  // namespace gradrace::bench
