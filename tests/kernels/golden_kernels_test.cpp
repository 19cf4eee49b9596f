// PyTorch's operators (computed in float64) against the kernels, on every instruction set. Each comparison's tolerance
// is the rounding bound of its sums: (length + 2) * epsilon * the sum of absolute terms, for which the kernel itself
// runs once more on absolute values.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "kernels/conv2d.hpp"
#include "kernels/gemm.hpp"
#include "kernels/linear.hpp"
#include "kernels/max_pool.hpp"
#include "kernels/softmax_nll.hpp"
#include "tests/golden.hpp"

namespace gradrace {
namespace {

using golden::Tensor;
using kernels::Isa;
using kernels::PanelMatrix;
using Floats = std::vector<float>;

class GoldenKernels : public testing::TestWithParam<Isa> {
 protected:
  GoldenKernels() : tensors_(golden::tensors("kernels.safetensors")) {}

  /// Runs check(case) for every case of an operator; there must be some.
  void for_each_case(const std::string& op, const std::function<void(const nlohmann::ordered_json&)>& check) {
    int cases = 0;
    for (const auto& meta : golden::json("kernels.json"))
      if (meta.at("op") == op) {
        SCOPED_TRACE(meta.dump());
        name_ = meta.at("case");
        check(meta);
        ++cases;
      }
    EXPECT_GT(cases, 0) << op;
  }
  const Tensor& tensor(const std::string& key) const { return tensors_.at(name_ + "." + key); }

 private:
  std::map<std::string, Tensor> tensors_;
  std::string name_;
};

Floats absolute(Floats values) {
  for (float& v : values) v = std::abs(v);
  return values;
}

void expect_close(const Floats& actual, const Floats& expected, const Floats& magnitude, Index length,
                  const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_NEAR(actual[i], expected[i],
                double(length + 2) * std::numeric_limits<float>::epsilon() * magnitude[i] + 1e-30)
        << what << "[" << i << "]";
}

/// The panel matrix of a matrix whose element (row, col) is source(row, col), and back.
Floats panels(const PanelMatrix& shape, const std::function<float(Index, Index)>& source) {
  Floats result(std::size_t(shape.floats()), 0.0f);
  for (Index r = 0; r < shape.rows; ++r)
    for (Index c = 0; c < shape.cols; ++c) result[std::size_t(shape.offset(r, c))] = source(r, c);
  return result;
}
Floats padded(Floats values) {
  values.resize(std::size_t(round_up(Index(values.size()), kPanel)), 0.0f);
  return values;
}

struct ConvResult {
  Floats y, dx, dweight, dbias;
};

/// Row of a convolution's weight matrix -> index in PyTorch's [o][c][ky][kx], without o.
Index torch_place(const kernels::ConvShape& s, Index row) {
  const Index c = row % s.in_c, kx = row / s.in_c % s.x.kernel, ky = row / s.in_c / s.x.kernel;
  return (c * s.y.kernel + ky) * s.x.kernel + kx;
}

ConvResult convolve(const Isa& isa, const kernels::ConvShape& s, Index samples, const Floats& x, const Floats& weight,
                    const Floats& bias, const Floats& dy) {
  const PanelMatrix layout = kernels::conv2d_weights(s);
  const Floats w =
      panels(layout, [&](Index r, Index o) { return weight[std::size_t(o * layout.rows + torch_place(s, r))]; });
  Floats transposed(std::size_t(layout.transposed().floats())), scratch(std::size_t(kernels::conv2d_scratch_floats(s)));
  kernels::transpose(isa, layout, w.data(), {0, layout.panels()}, transposed.data());
  const Index in = s.in_h * s.in_w * s.in_c, out = s.out_floats();
  Floats dw(w.size()), db(padded(bias).size());
  ConvResult result{Floats(std::size_t(samples * out)), Floats(x.size()), Floats(weight.size()), {}};
  for (Index n = 0; n < samples; ++n) {
    kernels::conv2d_forward(isa, kernels::ConvMethod::kIm2col, s, x.data() + n * in, w.data(), padded(bias).data(),
                            result.y.data() + n * out, scratch);
    kernels::conv2d_parameter_gradient(isa, kernels::ConvMethod::kIm2col, s, x.data() + n * in, dy.data() + n * out,
                                       dw.data(), db.data(), n > 0, scratch);
    kernels::conv2d_input_gradient(isa, s, dy.data() + n * out, transposed.data(), result.dx.data() + n * in, scratch);
  }
  for (Index o = 0; o < s.out_c; ++o)
    for (Index r = 0; r < layout.rows; ++r)
      result.dweight[std::size_t(o * layout.rows + torch_place(s, r))] = dw[std::size_t(layout.offset(r, o))];
  result.dbias.assign(db.begin(), db.begin() + s.out_c);
  return result;
}

TEST_P(GoldenKernels, Conv2d) {
  for_each_case("conv2d", [&](const auto& meta) {
    const auto& x = tensor("x");
    const auto& y = tensor("y");
    const auto& w = tensor("weight");
    const auto window = [&](Index kernel) {
      return kernels::Window{kernel, meta.at("stride"), meta.at("padding"), meta.at("dilation")};
    };
    const kernels::ConvShape s{x.shape[2], x.shape[3], x.shape[1], y.shape[1], window(w.shape[2]), window(w.shape[3])};
    ASSERT_EQ(s.out_h(), y.shape[2]);
    ASSERT_EQ(s.out_w(), y.shape[3]);
    const Floats in = golden::nhwc_from_nchw(x.floats, x.shape),
                 dy = golden::nhwc_from_nchw(tensor("dy").floats, y.shape);
    const Floats& bias = tensor("bias").floats;
    const ConvResult r = convolve(GetParam(), s, x.shape[0], in, w.floats, bias, dy);
    const ConvResult m =
        convolve(GetParam(), s, x.shape[0], absolute(in), absolute(w.floats), absolute(bias), absolute(dy));
    const Index positions = x.shape[0] * s.out_h() * s.out_w();
    expect_close(r.y, golden::nhwc_from_nchw(y.floats, y.shape), m.y, s.depth(), "y");
    expect_close(r.dx, golden::nhwc_from_nchw(tensor("dx").floats, x.shape), m.dx, s.out_c * s.y.kernel * s.x.kernel,
                 "dx");
    expect_close(r.dweight, tensor("dweight").floats, m.dweight, positions, "dweight");
    expect_close(r.dbias, tensor("dbias").floats, m.dbias, positions, "dbias");
  });
}

TEST_P(GoldenKernels, MaxPool2d) {
  for_each_case("max_pool2d", [&](const auto& meta) {
    const auto& x = tensor("x");
    const auto& y = tensor("y");
    const kernels::Window window{.kernel = meta.at("kernel"), .stride = meta.at("stride")};
    const kernels::PoolShape s{x.shape[2], x.shape[3], x.shape[1], window, window};
    const Floats in = golden::nhwc_from_nchw(x.floats, x.shape),
                 dy = golden::nhwc_from_nchw(tensor("dy").floats, y.shape);
    const auto indices = golden::nhwc_from_nchw(tensor("indices").integers, y.shape);
    const std::size_t in_size = in.size() / std::size_t(x.shape[0]), out_size = dy.size() / std::size_t(x.shape[0]);
    Floats out(dy.size()), dx(in.size());
    std::vector<kernels::PoolPlace> argmax(dy.size());
    for (std::size_t n = 0; n < std::size_t(x.shape[0]); ++n) {
      kernels::max_pool_forward(GetParam(), s, in.data() + n * in_size, out.data() + n * out_size,
                                argmax.data() + n * out_size);
      kernels::max_pool_backward(GetParam(), s, dy.data() + n * out_size, argmax.data() + n * out_size,
                                 dx.data() + n * in_size);
    }
    EXPECT_EQ(out, golden::nhwc_from_nchw(y.floats, y.shape));
    // Windows that overlap add up to kernel^2 gradients; with the others nothing is rounded.
    const Index terms = window.stride >= window.kernel ? -2 : window.kernel * window.kernel;
    Floats magnitude(dx.size(), 0.0f);
    for (std::size_t i = 0; i < dx.size(); ++i) magnitude[i] = float(window.kernel * window.kernel) * 4.0f;
    expect_close(dx, golden::nhwc_from_nchw(tensor("dx").floats, x.shape), magnitude, terms, "dx");
    for (std::size_t i = 0; i < argmax.size(); ++i) {  // PyTorch's index counts in the input's plane
      const Index position = Index(i) / s.channels % (s.out_h() * s.out_w());
      const Index row = position / s.out_w() * s.y.stride + argmax[i] / s.x.kernel;
      const Index col = position % s.out_w() * s.x.stride + argmax[i] % s.x.kernel;
      ASSERT_EQ(row * s.in_w + col, indices[i]) << i;
    }
  });
}

struct LinearResult {
  Floats y, dx, dweight, dbias;
};

LinearResult linear(const Isa& isa, const PanelMatrix& layout, Index rows, const Floats& x, const Floats& weight,
                    const Floats& bias, const Floats& dy) {
  const Floats w = panels(layout, [&](Index o, Index k) { return weight[std::size_t(o * layout.cols + k)]; });
  Floats dw(w.size()), sums(std::size_t(kernels::linear_sum_floats(layout, rows)));
  const Index stride = round_up(layout.cols, kPanel);  // rows of x are whole panels
  Floats x_rows(std::size_t(rows * stride), 0.0f);
  for (Index n = 0; n < rows; ++n) std::copy_n(x.begin() + n * layout.cols, layout.cols, x_rows.begin() + n * stride);
  LinearResult r{Floats(dy.size()), Floats(x.size()), Floats(weight.size()), Floats(bias.size(), 0.0f)};
  kernels::linear_part_sums(isa, layout, {0, kernels::linear_parts(layout)}, rows, {x.data(), layout.cols}, w.data(),
                            sums);
  kernels::linear_add_up(isa, layout, {0, rows}, rows, sums, bias.data(), {r.y.data(), layout.rows});
  kernels::linear_input_gradient(isa, layout, {0, layout.panels()}, rows, {dy.data(), layout.rows}, w.data(),
                                 {r.dx.data(), layout.cols});
  kernels::linear_weight_gradient(isa, layout, rows, {x_rows.data(), stride}, {dy.data(), layout.rows},
                                  {0, layout.panels()}, dw.data());
  kernels::add_column_sums(isa, rows, layout.rows, dy.data(), layout.rows, r.dbias.data());
  for (Index o = 0; o < layout.rows; ++o)
    for (Index k = 0; k < layout.cols; ++k)
      r.dweight[std::size_t(o * layout.cols + k)] = dw[std::size_t(layout.offset(o, k))];
  return r;
}

TEST_P(GoldenKernels, Linear) {
  for_each_case("linear", [&](const auto&) {
    const auto& x = tensor("x");
    const auto& w = tensor("weight").floats;
    const auto& bias = tensor("bias").floats;
    const auto& dy = tensor("dy");
    const PanelMatrix layout{dy.shape[1], x.shape[1]};
    const LinearResult r = linear(GetParam(), layout, x.shape[0], x.floats, w, bias, dy.floats);
    const LinearResult m =
        linear(GetParam(), layout, x.shape[0], absolute(x.floats), absolute(w), absolute(bias), absolute(dy.floats));
    expect_close(r.y, tensor("y").floats, m.y, layout.cols, "y");
    expect_close(r.dx, tensor("dx").floats, m.dx, layout.rows, "dx");
    expect_close(r.dweight, tensor("dweight").floats, m.dweight, x.shape[0], "dweight");
    expect_close(r.dbias, tensor("dbias").floats, m.dbias, x.shape[0], "dbias");
  });
}

TEST_P(GoldenKernels, LogSoftmaxNll) {
  for_each_case("log_softmax + nll_loss(mean)", [&](const auto&) {
    const auto& x = tensor("x");
    const std::size_t rows = std::size_t(x.shape[0]), classes = std::size_t(x.shape[1]);
    Floats log_prob(x.floats.size()), dx(x.floats.size());
    double loss = 0;
    for (std::size_t n = 0; n < rows; ++n)
      loss += double(kernels::log_softmax_nll(
          GetParam(), {x.floats.data() + n * classes, classes}, tensor("target").integers[n], 1.0f / float(rows),
          {log_prob.data() + n * classes, classes}, {dx.data() + n * classes, classes}));
    // Each value is a few roundings of numbers as large as the spread of the row, and a sum of `classes` exponentials.
    const double eps = std::numeric_limits<float>::epsilon();
    for (std::size_t i = 0; i < log_prob.size(); ++i) {
      const double expected = double(tensor("log_prob").floats[i]);
      ASSERT_NEAR(log_prob[i], expected, eps * (4 * std::abs(expected) + double(classes))) << i;
      ASSERT_NEAR(dx[i], tensor("dx").floats[i],
                  eps * (4 * std::abs(expected) + double(classes) + 4) * std::exp(expected) / double(rows) +
                      4 * eps / double(rows))
          << i;
    }
    const double mean = loss / double(rows), expected = double(tensor("loss").floats[0]);
    EXPECT_NEAR(mean, expected, eps * (4 * std::abs(expected) + double(classes)));
  });
}

TEST(GoldenKernelCases, AreAllOfOperatorsThatAreCompared) {
  const std::set<std::string> compared = {"conv2d", "max_pool2d", "linear", "log_softmax + nll_loss(mean)"};
  for (const auto& meta : golden::json("kernels.json"))
    EXPECT_TRUE(compared.contains(meta.at("op").get<std::string>())) << meta;
}

INSTANTIATE_TEST_SUITE_P(Isa, GoldenKernels, testing::ValuesIn(Isa::available()),
                         [](const auto& param) { return std::string(param.param.name()); });

}  // namespace
}  // namespace gradrace
