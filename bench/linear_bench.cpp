// Linear layers, forward and backward.

#include "bench/linear.hpp"

#include "bench/benchmarks.hpp"

namespace gradrace::bench {
namespace {

using kernels::PanelMatrix;
using kernels::Worker;

/// The threads share the parts that the sums are formed in, wait, and share the rows that the parts are added up for.
/// As in a network, those of small weights each have rows of their own from the beginning.
void run_forward(benchmark::State& state, const PanelMatrix& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Linear l(shape);
  const Index parts = kernels::linear_parts(shape);
  const auto work = [&](Worker worker) noexcept {
    const Range n = worker.share_of(kBatch);
    if (parts == 1) {
      const std::span<float> sums(l.sums.data() + n.begin * shape.rows, std::size_t(n.size() * shape.rows));
      kernels::linear_part_sums(isa, shape, {0, 1}, n.size(), {l.x.data() + n.begin * shape.cols, shape.cols},
                                l.weight.data(), sums);
      kernels::linear_add_up(isa, shape, {0, n.size()}, n.size(), sums, l.bias.data(),
                             {l.y.data() + n.begin * shape.rows, shape.rows});
    } else {
      kernels::linear_part_sums(isa, shape, worker.share_of(parts), kBatch, {l.x.data(), shape.cols}, l.weight.data(),
                                l.sums.all());
      worker.barrier();
      kernels::linear_add_up(isa, shape, n, kBatch, l.sums.all(), l.bias.data(), {l.y.data(), shape.rows});
    }
  };
  check_and_time(
      state, isa, team, l.amount(), [&] { return l.forward_is_right(); }, work);
}

/// The threads share the panels of the weights.
void run_input_gradient(benchmark::State& state, const PanelMatrix& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Linear l(shape);
  const auto work = [&](Worker worker) noexcept {
    kernels::linear_input_gradient(isa, shape, worker.share_of(shape.panels()), kBatch, {l.dy.data(), shape.rows},
                                   l.weight.data(), {l.dx.data(), shape.cols});
  };
  check_and_time(
      state, isa, team, l.amount(), [&] { return l.input_gradient_is_right(); }, work);
}

/// The threads share the panels of the weights.
void run_weight_gradient(benchmark::State& state, const PanelMatrix& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Linear l(shape);
  const auto work = [&](Worker worker) noexcept {
    const Range panels = worker.share_of(l.w.panels());
    kernels::linear_weight_gradient(isa, l.w, kBatch, {l.x.data(), l.w.cols}, {l.dy.data(), l.w.rows}, panels,
                                    l.dweight.data() + panels.begin * l.w.rows * kPanel);
  };
  check_and_time(
      state, isa, team, l.amount(), [&] { return l.weight_gradient_is_right(); }, work);
}

/// Both gradients with a third of dy not zero, as behind ReLU and dropout: lists, then the panels shared.
void run_sparse_backward(benchmark::State& state, const PanelMatrix& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Linear l(shape);
  Index non_zeros = 0;
  for (Index i = 0; i < kBatch * shape.rows; ++i) {
    if (i % 3 > 0) l.dy.data()[i] = 0;
    non_zeros += l.dy[i] != 0;
  }
  const Index floats = kernels::linear_list_floats(shape, kBatch);
  const Buffer lists(threads * floats);
  const Amount dense = l.amount();
  const Amount amount{
      .flop = 4.0 * double(non_zeros * shape.cols), .dense_flop = 2 * dense.flop, .bytes = 2 * dense.bytes};
  const auto work = [&](Worker worker) noexcept {
    const Range panels = worker.share_of(shape.panels());
    const std::span<float> mine = lists.part(worker.index(), threads);
    kernels::linear_list(isa, shape, kBatch, {l.dy.data(), shape.rows}, shape.cols, mine);
    kernels::linear_sparse_input_gradient(isa, shape, panels, kBatch, mine, l.weight.data(), {l.dx.data(), shape.cols});
    kernels::linear_sparse_weight_gradient(isa, shape, panels, kBatch, {l.x.data(), shape.cols}, mine,
                                           l.dweight.data() + panels.begin * shape.rows * kPanel);
  };
  check_and_time(
      state, isa, team, amount, [&] { return l.input_gradient_is_right() && l.weight_gradient_is_right(); }, work);
}

}  // namespace

void register_linear() {
  for (const PanelMatrix& w : kLinearShapes) {
    const auto add_pass = [&](const char* pass, auto run_pass) {
      add_each_isa(fmt::format("linear/{}/{}", pass, name_of(w)),
                   [w, run_pass](benchmark::State& state, const kernels::Isa& isa, Index threads) {
                     run_pass(state, w, isa, threads);
                   });
    };
    add_pass("forward", run_forward);
    add_pass("input_gradient", run_input_gradient);
    add_pass("weight_gradient", run_weight_gradient);
    if (w.cols % kPanel == 0) add_pass("sparse_backward", run_sparse_backward);
  }
}

}  // namespace gradrace::bench
