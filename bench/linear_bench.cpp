// The network's two linear layers, forward and backward.

#include "kernels/linear.hpp"

#include <fmt/format.h>

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/timing.hpp"
#include "kernels/gemm.hpp"

namespace gradrace::bench {
namespace {

using kernels::PanelMatrix;
using kernels::Worker;

constexpr Index kBatch = 32;
constexpr PanelMatrix kShapes[] = {{.rows = 4608, .cols = 64}, {.rows = 64, .cols = 10}};  // fc1, fc2

/// A batch with its gradients and the layer's parameters. Rows of dy are padded to whole panels.
struct Linear {
  Linear(const PanelMatrix& shape, const kernels::Isa& isa)
      : w(shape),
        x(kBatch * w.rows, 1),
        dy(kBatch * dy_stride, 2),
        weight(w.floats(), 3),
        bias(dy_stride, 4),
        weight_transposed(w.transposed().floats()),
        y(kBatch * w.cols),
        dx(kBatch * w.rows),
        dweight(w.floats()) {
    kernels::transpose(isa, w, weight.data(), {0, w.rows}, weight_transposed.data());
  }

  double flop() const { return 2.0 * double(kBatch * w.rows * w.cols); }

  bool forward_is_right() const {
    return sample_matches(kBatch * w.cols, [&](Index i) {
      const Index n = i / w.cols, o = i % w.cols;
      ReferenceSum sum(bias[o]);
      for (Index k = 0; k < w.rows; ++k) sum.add(x[n * w.rows + k], weight[w.offset(k, o)]);
      return sum.matches(y[i]);
    });
  }
  bool input_gradient_is_right() const {
    return sample_matches(kBatch * w.rows, [&](Index i) {
      const Index n = i / w.rows, k = i % w.rows;
      ReferenceSum sum;
      for (Index o = 0; o < w.cols; ++o) sum.add(dy[n * dy_stride + o], weight[w.offset(k, o)]);
      return sum.matches(dx[i]);
    });
  }
  /// Element (k, o) of the weight gradient lies at `at(k, o)`.
  template <class At>
  bool weight_gradient_is_right(const At& at) const {
    return sample_matches(w.rows * w.cols, [&](Index i) {
      const Index k = i / w.cols, o = i % w.cols;
      ReferenceSum sum;
      for (Index n = 0; n < kBatch; ++n) sum.add(x[n * w.rows + k], dy[n * dy_stride + o]);
      return sum.matches(dweight[at(k, o)]);
    });
  }

  PanelMatrix w;
  Index dy_stride = round_up(w.cols, kPanel);
  Buffer x, dy, weight, bias, weight_transposed, y, dx, dweight;
};

template <class Work, class IsRight>
void check_and_time(benchmark::State& state, const Linear& layer, const kernels::Isa& isa, const kernels::Team& team,
                    const Work& work, const IsRight& is_right) {
  team.run(work);
  if (!is_right()) return state.SkipWithError("the result is wrong");
  time_flop(state, isa, team, layer.flop(), [&] { team.run(work); });
}

/// The threads share the samples; all read the whole weights.
void run_forward(benchmark::State& state, const PanelMatrix& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Linear l(shape, isa);
  const auto work = [&](Worker worker) noexcept {
    const Range n = worker.share_of(kBatch);
    kernels::linear_forward(isa, l.w, n.size(), {l.x.data() + n.begin * l.w.rows, l.w.rows}, l.weight.data(),
                            l.bias.data(), {l.y.data() + n.begin * l.w.cols, l.w.cols});
  };
  check_and_time(state, l, isa, team, work, [&] { return l.forward_is_right(); });
}

void run_input_gradient(benchmark::State& state, const PanelMatrix& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Linear l(shape, isa);
  const auto work = [&](Worker worker) noexcept {
    const Range n = worker.share_of(kBatch);
    kernels::linear_input_gradient(isa, l.w, n.size(), {l.dy.data() + n.begin * l.dy_stride, l.dy_stride},
                                   l.weight_transposed.data(), {l.dx.data() + n.begin * l.w.rows, l.w.rows});
  };
  check_and_time(state, l, isa, team, work, [&] { return l.input_gradient_is_right(); });
}

/// The threads share the inputs: each makes the gradient of its slice of the weights, one slice after the other in
/// memory.
void run_weight_gradient(benchmark::State& state, const PanelMatrix& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Linear l(shape, isa);
  const auto work = [&](Worker worker) noexcept {
    const Range inputs = worker.share_of(l.w.rows, kPanel);
    kernels::linear_weight_gradient(isa, l.w, kBatch, {l.x.data(), l.w.rows}, {l.dy.data(), l.dy_stride}, inputs,
                                    l.dweight.data() + inputs.begin * l.dy_stride);
  };
  const auto at = [&](Index k, Index o) {
    Index slice = 0;
    while (share(l.w.rows, slice, threads, kPanel).end <= k) ++slice;
    const Range inputs = share(l.w.rows, slice, threads, kPanel);
    return inputs.begin * l.dy_stride + PanelMatrix{inputs.size(), l.w.cols}.offset(k - inputs.begin, o);
  };
  check_and_time(state, l, isa, team, work, [&] { return l.weight_gradient_is_right(at); });
}

}  // namespace

void register_linear() {
  for (const PanelMatrix& w : kShapes) {
    const auto add_pass = [&](const char* pass, auto run_pass) {
      add_each_isa(fmt::format("linear/{}/n{}_i{}_o{}", pass, kBatch, w.rows, w.cols),
                   [w, run_pass](benchmark::State& state, const kernels::Isa& isa, Index threads) {
                     run_pass(state, w, isa, threads);
                   });
    };
    add_pass("forward", run_forward);
    add_pass("input_gradient", run_input_gradient);
    add_pass("weight_gradient", run_weight_gradient);
  }
}

}  // namespace gradrace::bench
