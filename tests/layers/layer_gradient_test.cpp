// Gradients of every layer, for inputs and parameters, against differences of its own outputs.
//
// L = sum of dy * y is added up in double precision. Its derivative is Richardson's (4 D(h / 2) - D(h)) / 3 of central
// differences D, whose error falls with h^4: at h = 1/50, of a function whose fifth derivative is below 20, under 1e-8.
// What remains is rounding. An output is good to a few units of the largest number in sight, and those that do not
// change cancel, so D(h) is off by E / h with E = the sum of |dy| times that over the outputs that change, and the
// result by 3 E / h. Inputs lie on a grid that keeps them and their steps away from the kinks of piecewise functions;
// behind a convolution a kink may lie within a step all the same, and then a smaller step must agree.
#include <gtest/gtest.h>

#include <limits>

#include "tests/layers/layer_cases.hpp"

namespace gradrace {
namespace {

constexpr Index kSamples = 5;         // a whole group, and one sample of another
constexpr double kUnits = 4;          // of rounding in an output
constexpr double kTruncation = 1e-7;  // of Richardson's formula
constexpr double kEpsilon = kernels::kEpsilon;

class LayerGradient : public testing::TestWithParam<std::tuple<kernels::Isa, LayerCase>> {
 protected:
  LayerGradient()
      : layer_(Spec::parse(std::get<1>(GetParam()).spec), std::get<1>(GetParam()).input,
               {.batch = kSamples, .isa = std::get<0>(GetParam())}),
        grid_(layer_.input()) {
    layer_.draw_values();
    Generator generator(21);
    x_ = grid_.draw(kSamples, generator);
    dy_ = uniform(kSamples * layer_.output().floats(), generator);
    step_ = layer_.step(x_, dy_);
    for (const std::vector<float>& numbers : {x_, step_.y})
      for (const float v : numbers) largest_ = std::max(largest_, std::abs(double(v)));
  }

  struct Difference {
    double slope, rounding;
  };
  /// D(h) of L, where y(offset) are the outputs with something moved by offset.
  template <class Outputs>
  Difference difference(float h, const Outputs& y) const {
    const std::vector<float> above = y(h), below = y(-h);
    Difference d{0, 0};
    for (std::size_t i = 0; i < above.size(); ++i) {
      d.slope += double(dy_[i]) * (double(above[i]) - double(below[i])) / (2 * double(h));
      if (above[i] != below[i]) d.rounding += std::abs(double(dy_[i])) * kUnits * kEpsilon * largest_ / double(h);
    }
    return d;
  }
  /// Whether `gradient` is the derivative by what y moves, seen at one of three steps. Where not even these agree with
  /// each other, a kink is too near: such elements are counted.
  template <class Outputs>
  testing::AssertionResult is_slope(float gradient, const Outputs& y) {
    testing::AssertionResult failure = testing::AssertionFailure();
    double lowest = -std::numeric_limits<double>::infinity(), highest = -lowest;  // that all steps leave possible
    for (const float h : {grid_.spacing / 4, grid_.spacing / 16, grid_.spacing / 64}) {
      const Difference whole = difference(h, y), half = difference(h / 2, y);
      const double slope = (4 * half.slope - whole.slope) / 3, own = kUnits * kEpsilon * std::abs(double(gradient));
      const double tolerance = (4 * half.rounding + whole.rounding) / 3 + own + kTruncation;
      if (std::abs(double(gradient) - slope) <= tolerance) return testing::AssertionSuccess();
      lowest = std::max(lowest, slope - tolerance), highest = std::min(highest, slope + tolerance);
      failure << gradient << " instead of " << slope << " +- " << tolerance << "; ";
    }
    if (lowest <= highest) return failure;
    ++at_kinks_;
    return testing::AssertionSuccess();
  }
  /// Calls body for some of n elements, all if they are few; nearly all must be away from kinks.
  template <class Body>
  void for_some(Index n, const Body& body) {
    Index elements = 0;
    at_kinks_ = 0;
    for (Index i = 0; i < n; i += 1 + n / 150, ++elements) body(i);
    EXPECT_LE(at_kinks_, elements / 10);
  }

  SingleLayer layer_;
  Grid grid_;
  std::vector<float> x_, dy_;
  LayerStep step_;
  double largest_ = 1;
  Index at_kinks_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, LayerGradient,
                         testing::Combine(testing::ValuesIn(kernels::Isa::available()),
                                          testing::ValuesIn(all_layer_cases())),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name()) + "_" +
                                  case_name(std::get<1>(test.param));
                         });

TEST_P(LayerGradient, OfTheInputIsThatOfDifferences) {
  for_some(std::ssize(x_), [&](Index i) {
    ASSERT_TRUE(is_slope(step_.dx[std::size_t(i)],
                         [&](float offset) {
                           std::vector<float> moved = x_;
                           moved[std::size_t(i)] += offset;
                           return layer_.forward(moved);
                         }))
        << "input " << i;
  });
}

TEST_P(LayerGradient, OfTheParametersIsThatOfDifferences) {
  for (std::size_t p = 0; p < layer_.parameters().size(); ++p)
    for_some(layer_.parameters()[p].count(), [&](Index i) {
      ASSERT_TRUE(is_slope(step_.gradients[p][std::size_t(i)],
                           [&](float offset) {
                             const float before = layer_.value(p, i);
                             layer_.value(p, i) += offset;
                             layer_.refresh();
                             const std::vector<float> y = layer_.forward(x_);
                             layer_.value(p, i) = before;
                             layer_.refresh();
                             return y;
                           }))
          << layer_.parameters()[p].name << "[" << i << "]";
    });
}

}  // namespace
}  // namespace gradrace
