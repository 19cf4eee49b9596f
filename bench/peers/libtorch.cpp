#include "bench/peers/libtorch.hpp"

#include <ATen/Parallel.h>
#include <cblas.h>

#include "bench/product.hpp"
#include "kernels/stream.hpp"

namespace gradrace::bench {

void check_and_time_libtorch(benchmark::State& state, Index threads, const Amount& amount,
                             const std::vector<at::Tensor>& tensors, const Body& body,
                             const std::function<bool()>& is_right) {
  const at::NoGradGuard no_graph;
  const kernels::Team team(threads);
  at::set_num_threads(int(threads));
  openblas_set_num_threads(int(threads));  // it multiplies matrices for libtorch, with threads of its own
  body();
  if (!is_right()) return state.SkipWithError("the result is wrong");
  const auto empty_caches = [&] {
    Buffer::flush_all();
    for (const at::Tensor& tensor : tensors)
      kernels::flush_caches({tensor.data_ptr<float>(), std::size_t(tensor.numel())});
  };
  time_work(state, kernels::Isa::best(), team, amount, body, empty_caches, kSettle);
}

}  // namespace gradrace::bench
