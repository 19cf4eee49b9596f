#pragma once
// For a test build (GRADRACE_SLOW_KERNELS): the matrix products, dense and sparse, Adam's step and the triad take twice
// their time, as if somebody had spoilt them, with the same results. The tools for measuring must show it at a glance;
// bench/README.md says where.

#include "kernels/platform.hpp"
#include "kernels/table.hpp"

namespace gradrace::kernels {
namespace {

template <auto kKernel>
struct Slowed;
template <class Result, class... Arguments, Result (*kKernel)(Arguments...) noexcept>
struct Slowed<kKernel> {
  static Result call(Arguments... arguments) noexcept {
    struct Twice {
      std::int64_t begin = ticks();
      ~Twice() {
        const auto end = ticks();
        while (ticks() - end < end - begin) spin_pause();
      }
    };
    const Twice twice;
    return kKernel(arguments...);
  }
};

template <class Arch>
constexpr void slow_down(KernelTable& table) {
  table.gemm = Slowed<Gemm<Arch>::gemm>::call;
  table.sparse_product = Slowed<SparseProduct<Arch>::sparse_product>::call;
  table.stream_triad = Slowed<Stream<Arch>::triad>::call;
  table.optimizers.OptimizerKernel<AdamScalars>::step = Slowed<OptimizerStep<Arch>::template step<AdamScalars>>::call;
}

}  // namespace
}  // namespace gradrace::kernels
