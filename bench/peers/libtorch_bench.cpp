// libtorch on the same layers, with the same numbers and checked by the same reference, in PyTorch's own layout (NCHW).

#include <torch/version.h>

#include <algorithm>

#include "bench/benchmarks.hpp"
#include "bench/convolution.hpp"
#include "bench/linear.hpp"
#include "bench/peers/libtorch.hpp"
#include "bench/pooling.hpp"

namespace gradrace::bench {
namespace {

using at::Tensor;
using kernels::ConvShape;
using kernels::PanelMatrix;

void copy(const Tensor& from, const Buffer& to) {
  std::copy_n(from.data_ptr<float>(), from.numel(), to.data());
}

/// NHWC images in a buffer as NCHW, and back.
Tensor images(const Buffer& buffer, Index channels, Index height, Index width) {
  return in_order(view(buffer, {kBatch, height, width, channels}), {0, 3, 1, 2});
}
void store_images(const Tensor& nchw, const Buffer& buffer) {
  copy(in_order(nchw, {0, 2, 3, 1}), buffer);
}

/// The rows of a panel matrix as rows of a tensor, and back.
Tensor rows(const PanelMatrix& w, const Buffer& panels) {
  Tensor dense = at::empty({w.rows, w.cols});
  for (Index r = 0; r < w.rows; ++r)
    for (Index c = 0; c < w.cols; ++c) dense.data_ptr<float>()[r * w.cols + c] = panels[w.offset(r, c)];
  return dense;
}
void store_rows(const Tensor& dense, const PanelMatrix& w, const Buffer& panels) {
  for (Index r = 0; r < w.rows; ++r)
    for (Index c = 0; c < w.cols; ++c) panels.data()[w.offset(r, c)] = dense.data_ptr<float>()[r * w.cols + c];
}

/// A convolution's batch; its panel matrix is {(ky, kx, channel in), channel out}.
struct TorchConvolution {
  TorchConvolution(const ConvShape& s, Index threads)
      : l(s, kernels::Isa::best(), threads),
        x(images(l.x, s.in_c, s.in_h, s.in_w)),
        dy(images(l.dy, s.out_c, s.out_h(), s.out_w())),
        weight(in_order(rows(l.w, l.weight).view({s.y.kernel, s.x.kernel, s.in_c, s.out_c}), {3, 2, 0, 1})),
        bias(view(l.bias, {s.out_c}).clone()),
        padding{s.y.padding, s.x.padding} {}

  Tensor forward() const { return at::conv2d(x, weight, bias, 1, padding); }
  std::tuple<Tensor, Tensor, Tensor> backward(bool parameters) const {
    return at::convolution_backward(dy, x, weight, bias.sizes(), {1, 1}, padding, {1, 1}, false, {0, 0}, 1,
                                    {!parameters, parameters, parameters});
  }

  Convolution l;
  Tensor x, dy, weight, bias;
  std::vector<Index> padding;
};

void run_conv_forward(benchmark::State& state, const ConvShape& s, Index threads) {
  const TorchConvolution p(s, threads);
  Tensor y;
  check_and_time_libtorch(
      state, threads, p.l.amount(), {p.x, p.weight, p.bias}, [&] { y = p.forward(); },
      [&] {
        store_images(y, p.l.y);
        return p.l.forward_is_right();
      });
}

void run_conv_parameter_gradient(benchmark::State& state, const ConvShape& s, Index threads) {
  const TorchConvolution p(s, 1);
  Tensor dweight;
  check_and_time_libtorch(
      state, threads, p.l.amount(), {p.x, p.dy}, [&] { dweight = std::get<1>(p.backward(true)); },
      [&] {
        store_rows(in_order(dweight, {2, 3, 1, 0}), p.l.w, p.l.dweight);
        return p.l.parameter_gradient_is_right(1);
      });
}

void run_conv_input_gradient(benchmark::State& state, const ConvShape& s, Index threads) {
  const TorchConvolution p(s, threads);
  Tensor dx;
  check_and_time_libtorch(
      state, threads, p.l.amount(), {p.dy, p.weight}, [&] { dx = std::get<0>(p.backward(false)); },
      [&] {
        store_images(dx, p.l.dx);
        return p.l.input_gradient_is_right();
      });
}

void run_linear_forward(benchmark::State& state, const PanelMatrix& w, Index threads) {
  const Linear l(w);
  const Tensor x = view(l.x, {kBatch, w.cols}), weight = rows(w, l.weight), bias = view(l.bias, {w.rows});
  Tensor y;
  check_and_time_libtorch(
      state, threads, l.amount(), {weight}, [&] { y = at::linear(x, weight, bias); },
      [&] {
        copy(y, l.y);
        return l.forward_is_right();
      });
}

void run_linear_input_gradient(benchmark::State& state, const PanelMatrix& w, Index threads) {
  const Linear l(w);
  const Tensor dy = view(l.dy, {kBatch, w.rows}), weight = rows(w, l.weight);
  Tensor dx;
  check_and_time_libtorch(
      state, threads, l.amount(), {weight}, [&] { dx = at::mm(dy, weight); },
      [&] {
        copy(dx, l.dx);
        return l.input_gradient_is_right();
      });
}

void run_linear_weight_gradient(benchmark::State& state, const PanelMatrix& w, Index threads) {
  const Linear l(w);
  const Tensor x = view(l.x, {kBatch, w.cols}), dy = view(l.dy, {kBatch, w.rows});
  Tensor dweight;
  check_and_time_libtorch(
      state, threads, l.amount(), {}, [&] { dweight = at::mm(dy.t(), x); },
      [&] {
        store_rows(dweight, w, l.dweight);
        return l.weight_gradient_is_right();
      });
}

/// Max pooling's batch. Where a maximum was, libtorch keeps as its place in the plane.
struct TorchPooling {
  std::tuple<Tensor, Tensor> forward() const { return at::max_pool2d_with_indices(x, {2, 2}, {2, 2}); }
  void store(const Tensor& y, const Tensor& indices) const {
    store_images(y, l.y);
    const Tensor nhwc = in_order(indices, {0, 2, 3, 1});
    for (Index i = 0; i < nhwc.numel(); ++i) {
      const Index at = nhwc.data_ptr<std::int64_t>()[i];
      *l.place(i) = std::uint8_t(at / kPool.in_w % 2 * 2 + at % kPool.in_w % 2);
    }
  }
  Pooling l;
  Tensor x = images(l.x, kPool.channels, kPool.in_h, kPool.in_w);
  Tensor dy = images(l.dy, kPool.channels, kPool.out_h(), kPool.out_w());
};

void run_max_pool_forward(benchmark::State& state, Index threads) {
  const TorchPooling p;
  Tensor y, indices;
  check_and_time_libtorch(
      state, threads, p.l.amount(), {p.x}, [&] { std::tie(y, indices) = p.forward(); },
      [&] {
        p.store(y, indices);
        return p.l.forward_is_right();
      });
}

void run_max_pool_backward(benchmark::State& state, Index threads) {
  const TorchPooling p;
  const auto [y, indices] = p.forward();
  p.store(y, indices);
  Tensor dx;
  const auto backward = [&, places = indices] {
    dx = at::max_pool2d_with_indices_backward(p.dy, p.x, {2, 2}, {2, 2}, {0, 0}, {1, 1}, false, places);
  };
  check_and_time_libtorch(state, threads, p.l.amount(), {p.dy, p.x}, backward, [&] {
    store_images(dx, p.l.dx);
    return p.l.backward_is_right();
  });
}

}  // namespace

void register_libtorch() {
  benchmark::AddCustomContext("libtorch", TORCH_VERSION);
  const auto add_pass = [](const std::string& pass, const auto& shape, auto run) {
    add(fmt::format("{}/{}", pass, name_of(shape)), "libtorch",
        [shape, run](benchmark::State& state, Index threads) { run(state, shape, threads); });
  };
  for (const ConvShape& s : kConvShapes) {
    add_pass("conv2d/forward/torch", s, run_conv_forward);
    add_pass("conv2d/parameter_gradient/torch", s, run_conv_parameter_gradient);
    add_pass("conv2d/input_gradient/torch", s, run_conv_input_gradient);
  }
  for (const PanelMatrix& w : kLinearShapes) {
    add_pass("linear/forward", w, run_linear_forward);
    add_pass("linear/input_gradient", w, run_linear_input_gradient);
    add_pass("linear/weight_gradient", w, run_linear_weight_gradient);
  }
  add("max_pool/forward/" + name_of(kPool), "libtorch", run_max_pool_forward);
  add("max_pool/backward/" + name_of(kPool), "libtorch", run_max_pool_backward);
  register_libtorch_optimizers();
}

}  // namespace gradrace::bench
