// oneDNN on the same convolutions and products, with the same numbers and checked by the same reference. Its layouts
// are those that it asks for; bringing the data there is not timed.

#include <dnnl.hpp>

#include <string_view>
#include <unordered_map>

#include "bench/benchmarks.hpp"
#include "bench/convolution.hpp"
#include "bench/product.hpp"
#include "kernels/stream.hpp"

extern "C" void omp_set_num_threads(int);  // oneDNN takes its threads from OpenMP, whose header only kernels include

namespace gradrace::bench {
namespace {

using dnnl::memory;
using Arguments = std::unordered_map<int, memory>;
using kernels::ConvShape;

constexpr double kSlack = 4;
constexpr auto kFloat = memory::data_type::f32;

struct Device {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};

  memory wrap(float* data, const memory::dims& dims, memory::format_tag layout) const {
    return memory({dims, kFloat, layout}, engine, data);
  }
  /// A copy in another layout; `from` itself where it has that layout already.
  memory in_layout(const memory& from, const memory::desc& layout) {
    if (from.get_desc() == layout) return from;
    const memory to(layout, engine);
    copy(from, to);
    return to;
  }
  void copy(memory from, memory to) {
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
  }
};

/// What is executed where oneDNN chooses Winograd's tiles, as a part of the direct sum.
template <class Description>
double executed_part_of(const Description& primitive, const ConvShape& s, Index height, Index width) {
  const bool is_winograd = std::string_view(primitive.impl_info_str()).find("wino_4x3") != std::string_view::npos;
  return is_winograd ? executed_part(kernels::ConvMethod::kWinograd4, s, height, width) : 1;
}

/// Runs a primitive, lets `fetch` bring its result where is_right() looks, and times it.
void check_and_time_primitive(benchmark::State& state, Index threads, Device& device, const dnnl::primitive& primitive,
                              const Arguments& arguments, const Amount& amount, const Body& fetch,
                              const std::function<bool()>& is_right) {
  const kernels::Team team(threads);
  omp_set_num_threads(int(threads));
  const auto body = [&] {
    primitive.execute(device.stream, arguments);
    device.stream.wait();
  };
  body();
  fetch();
  if (!is_right()) return state.SkipWithError("the result is wrong");
  const auto empty_caches = [&] {
    Buffer::flush_all();
    for (const auto& [role, array] : arguments)
      kernels::flush_caches(
          {static_cast<float*>(array.get_data_handle()), array.get_desc().get_size() / sizeof(float)});
  };
  time_work(state, kernels::Isa::best(), team, amount, body, empty_caches, kSettle);
}

/// A convolution's batch as oneDNN sees it: NHWC images, weights in the order (ky, kx, channel in, channel out).
struct Peer {
  Peer(const ConvShape& s, dnnl::algorithm a, Index threads)
      : algorithm(a), l(s, kernels::Isa::best(), threads), plain(s.depth() * s.out_c) {
    for (Index k = 0; k < s.depth(); ++k)
      for (Index o = 0; o < s.out_c; ++o) plain.data()[k * s.out_c + o] = l.weight[l.w.offset(k, o)];
  }
  memory::dims x_dims() const { return {kBatch, l.s.in_c, l.s.in_h, l.s.in_w}; }
  memory::dims y_dims() const { return {kBatch, l.s.out_c, l.s.out_h(), l.s.out_w()}; }
  memory::dims weight_dims() const { return {l.s.out_c, l.s.in_c, l.s.y.kernel, l.s.x.kernel}; }
  static memory::desc any(const memory::dims& dims) { return {dims, kFloat, memory::format_tag::any}; }
  memory images(float* data, const memory::dims& dims) const {
    return device.wrap(data, dims, memory::format_tag::nhwc);
  }
  memory weights() const { return device.wrap(plain.data(), weight_dims(), memory::format_tag::hwio); }
  memory bias() const { return device.wrap(l.bias.data(), {l.s.out_c}, memory::format_tag::x); }

  dnnl::convolution_forward::primitive_desc forward() const {
    const memory::dims strides{1, 1}, padding{l.s.y.padding, l.s.x.padding};
    return {{dnnl::prop_kind::forward_training, algorithm, any(x_dims()), any(weight_dims()), any({l.s.out_c}),
             any(y_dims()), strides, padding, padding},
            device.engine};
  }
  dnnl::convolution_backward_weights::primitive_desc parameter_gradient() const {
    const memory::dims strides{1, 1}, padding{l.s.y.padding, l.s.x.padding};
    return {{algorithm, any(x_dims()), any(weight_dims()), any({l.s.out_c}), any(y_dims()), strides, padding, padding},
            device.engine,
            forward()};
  }
  dnnl::convolution_backward_data::primitive_desc input_gradient() const {
    const memory::dims strides{1, 1}, padding{l.s.y.padding, l.s.x.padding};
    return {{algorithm, any(x_dims()), any(weight_dims()), any(y_dims()), strides, padding, padding},
            device.engine,
            forward()};
  }

  dnnl::algorithm algorithm;
  Device device;
  Convolution l;
  Buffer plain;
};

void run_forward(benchmark::State& state, const ConvShape& s, dnnl::algorithm algorithm, Index threads) {
  Peer p(s, algorithm, threads);
  const auto primitive = p.forward();
  const memory y(primitive.dst_desc(), p.device.engine);
  const Arguments arguments{
      {DNNL_ARG_SRC, p.device.in_layout(p.images(p.l.x.data(), p.x_dims()), primitive.src_desc())},
      {DNNL_ARG_WEIGHTS, p.device.in_layout(p.weights(), primitive.weights_desc())},
      {DNNL_ARG_BIAS, p.device.in_layout(p.bias(), primitive.bias_desc())},
      {DNNL_ARG_DST, y}};
  check_and_time_primitive(
      state, threads, p.device, dnnl::convolution_forward(primitive), arguments,
      p.l.amount(executed_part_of(primitive, s, s.out_h(), s.out_w())),
      [&] { p.device.copy(y, p.images(p.l.y.data(), p.y_dims())); }, [&] { return p.l.forward_is_right(kSlack); });
}

void run_parameter_gradient(benchmark::State& state, const ConvShape& s, dnnl::algorithm algorithm, Index threads) {
  Peer p(s, algorithm, 1);
  const auto primitive = p.parameter_gradient();
  const memory gradient(primitive.diff_weights_desc(), p.device.engine);
  const Arguments arguments{
      {DNNL_ARG_SRC, p.device.in_layout(p.images(p.l.x.data(), p.x_dims()), primitive.src_desc())},
      {DNNL_ARG_DIFF_DST, p.device.in_layout(p.images(p.l.dy.data(), p.y_dims()), primitive.diff_dst_desc())},
      {DNNL_ARG_DIFF_WEIGHTS, gradient},
      {DNNL_ARG_DIFF_BIAS, memory(primitive.diff_bias_desc(), p.device.engine)}};
  const auto fetch = [&] {
    p.device.copy(gradient, p.weights());
    for (Index k = 0; k < s.depth(); ++k)
      for (Index o = 0; o < s.out_c; ++o) p.l.dweight.data()[p.l.w.offset(k, o)] = p.plain[k * s.out_c + o];
  };
  check_and_time_primitive(state, threads, p.device, dnnl::convolution_backward_weights(primitive), arguments,
                           p.l.amount(executed_part_of(primitive, s, s.out_h(), s.out_w())), fetch,
                           [&] { return p.l.parameter_gradient_is_right(1); });
}

void run_input_gradient(benchmark::State& state, const ConvShape& s, dnnl::algorithm algorithm, Index threads) {
  Peer p(s, algorithm, threads);
  const auto primitive = p.input_gradient();
  const memory dx(primitive.diff_src_desc(), p.device.engine);
  const Arguments arguments{
      {DNNL_ARG_DIFF_DST, p.device.in_layout(p.images(p.l.dy.data(), p.y_dims()), primitive.diff_dst_desc())},
      {DNNL_ARG_WEIGHTS, p.device.in_layout(p.weights(), primitive.weights_desc())},
      {DNNL_ARG_DIFF_SRC, dx}};
  check_and_time_primitive(
      state, threads, p.device, dnnl::convolution_backward_data(primitive), arguments,
      p.l.amount(executed_part_of(primitive, s, s.in_h, s.in_w)),
      [&] { p.device.copy(dx, p.images(p.l.dx.data(), p.x_dims())); },
      [&] { return p.l.input_gradient_is_right(kSlack); });
}

/// Row-major on all sides, as ours.
void run_product(benchmark::State& state, const ProductShape& shape, Index threads) {
  Device device;
  const Product p(shape);
  const auto matrix = [&](const Buffer& buffer, Index rows, Index cols) {
    return device.wrap(buffer.data(), {rows, cols}, memory::format_tag::ab);
  };
  const memory a = matrix(p.a, shape.rows, shape.depth), b = matrix(p.b, shape.depth, shape.cols),
               c = matrix(p.c, shape.rows, shape.cols);
  const dnnl::matmul primitive({{a.get_desc(), b.get_desc(), c.get_desc()}, device.engine});
  check_and_time_primitive(
      state, threads, device, primitive, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}}, p.amount(),
      [] {}, [&] { return p.is_right(); });
}

}  // namespace

void register_onednn() {
  for (const ConvShape& s : kConvShapes)
    for (const auto algorithm : {dnnl::algorithm::convolution_auto, dnnl::algorithm::convolution_direct}) {
      const auto add_pass = [&](const char* pass, auto run) {
        const char* name = algorithm == dnnl::algorithm::convolution_auto ? "auto" : "direct";
        add(fmt::format("conv2d/{}/{}/{}", pass, name, name_of(s)), "onednn",
            [s, run, algorithm](benchmark::State& state, Index threads) { run(state, s, algorithm, threads); });
      };
      add_pass("forward", run_forward);
      add_pass("parameter_gradient", run_parameter_gradient);
      add_pass("input_gradient", run_input_gradient);
    }
  for (const ProductShape& shape : kProductShapes)
    add("gemm/" + name_of(shape), "onednn",
        [shape](benchmark::State& state, Index threads) { run_product(state, shape, threads); });
}

}  // namespace gradrace::bench
