#pragma once
/// Timing libtorch's functions beside our kernels.

#include <ATen/core/ivalue.h>  // before the others, where clang must know it as C++20

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "bench/timing.hpp"

namespace gradrace::bench {

/// A new array in `layout`, an order of the axes of `x`, with the numbers of x.
inline at::Tensor in_order(const at::Tensor& x, at::IntArrayRef layout) {
  return x.permute(layout).contiguous();
}

/// A tensor over a buffer's floats.
inline at::Tensor view(const Buffer& buffer, at::IntArrayRef sizes) {
  return at::from_blob(buffer.data(), sizes);
}

/// Calls body() on so many threads, which are OpenMP's, as the teams' are; times it if is_right() then. `tensors` are
/// all that the body reads, which cold mode drops from the caches. What the body returns it allocates, as in PyTorch.
void check_and_time_libtorch(benchmark::State& state, Index threads, const Amount& amount,
                             const std::vector<at::Tensor>& tensors, const Body& body,
                             const std::function<bool()>& is_right);

}  // namespace gradrace::bench
