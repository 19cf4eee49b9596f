// Linear layers, forward and backward.

#include "kernels/linear.hpp"

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/shapes.hpp"
#include "bench/timing.hpp"
#include "kernels/gemm.hpp"

namespace gradrace::bench {
namespace {

using kernels::PanelMatrix;
using kernels::Worker;

/// A batch with its gradients and the layer's parameters.
struct Linear {
  explicit Linear(const PanelMatrix& shape)
      : w(shape),
        x(kBatch * w.cols, 1),
        dy(kBatch * w.rows, 2),
        weight(w.floats(), 3),
        bias(w.rows, 4),
        y(kBatch * w.rows),
        dx(kBatch * w.cols),
        dweight(w.floats()),
        scratch(kernels::linear_scratch_floats(w, kBatch)) {}

  Amount amount() const {
    return {.flop = 2.0 * double(kBatch * w.rows * w.cols), .bytes = x.bytes() + y.bytes() + weight.bytes()};
  }

  bool forward_is_right() const {
    return sample_matches(kBatch * w.rows, [&](Index i) {
      const Index n = i / w.rows, o = i % w.rows;
      ReferenceSum sum(bias[o]);
      for (Index k = 0; k < w.cols; ++k) sum.add(x[n * w.cols + k], weight[w.offset(o, k)]);
      return sum.matches(y[i]);
    });
  }
  bool input_gradient_is_right() const {
    return sample_matches(kBatch * w.cols, [&](Index i) {
      const Index n = i / w.cols, k = i % w.cols;
      ReferenceSum sum;
      for (Index o = 0; o < w.rows; ++o) sum.add(dy[n * w.rows + o], weight[w.offset(o, k)]);
      return sum.matches(dx[i]);
    });
  }
  bool weight_gradient_is_right() const {
    return sample_matches(w.rows * w.cols, [&](Index i) {
      const Index o = i / w.cols, k = i % w.cols;
      ReferenceSum sum;
      for (Index n = 0; n < kBatch; ++n) sum.add(dy[n * w.rows + o], x[n * w.cols + k]);
      return sum.matches(dweight[w.offset(o, k)]);
    });
  }

  PanelMatrix w;
  Buffer x, dy, weight, bias, y, dx, dweight, scratch;
};

/// The threads share the samples; all read the whole weights.
void run_forward(benchmark::State& state, const PanelMatrix& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Linear l(shape);
  const auto work = [&](Worker worker) noexcept {
    const Range n = worker.share_of(kBatch);
    const std::span<float> scratch(l.scratch.data() + kernels::linear_scratch_floats(l.w, n.begin),
                                   std::size_t(kernels::linear_scratch_floats(l.w, n.size())));
    kernels::linear_forward(isa, l.w, n.size(), {l.x.data() + n.begin * l.w.cols, l.w.cols}, l.weight.data(),
                            l.bias.data(), {l.y.data() + n.begin * l.w.rows, l.w.rows}, scratch);
  };
  check_and_time(
      state, isa, team, l.amount(), [&] { return l.forward_is_right(); }, work);
}

void run_input_gradient(benchmark::State& state, const PanelMatrix& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Linear l(shape);
  const auto work = [&](Worker worker) noexcept {
    const Range n = worker.share_of(kBatch);
    kernels::linear_input_gradient(isa, l.w, n.size(), {l.dy.data() + n.begin * l.w.rows, l.w.rows}, l.weight.data(),
                                   {l.dx.data() + n.begin * l.w.cols, l.w.cols});
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
  }
}

}  // namespace gradrace::bench
