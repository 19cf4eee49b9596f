#pragma once
/// The families of benchmarks, and how one is added. Names are made for --benchmark_filter; the library adds
/// /real_time.

#include <functional>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "kernels/isa.hpp"

namespace gradrace::bench {

void register_conv2d();     ///< conv2d/forward/im2col/n32_c16_h26_k32/avx2/threads:2, ...
void register_linear();     ///< linear/forward/n32_i4608_o64/avx2/threads:2, ...
void register_gemm();       ///< gemm/1024x1024x1024/avx2/threads:1, gemm/1024x1024x1024/openblas/threads:1, ...
void register_optimizer();  ///< optimizer/adam/300426/avx2/threads:2, optimizer/triad/300426/plain/threads:2, ...

using Run = std::function<void(benchmark::State&, Index threads)>;
using IsaRun = std::function<void(benchmark::State&, const kernels::Isa&, Index threads)>;

/// Adds family/code/threads:N on one thread and, where there are more, on all CPUs allowed. `code` is whose code runs.
void add(const std::string& family, std::string_view code, const Run& run);
/// The same for each instruction set of this CPU: family/avx2/threads:N, ...
void add_each_isa(const std::string& family, const IsaRun& run);

}  // namespace gradrace::bench
