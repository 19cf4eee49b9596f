// The fused stage of convolution, ReLU, max pooling and channel dropout, forward and its sparse backward pass.

#include "kernels/conv_pool.hpp"

#include <algorithm>

#include "bench/benchmarks.hpp"
#include "bench/convolution.hpp"

namespace gradrace::bench {
namespace {

using kernels::ConvPoolShape;
using kernels::ConvShape;
using kernels::Worker;

constexpr Index kPool = 2;

// The part of the pooled outputs that a gradient goes through, in the default race: 635 of 4608 in Adadelta's first
// epoch, 519 later; 985 and 613 of Adam's.
constexpr double kRaceDensity = 0.14;

/// A batch of the stage. Every tenth channel is dropped.
struct Stage {
  Stage(const ConvShape& conv, const kernels::Isa& isa, Index threads)
      : convolution(conv, isa, threads),
        shape{.conv = conv, .pool_h = kPool, .pool_w = kPool},
        method(kernels::conv2d_best(conv)),
        prepared(kernels::conv2d_prepared_floats(method, conv)),
        scale(kBatch * conv.out_c),
        y(kBatch * out),
        place(kBatch * out),
        dy(kBatch * out, 5),
        weight_rows(conv.out_c * conv.depth()),
        dweight_rows(threads * conv.out_c * conv.depth()),
        dbias(threads * round_up(conv.out_c, kPanel)),
        scratch(threads * kernels::conv_pool_scratch_floats(shape)) {
    for (Index i = 0; i < kBatch * conv.out_c; ++i) scale.data()[i] = i % 10 == 0 ? 0.0f : 1 / 0.9f;
    if (conv2d_prepared_floats(method, conv) > 0)
      conv2d_prepare_weights(isa, method, conv, convolution.weight.data(), prepared.data());
    kernels::columns_from_panels(convolution.w, convolution.weight.data(), {0, convolution.w.panels()},
                                 weight_rows.data());
  }

  void forward(const kernels::Isa& isa, Worker worker) const noexcept {
    const bool prepares = conv2d_prepared_floats(method, shape.conv) > 0;
    const Range images = worker.share_of(kBatch);
    for (Index n = images.begin; n < images.end; ++n)
      conv_pool_forward(isa, method, shape, convolution.x.data() + n * convolution.in,
                        prepares ? prepared.data() : convolution.weight.data(), convolution.bias.data(),
                        scale.data() + n * shape.conv.out_c, y.data() + n * out, place.data() + n * out,
                        scratch.part(worker.index(), worker.count()));
  }
  void backward(const kernels::Isa& isa, Worker worker) const noexcept {
    const Range images = worker.share_of(kBatch);
    for (Index n = images.begin; n < images.end; ++n)
      conv_pool_backward(isa, shape, convolution.x.data() + n * convolution.in, dy.data() + n * out,
                         scale.data() + n * shape.conv.out_c, place.data() + n * out, weight_rows.data(),
                         dweight_rows.part(worker.index(), worker.count()).data(),
                         dbias.part(worker.index(), worker.count()).data(), n > images.begin,
                         convolution.dx.data() + n * convolution.in, scratch.part(worker.index(), worker.count()));
  }

  bool forward_is_right() const {
    const ConvShape& s = shape.conv;
    return sample_matches(kBatch * out, [&](Index i) {
      const Index o = i % s.out_c, px = i / s.out_c % shape.out_w(), n = i / out;
      const Index py = i / s.out_c / shape.out_w() % shape.out_h();
      const double factor = double(scale[n * s.out_c + o]);
      for (Index at = 0; at < kPool * kPool; ++at) {  // the output must be one of the window's sums, or zero
        ReferenceSum sum(factor * double(convolution.bias[o]));
        for (Index k = 0; k < s.depth(); ++k)
          sum.add(factor * convolution.x_at(n, py * kPool + at / kPool, px * kPool + at % kPool, k),
                  convolution.weight[convolution.w.offset(k, o)]);
        if (sum.matches(y[i])) return place[i] == float(way(at)) || y[i] == 0;
      }
      return y[i] == 0;
    });
  }
  /// From a window's first input to that of its position number `at`.
  Index way(Index at) const { return (at / kPool * shape.conv.in_w + at % kPool) * shape.conv.in_c; }
  double density() const {
    Index non_zeros = 0;
    for (Index i = 0; i < kBatch * out; ++i) non_zeros += gradient(i) != 0;
    return double(non_zeros) / double(kBatch * out);
  }
  /// Lets fewer gradients through.
  void thin_out(double density_left) {
    const double kept = density_left / density();
    for (Index i = 0; i < kBatch * out; ++i)
      if (Index(double(i) * kept) == Index(double(i + 1) * kept)) place.data()[i] = kernels::kNowhere;
  }

  /// The gradient that reaches the convolution's output through pooled output i; zero for most.
  double gradient(Index i) const {
    return place[i] == kernels::kNowhere
               ? 0
               : double(dy[i]) * double(scale[i / out * shape.conv.out_c + i % shape.conv.out_c]);
  }
  bool backward_is_right(Index threads) const {
    const ConvShape& s = shape.conv;
    return sample_matches(s.out_c * s.depth(), [&](Index i) {
      const Index o = i / s.depth(), k = i % s.depth();
      ReferenceSum sum;
      for (Index cell = o; cell < kBatch * out; cell += s.out_c) {
        const Index px = cell / s.out_c % shape.out_w(), py = cell / s.out_c / shape.out_w() % shape.out_h();
        Index at = 0;
        while (place[cell] > float(way(at))) ++at;
        sum.add(convolution.x_at(cell / out, py * kPool + at / kPool, px * kPool + at % kPool, k), gradient(cell));
      }
      double computed = 0;
      for (Index t = 0; t < threads; ++t) computed += double(dweight_rows.part(t, threads)[std::size_t(i)]);
      return sum.matches(computed);
    });
  }

  /// Backward multiplies each non-zero with the patch and with the weights.
  Amount backward_amount() const {
    const Amount dense = convolution.amount();
    return {.flop = 4 * density() * double(kBatch * out * shape.conv.depth()),
            .dense_flop = 2 * dense.flop,
            .bytes = 2 * convolution.x.bytes() + dy.bytes() + place.bytes() + 2 * weight_rows.bytes()};
  }
  Amount forward_amount() const {
    Amount amount = convolution.amount(executed_part(method, shape.conv, shape.conv.out_h(), shape.conv.out_w()));
    amount.bytes = convolution.x.bytes() + y.bytes() + place.bytes() + convolution.weight.bytes();
    return amount;
  }

  Convolution convolution;
  ConvPoolShape shape;
  kernels::ConvMethod method;
  Index out = shape.out_floats();  ///< of one image
  Buffer prepared, scale, y, place, dy, weight_rows, dweight_rows, dbias, scratch;
};

void run_forward(benchmark::State& state, const ConvShape& conv, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Stage stage(conv, isa, threads);
  check_and_time(
      state, isa, team, stage.forward_amount(), [&] { return stage.forward_is_right(); },
      [&](Worker worker) noexcept { stage.forward(isa, worker); });
}

void run_backward(benchmark::State& state, const ConvShape& conv, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  Stage stage(conv, isa, threads);
  team.run([&](Worker worker) noexcept { stage.forward(isa, worker); });
  stage.thin_out(kRaceDensity);
  check_and_time(
      state, isa, team, stage.backward_amount(), [&] { return stage.backward_is_right(threads); },
      [&](Worker worker) noexcept { stage.backward(isa, worker); });
  state.counters["density"] = stage.density();
}

}  // namespace

void register_conv_pool() {
  for (const ConvShape& s : kConvShapes) {
    if (!kernels::conv_pool_supports({.conv = s, .pool_h = kPool, .pool_w = kPool})) continue;
    const auto add_pass = [&](const char* pass, auto run) {
      add_each_isa(
          fmt::format("conv_pool/{}/{}", pass, name_of(s)),
          [s, run](benchmark::State& state, const kernels::Isa& isa, Index threads) { run(state, s, isa, threads); });
    };
    add_pass("forward", run_forward);
    add_pass("backward", run_backward);
  }
}

}  // namespace gradrace::bench
