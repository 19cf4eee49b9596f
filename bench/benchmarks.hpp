#pragma once
/// The families of benchmarks, and how one is added. Names are made for --benchmark_filter; the library adds
/// /real_time, or in cold mode /iterations:N/manual_time.

#include <functional>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "kernels/isa.hpp"

namespace gradrace::bench {

void register_conv2d();     ///< conv2d/forward/implicit/n32_c16_h26_k32/avx2/threads:2, ...
void register_conv_pool();  ///< conv_pool/backward/n32_c16_h26_k32/avx2/threads:2, ...
void register_linear();     ///< linear/forward/n32_i4608_o64/avx2/threads:2, ...
void register_gemm();       ///< gemm/1024x1024x1024/avx2/threads:1, ...
void register_matrix();     ///< matrix/transpose/4608x64/avx2/threads:2, matrix/tree_sum/..., ...
void register_pointwise();  ///< relu/forward/138240/avx2/threads:2, max_pool/..., log_softmax_nll/..., ...
void register_optimizer();  ///< optimizer/adam/300426/avx2/threads:2, optimizer/triad/300426/avx2/threads:2, ...
#ifdef GRADRACE_PEERS
void register_onednn();    ///< conv2d/forward/auto/n32_c16_h26_k32/onednn/threads:2, gemm/..., ...
void register_openblas();  ///< gemm/1024x1024x1024/openblas/threads:1, ...
void register_libtorch();  ///< conv2d/forward/torch/n32_c16_h26_k32/libtorch/threads:2, linear/..., max_pool/..., and
void register_libtorch_optimizers();  ///< optimizer/adam/300426/libtorch/threads:2, ...
#endif

using Run = std::function<void(benchmark::State&, Index threads)>;
using IsaRun = std::function<void(benchmark::State&, const kernels::Isa&, Index threads)>;

/// Adds family/code/threads:N on 1, 2, 4, ... threads and on all CPUs allowed. `code` is whose code runs.
void add(const std::string& family, std::string_view code, const Run& run);
/// The same for each instruction set of this CPU: family/avx2/threads:N, ...
void add_each_isa(const std::string& family, const IsaRun& run);

}  // namespace gradrace::bench
