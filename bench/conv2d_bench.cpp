// The network's two convolutions, forward and backward, on a batch of images that the threads share.

#include "kernels/conv2d.hpp"

#include <fmt/format.h>

#include "bench/benchmarks.hpp"
#include "bench/buffer.hpp"
#include "bench/reference_sum.hpp"
#include "bench/timing.hpp"
#include "kernels/gemm.hpp"

namespace gradrace::bench {
namespace {

using kernels::ConvShape;
using kernels::PanelMatrix;
using kernels::Worker;

constexpr Index kBatch = 32;
constexpr kernels::Window kThree{.kernel = 3};
constexpr ConvShape kShapes[] = {
    {.in_h = 28, .in_w = 28, .in_c = 1, .out_c = 16, .y = kThree, .x = kThree},
    {.in_h = 26, .in_w = 26, .in_c = 16, .out_c = 32, .y = kThree, .x = kThree},
};

/// A batch with its gradients, the layer's parameters, and for each worker scratch and gradients of its own.
struct Convolution {
  Convolution(const ConvShape& shape, const kernels::Isa& isa, Index threads)
      : s(shape),
        w(conv2d_weights(s)),
        x(kBatch * in, 1),
        dy(kBatch * out, 2),
        weight(w.floats(), 3),
        bias(round_up(s.out_c, kPanel), 4),
        weight_transposed(w.transposed().floats()),
        y(kBatch * out),
        dx(kBatch * in),
        dweight(threads * w.floats()),
        dbias(threads * round_up(s.out_c, kPanel)),
        scratch(threads * conv2d_scratch_floats(s)) {
    kernels::transpose(isa, w, weight.data(), {0, w.panels()}, weight_transposed.data());
  }

  double flop() const { return 2.0 * double(kBatch * out) * double(s.depth()); }

  /// Input and weight that meet in output position (oy, ox) at place k of the patch.
  Index input_at(Index n, Index oy, Index ox, Index k) const {
    const Index ky = k / (3 * s.in_c), kx = k / s.in_c % 3, c = k % s.in_c;
    return ((n * s.in_h + oy + ky) * s.in_w + ox + kx) * s.in_c + c;
  }
  bool forward_is_right() const {
    return sample_matches(kBatch * out, [&](Index i) {
      const Index o = i % s.out_c, ox = i / s.out_c % s.out_w(), oy = i / s.out_c / s.out_w() % s.out_h(), n = i / out;
      ReferenceSum sum(bias[o]);
      for (Index k = 0; k < s.depth(); ++k) sum.add(x[input_at(n, oy, ox, k)], weight[w.offset(k, o)]);
      return sum.matches(y[i]);
    });
  }
  bool parameter_gradient_is_right(Index threads) const {
    return sample_matches(s.depth() * s.out_c, [&](Index i) {
      const Index k = i / s.out_c, o = i % s.out_c;
      ReferenceSum sum;
      for (Index p = 0; p < kBatch * s.out_h() * s.out_w(); ++p) {
        const Index ox = p % s.out_w(), oy = p / s.out_w() % s.out_h(), n = p / s.out_w() / s.out_h();
        sum.add(x[input_at(n, oy, ox, k)], dy[p * s.out_c + o]);
      }
      double computed = 0;
      for (Index t = 0; t < threads; ++t) computed += double(dweight[t * w.floats() + w.offset(k, o)]);
      return sum.matches(computed);
    });
  }
  bool input_gradient_is_right() const {
    return sample_matches(kBatch * in, [&](Index i) {
      const Index c = i % s.in_c, ix = i / s.in_c % s.in_w, iy = i / s.in_c / s.in_w % s.in_h, n = i / in;
      ReferenceSum sum;
      for (Index place = 0; place < 9; ++place) {
        const Index oy = iy - place / 3, ox = ix - place % 3;
        if (oy < 0 || oy >= s.out_h() || ox < 0 || ox >= s.out_w()) continue;
        for (Index o = 0; o < s.out_c; ++o)
          sum.add(dy[((n * s.out_h() + oy) * s.out_w() + ox) * s.out_c + o], weight[w.offset(place * s.in_c + c, o)]);
      }
      return sum.matches(dx[i]);
    });
  }

  ConvShape s;
  PanelMatrix w;
  Index in = s.in_h * s.in_w * s.in_c, out = s.out_h() * s.out_w() * s.out_c;  ///< floats of one image
  Buffer x, dy, weight, bias, weight_transposed, y, dx, dweight, dbias, scratch;
};

using ImageKernel = std::function<void(const Convolution&, Worker, Index image)>;

/// Times a kernel that does one image a call, the images shared among the team.
void run(benchmark::State& state, const Convolution& layer, const kernels::Isa& isa, const kernels::Team& team,
         const ImageKernel& kernel, const std::function<bool()>& is_right) {
  const auto batch = [&] {
    team.run([&](Worker worker) noexcept {
      const Range images = worker.share_of(kBatch);
      for (Index n = images.begin; n < images.end; ++n) kernel(layer, worker, n);
    });
  };
  batch();
  if (!is_right()) return state.SkipWithError("the result is wrong");
  time_flop(state, isa, team, layer.flop(), batch);
}

template <kernels::ConvMethod kMethod>
void run_forward(benchmark::State& state, const ConvShape& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Convolution layer(shape, isa, threads);
  const auto kernel = [&](const Convolution& l, Worker worker, Index n) {
    kernels::conv2d_forward(isa, kMethod, l.s, l.x.data() + n * l.in, l.weight.data(), l.bias.data(),
                            l.y.data() + n * l.out, l.scratch.part(worker.index(), threads));
  };
  run(state, layer, isa, team, kernel, [&] { return layer.forward_is_right(); });
}

/// Each worker adds its images' gradients in its own copy; adding the copies is not part of the kernel.
void run_parameter_gradient(benchmark::State& state, const ConvShape& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Convolution layer(shape, isa, threads);
  const auto kernel = [&](const Convolution& l, Worker worker, Index n) {
    kernels::conv2d_parameter_gradient(isa, kernels::ConvMethod::kIm2col, l.s, l.x.data() + n * l.in,
                                       l.dy.data() + n * l.out, l.dweight.part(worker.index(), threads).data(),
                                       l.dbias.part(worker.index(), threads).data(), n > worker.share_of(kBatch).begin,
                                       l.scratch.part(worker.index(), threads));
  };
  run(state, layer, isa, team, kernel, [&] { return layer.parameter_gradient_is_right(threads); });
}

void run_input_gradient(benchmark::State& state, const ConvShape& shape, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Convolution layer(shape, isa, threads);
  const auto kernel = [&](const Convolution& l, Worker worker, Index n) {
    kernels::conv2d_input_gradient(isa, l.s, l.dy.data() + n * l.out, l.weight_transposed.data(),
                                   l.dx.data() + n * l.in, l.scratch.part(worker.index(), threads));
  };
  run(state, layer, isa, team, kernel, [&] { return layer.input_gradient_is_right(); });
}

}  // namespace

void register_conv2d() {
  for (const ConvShape& s : kShapes) {
    const auto add_pass = [&](const char* pass, auto run_pass) {
      add_each_isa(fmt::format("conv2d/{}/n{}_c{}_h{}_k{}", pass, kBatch, s.in_c, s.in_h, s.out_c),
                   [s, run_pass](benchmark::State& state, const kernels::Isa& isa, Index threads) {
                     run_pass(state, s, isa, threads);
                   });
    };
    add_pass("forward/im2col", run_forward<kernels::ConvMethod::kIm2col>);
    add_pass("forward/implicit", run_forward<kernels::ConvMethod::kImplicit>);
    add_pass("parameter_gradient/im2col", run_parameter_gradient);
    add_pass("input_gradient/im2col", run_input_gradient);
  }
}

}  // namespace gradrace::bench
