// Convolutions, forward and backward, on a batch of images that the threads share.

#include "bench/benchmarks.hpp"
#include "bench/convolution.hpp"

namespace gradrace::bench {
namespace {

using kernels::ConvMethod;
using kernels::ConvShape;
using kernels::Worker;

/// How many times the error of a direct sum a method may have, as its contract says.
double slack(ConvMethod method) {
  return method == ConvMethod::kWinograd4 ? 2.3 : 1;
}

/// Calls kernel(image) for each of the worker's images.
template <class Kernel>
void for_each_image(Worker worker, const Kernel& kernel) {
  const Range images = worker.share_of(kBatch);
  for (Index n = images.begin; n < images.end; ++n) kernel(n);
}

void run_forward(benchmark::State& state, ConvMethod method, const ConvShape& s, const kernels::Isa& isa,
                 Index threads) {
  const kernels::Team team(threads);
  const Convolution l(s, isa, threads);
  const Buffer scratch(threads * conv2d_scratch_floats(s)), prepared(conv2d_prepared_floats(method, s));
  const bool prepares = conv2d_prepared_floats(method, s) > 0;
  if (prepares) conv2d_prepare_weights(isa, method, s, l.weight.data(), prepared.data());
  const float* weight = prepares ? prepared.data() : l.weight.data();
  check_and_time(
      state, isa, team, l.amount(executed_part(method, s, s.out_h(), s.out_w())),
      [&] { return l.forward_is_right(slack(method)); },
      [&](Worker worker) noexcept {
        for_each_image(worker, [&](Index n) {
          conv2d_forward(isa, method, s, l.x.data() + n * l.in, weight, l.bias.data(), l.y.data() + n * l.out,
                         scratch.part(worker.index(), threads));
        });
      });
}

/// What Winograd does to the weights after each update; every worker does all of it, to a copy of its own.
void run_prepare(benchmark::State& state, ConvMethod method, const ConvShape& s, const kernels::Isa& isa,
                 Index threads) {
  const kernels::Team team(threads);
  const Convolution l(s, isa, 1);
  const Buffer scratch(conv2d_scratch_floats(s)), prepared(threads * conv2d_prepared_floats(method, s));
  const auto is_right = [&] {
    for (Index n = 0; n < kBatch; ++n)
      conv2d_forward(isa, method, s, l.x.data() + n * l.in, prepared.part(threads - 1, threads).data(), l.bias.data(),
                     l.y.data() + n * l.out, scratch.all());
    return l.forward_is_right(slack(method));
  };
  const Amount amount{.bytes = double(threads) * l.weight.bytes() + prepared.bytes()};
  check_and_time(state, isa, team, amount, is_right, [&](Worker worker) noexcept {
    conv2d_prepare_weights(isa, method, s, l.weight.data(), prepared.part(worker.index(), threads).data());
  });
}

/// Each worker adds its images' gradients in its own copy; adding the copies is not part of the kernel.
void run_parameter_gradient(benchmark::State& state, ConvMethod method, const ConvShape& s, const kernels::Isa& isa,
                            Index threads) {
  const kernels::Team team(threads);
  const Convolution l(s, isa, threads);
  const Buffer scratch(threads * conv2d_scratch_floats(s));
  check_and_time(
      state, isa, team, l.amount(), [&] { return l.parameter_gradient_is_right(threads); },
      [&](Worker worker) noexcept {
        for_each_image(worker, [&](Index n) {
          conv2d_parameter_gradient(isa, method, s, l.x.data() + n * l.in, l.dy.data() + n * l.out,
                                    l.dweight.part(worker.index(), threads).data(),
                                    l.dbias.part(worker.index(), threads).data(), n > worker.share_of(kBatch).begin,
                                    scratch.part(worker.index(), threads));
        });
      });
}

void run_input_gradient(benchmark::State& state, const ConvShape& s, const kernels::Isa& isa, Index threads) {
  const kernels::Team team(threads);
  const Convolution l(s, isa, threads);
  const Buffer scratch(threads * conv2d_scratch_floats(s));
  check_and_time(
      state, isa, team, l.amount(), [&] { return l.input_gradient_is_right(); },
      [&](Worker worker) noexcept {
        for_each_image(worker, [&](Index n) {
          conv2d_input_gradient(isa, s, l.dy.data() + n * l.out, l.weight_transposed.data(), l.dx.data() + n * l.in,
                                scratch.part(worker.index(), threads));
        });
      });
}

}  // namespace

void register_conv2d() {
  for (const ConvShape& s : kConvShapes) {
    const auto add_pass = [&](const std::string& pass, auto run) {
      add_each_isa(
          fmt::format("conv2d/{}/{}", pass, name_of(s)),
          [s, run](benchmark::State& state, const kernels::Isa& isa, Index threads) { run(state, s, isa, threads); });
    };
    for (const ConvMethod method :
         {ConvMethod::kIm2col, ConvMethod::kImplicit, ConvMethod::kWinograd2, ConvMethod::kWinograd4})
      if (conv2d_supports(method, s))
        add_pass(fmt::format("forward/{}", name(method)),
                 [method](auto& state, const auto& shape, const auto& isa, Index threads) {
                   run_forward(state, method, shape, isa, threads);
                 });
    for (const ConvMethod method : {ConvMethod::kWinograd2, ConvMethod::kWinograd4})
      if (conv2d_suits(method, s))
        add_pass(fmt::format("prepare/{}", name(method)),
                 [method](auto& state, const auto& shape, const auto& isa, Index threads) {
                   run_prepare(state, method, shape, isa, threads);
                 });
    for (const ConvMethod method : {ConvMethod::kIm2col, ConvMethod::kImplicit})
      if (conv2d_supports(method, s))
        add_pass(fmt::format("parameter_gradient/{}", name(method)),
                 [method](auto& state, const auto& shape, const auto& isa, Index threads) {
                   run_parameter_gradient(state, method, shape, isa, threads);
                 });
    add_pass("input_gradient/im2col", run_input_gradient);
  }
}

}  // namespace gradrace::bench
