#include "kernels/activations.hpp"

#include <array>
#include <map>
#include <string>
#include <tuple>

#include "tests/support.hpp"

namespace gradrace::kernels {
namespace {

using Forward = void (*)(const Isa&, std::span<const float>, std::span<float>) noexcept;
using Backward = void (*)(const Isa&, std::span<const float>, std::span<const float>, std::span<float>) noexcept;
using Double = double (*)(double);

double sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
double normal(double x) {
  return std::erfc(-x / std::sqrt(2.0)) / 2;
}
double bell(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0));
}

struct Activation {
  const char* name;
  Forward forward;
  Backward backward;
  Double f, slope, slope_terms;  ///< slope_terms: the sum of magnitudes of what the slope adds up
  double units_below, units;     ///< of negative x, and of the others, as the contract has them
  bool reads_output;             ///< slope is a function of y
};

const Activation kActivations[] = {
    {"tanh", tanh_forward, tanh_backward, [](double x) { return std::tanh(x); }, [](double y) { return 1 - y * y; },
     [](double y) { return 1 - y * y; }, 1.5, 1.5, true},
    {"sigmoid", sigmoid_forward, sigmoid_backward, sigmoid, [](double y) { return y * (1 - y); },
     [](double y) { return std::abs(y * (1 - y)); }, 2.5, 2.5, true},
    {"silu", silu_forward, silu_backward, [](double x) { return x * sigmoid(x); },
     [](double x) { return sigmoid(x) * (1 + x * sigmoid(-x)); },
     [](double x) { return sigmoid(x) * (1 + std::abs(x) * sigmoid(-x)); }, 3.5, 3.5, false},
    {"gelu", gelu_forward, gelu_backward, [](double x) { return x * normal(x); },
     [](double x) { return normal(x) + x * bell(x); }, [](double x) { return normal(x) + std::abs(x) * bell(x); }, 5, 2,
     false}};

void PrintTo(const Activation& activation, std::ostream* out) {
  *out << activation.name;
}

/// A unit in the last place of a float near v.
double unit(double v) {
  int exponent;
  std::frexp(v, &exponent);
  return std::ldexp(1.0, std::max(exponent - 24, -149));
}
/// What a result near `size` may be off by: so many units, and where exponentials are subnormal the unit of these.
double tolerance(double size, double units, double x) {
  return units * unit(size) + (std::abs(size) < 0x1p-119 ? std::max(1.0, std::abs(x)) * 0x1p-149 : 0);
}

class Activations : public testing::TestWithParam<std::tuple<Isa, Activation>> {
 protected:
  const Isa& isa() const { return std::get<0>(GetParam()); }
  const Activation& activation() const { return std::get<1>(GetParam()); }
  /// Numbers of all sizes and signs: of equal weight for each exponent, then dense where the functions bend.
  std::vector<float> arguments() {
    std::vector<float> x = {0.0f, -0.0f, 0.625f, 0.75f, -0.75f, 104, -104, 15, -15, kInfinity, -kInfinity, kNan};
    for (int exponent = -149; exponent < 128; ++exponent)
      for (int i = 0; i < 10; ++i)
        x.push_back(std::ldexp(random_.numbers(1, 1, 2)[0], exponent) * float(random_.between(0, 1) * 2 - 1));
    for (const float range : {1.0f, 5.0f, 20.0f, 110.0f})
      for (const float v : random_.numbers(20000, -range, range)) x.push_back(v);
    return x;
  }
  Random random_;
};
INSTANTIATE_TEST_SUITE_P(, Activations,
                         testing::Combine(testing::ValuesIn(Isa::available()), testing::ValuesIn(kActivations)),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name()) + "_" + std::get<1>(test.param).name;
                         });

TEST_P(Activations, AreWithinTheirBoundsOfDoublePrecision) {
  const Activation& a = activation();
  const std::vector<float> x = arguments();
  std::vector<float> y(x.size());
  a.forward(isa(), x, y);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = a.f(double(x[i])), units = x[i] < 0 ? a.units_below : a.units;
    ASSERT_TRUE(is_close(y[i], expected, tolerance(expected, units, double(x[i]))))
        << a.name << "(" << x[i] << ") = " << expected << ", not " << y[i];
    ASSERT_TRUE(expected != 0 || x[i] != 0 || std::signbit(y[i]) == std::signbit(x[i])) << a.name;
  }
}

TEST_P(Activations, PullGradientsBack) {
  const Activation& a = activation();
  std::vector<float> from = arguments();
  if (a.reads_output) a.forward(isa(), std::vector<float>(from), from);
  const std::vector<float> dy = random_.numbers(Index(from.size()), -2, 2);
  std::vector<float> dx(from.size());
  a.backward(isa(), from, dy, dx);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double v = double(from[i]), g = double(dy[i]), size = std::abs(g) * a.slope_terms(v);
    ASSERT_TRUE(is_close(dx[i], g * a.slope(v), tolerance(size, 6, v)))
        << a.name << "'(" << v << ") * " << g << " = " << g * a.slope(v) << ", not " << dx[i];
  }
}

TEST_P(Activations, AreTheSameInPlaceAndInEveryLane) {
  const Activation& a = activation();
  for (const Index n : {Index(0), Index(1), isa().lanes() - 1, isa().lanes(), isa().lanes() + 1, Index(37)})
    for (const Index slack : {0, 1}) {
      std::vector<float> x = random_.numbers(n, -4, 4), dy = random_.numbers(n);
      random_.spoil(x);
      random_.spoil(dy);
      std::vector<float> y, dx;
      for (std::size_t i = 0; i < x.size(); ++i) {
        float value;
        a.forward(isa(), {&x[i], 1}, {&value, 1});
        y.push_back(value);
        a.backward(isa(), {&x[i], 1}, {&dy[i], 1}, {&value, 1});
        dx.push_back(value);
      }
      const Input x_in(x, slack), dy_in(dy, slack);
      Output y_out(n, slack), dx_out(n, slack), y_in_place(x, slack), dx_in_place(dy, slack);
      a.forward(isa(), x_in.span(), y_out.span());
      a.forward(isa(), y_in_place.span(), y_in_place.span());
      a.backward(isa(), x_in.span(), dy_in.span(), dx_out.span());
      a.backward(isa(), x_in.span(), dx_in_place.span(), dx_in_place.span());
      expect_same_bits(y_out.span(), y);
      expect_same_bits(y_in_place.span(), y);
      expect_same_bits(dx_out.span(), dx);
      expect_same_bits(dx_in_place.span(), dx);
    }
}

TEST_P(Activations, TakeNanAndInfinityAsPyTorch) {
  const std::map<std::string, std::array<float, 4>> expected = {
      // f(-infinity), f(infinity), f'(-infinity), f'(infinity)
      {"tanh", {-1, 1, 0, 0}},
      {"sigmoid", {0, 1, 0, 0}},
      {"silu", {kNan, kInfinity, kNan, kNan}},
      {"gelu", {kNan, kInfinity, kNan, kNan}}};
  const Activation& a = activation();
  const std::vector<float> x = {-kInfinity, kInfinity, kNan}, one(3, 1.0f);
  std::vector<float> y(3), dx(3);
  a.forward(isa(), x, y);
  a.backward(isa(), a.reads_output ? y : x, one, dx);
  const auto& e = expected.at(a.name);
  expect_same_bits(y, std::vector{e[0], e[1], kNan});
  expect_same_bits(dx, std::vector{e[2], e[3], kNan});
}

class LeakyRelu : public EveryIsa {
 protected:
  Random random_;
};
GRADRACE_ON_EVERY_ISA(LeakyRelu);

TEST_P(LeakyRelu, IsThePlainFormulaInEveryBit) {
  for (const float slope : {0.01f, 0.0f, -0.5f, 2.0f})
    for (const Index n : lengths(isa())) {
      const Index slack = n % 2;
      std::vector<float> x = random_.whole_numbers(n, -2, 2), dy = random_.numbers(n), y, dx;
      random_.spoil(x);
      if (n > 2) x[1] = -0.0f, x[2] = -0x1p-149f;
      for (const float v : x) y.push_back(v > 0 ? v : v * slope);
      for (std::size_t i = 0; i < x.size(); ++i) dx.push_back(x[i] > 0 ? dy[i] : dy[i] * slope);
      const Input x_in(x, slack), dy_in(dy, slack);
      Output y_out(n, slack), dx_out(n, slack), y_in_place(x, slack), dx_in_place(dy, slack);
      leaky_relu_forward(isa(), slope, x_in.span(), y_out.span());
      leaky_relu_forward(isa(), slope, y_in_place.span(), y_in_place.span());
      leaky_relu_backward(isa(), slope, x_in.span(), dy_in.span(), dx_out.span());
      leaky_relu_backward(isa(), slope, slope < 0 ? x_in.span() : y_out.span(), dx_in_place.span(), dx_in_place.span());
      expect_same_bits(y_out.span(), y);
      expect_same_bits(y_in_place.span(), y);
      expect_same_bits(dx_out.span(), dx);
      expect_same_bits(dx_in_place.span(), dx);
    }
}

TEST(ActivationsDeathTest, RefuseArraysOfDifferentLength) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<float> three(3), four(4);
  EXPECT_DEATH(gelu_forward(Isa::best(), three, four), "left is 3 and right is 4");
  EXPECT_DEATH(tanh_backward(Isa::best(), four, three, three), "left is 4 and right is 3");
  EXPECT_DEATH(leaky_relu_backward(Isa::best(), 0.1f, three, three, four), "left is 4 and right is 3");
}

}  // namespace
}  // namespace gradrace::kernels
