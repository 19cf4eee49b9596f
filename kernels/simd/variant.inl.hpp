#pragma once
// All bodies of one instruction set, gathered in its table.

#include "kernels/simd/activations.inl.hpp"
#include "kernels/simd/avg_pool.inl.hpp"
#include "kernels/simd/conv_pool.inl.hpp"
#include "kernels/simd/conv_single.inl.hpp"
#include "kernels/simd/conv_sparse.inl.hpp"
#include "kernels/simd/gemm.inl.hpp"
#include "kernels/simd/im2col.inl.hpp"
#include "kernels/simd/linear.inl.hpp"
#include "kernels/simd/max_pool.inl.hpp"
#include "kernels/simd/optimizer_step.inl.hpp"
#include "kernels/simd/passes.inl.hpp"
#include "kernels/simd/peak.inl.hpp"
#include "kernels/simd/pointwise.inl.hpp"
#include "kernels/simd/softmax_nll.inl.hpp"
#include "kernels/simd/sparse_product.inl.hpp"
#include "kernels/simd/stream.inl.hpp"
#include "kernels/simd/winograd.inl.hpp"
#include "kernels/table.hpp"
#ifdef GRADRACE_SLOW_KERNELS
#include "kernels/simd/slowed.inl.hpp"
#endif

namespace gradrace::kernels {
namespace {

template <class Winograd>
constexpr WinogradKernels winograd_kernels() {
  return {Winograd::weights, Winograd::inputs, Winograd::outputs, Winograd::pooled_outputs};
}

template <class Arch>
constexpr KernelTable all_kernels(const char* name) {
  return {.name = name,
          .lanes = Index(Vector<Arch>::size),
          .gemm_tile_rows = Gemm<Arch>::kTileRows,
          .gemm = Gemm<Arch>::gemm,
          .sparse_product = SparseProduct<Arch>::sparse_product,
          .list_matrix = SparseProduct<Arch>::list_matrix,
          .linear_forward = Linear<Arch>::forward,
          .transpose = Gemm<Arch>::transpose,
          .conv_single_forward = ConvSingle<Arch>::template forward<false>,
          .conv_single_relu_forward = ConvSingle<Arch>::template forward<true>,
          .conv_single_gradient = ConvSingle<Arch>::template parameter_gradient<false>,
          .conv_single_relu_gradient = ConvSingle<Arch>::template parameter_gradient<true>,
          .im2col = Im2col<Arch>::im2col,
          .col2im = Im2col<Arch>::col2im,
          .add_column_sums = Gemm<Arch>::add_column_sums,
          .tree_sum = Gemm<Arch>::tree_sum,
          .relu_forward = Pointwise<Arch>::relu_forward,
          .relu_backward = Pointwise<Arch>::relu_backward,
          .add = Pointwise<Arch>::add,
          .scale_channels = Pointwise<Arch>::scale_channels,
          .max_pool_forward = MaxPool<Arch>::max_pool_forward,
          .max_pool_backward = MaxPool<Arch>::max_pool_backward,
          .avg_pool_forward = AvgPool<Arch>::avg_pool_forward,
          .avg_pool_backward = AvgPool<Arch>::avg_pool_backward,
          .tanh_forward = Activations<Arch>::tanh_forward,
          .tanh_backward = Activations<Arch>::tanh_backward,
          .sigmoid_forward = Activations<Arch>::sigmoid_forward,
          .sigmoid_backward = Activations<Arch>::sigmoid_backward,
          .silu_forward = Activations<Arch>::silu_forward,
          .silu_backward = Activations<Arch>::silu_backward,
          .gelu_forward = Activations<Arch>::gelu_forward,
          .gelu_backward = Activations<Arch>::gelu_backward,
          .leaky_relu_forward = Activations<Arch>::leaky_relu_forward,
          .leaky_relu_backward = Activations<Arch>::leaky_relu_backward,
          .relu_pool_row = ConvPool<Arch>::relu_pool_row,
          .list_non_zeros = ConvPool<Arch>::list_non_zeros,
          .count_non_zeros = ConvSparse<Arch>::count_non_zeros,
          .list_gradients = ConvSparse<Arch>::list_gradients,
          .sparse_gradients = ConvSparse<Arch>::gradients,
          .winograd2 = winograd_kernels<Winograd<Arch, 2, 3>>(),
          .winograd4 = winograd_kernels<Winograd<Arch, 4, 3>>(),
          .winograd2_wide = winograd_kernels<Winograd<Arch, 2, 5>>(),
          .log_softmax_nll = SoftmaxNll<Arch>::log_softmax_nll,
          .optimizers = OptimizerStep<Arch>(),
          .pass = {Passes<Arch>::scale, Passes<Arch>::add_constant, Passes<Arch>::add_scaled, Passes<Arch>::add_product,
                   Passes<Arch>::add_quotient, Passes<Arch>::root, Passes<Arch>::divide, Passes<Arch>::multiply},
          .fma_chains = Peak<Arch>::fma_chains,
          .divide_chains = Peak<Arch>::divide_chains,
          .root_chains = Peak<Arch>::root_chains,
          .stream_read = Stream<Arch>::read,
          .stream_copy = Stream<Arch>::copy,
          .stream_triad = Stream<Arch>::triad,
          .stream_triads = Stream<Arch>::triads};
}

template <class Arch>
constexpr KernelTable make_table(const char* name) {
  KernelTable table = all_kernels<Arch>(name);
#ifdef GRADRACE_SLOW_KERNELS
  slow_down<Arch>(table);
#endif
  return table;
}

}  // namespace
}  // namespace gradrace::kernels
