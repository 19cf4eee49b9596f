#include "kernels/softmax_nll.hpp"

#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

using reference::Array;

class SoftmaxNll : public EveryIsa {
 protected:
  static constexpr float kScale = 1.0f / 32;

  void check(const std::vector<float>& x, Index target, Index slack = 0) const {
    SCOPED_TRACE(testing::Message() << x.size() << " classes, target " << target);
    const Index classes = Index(x.size());
    const auto expected = reference::log_softmax_nll(reference::As<double>()(x), target, double(kScale));
    const Input in(x, slack);
    Output log_prob(classes, slack), dx(classes, slack), in_place(x, slack);
    const float loss = log_softmax_nll(isa(), in.span(), target, kScale, log_prob.span(), dx.span());

    // log_prob is two subtractions away from x and the logarithm of a sum of exponentials, good to two units each.
    Array<double> log_tolerance, dx_tolerance;
    for (const double lp : expected.log_prob) {
      log_tolerance.push_back(kEpsilon * (double(classes) + 8 + 2 * std::abs(lp)));
      dx_tolerance.push_back(kScale * (std::exp(lp) * (log_tolerance.back() + 4 * kEpsilon) + kEpsilon));
    }
    EXPECT_TRUE(is_close(loss, expected.loss, log_tolerance[target])) << loss << " instead of " << expected.loss;
    expect_close(log_prob.span(), expected.log_prob, log_tolerance);
    expect_close(dx.span(), expected.dx, dx_tolerance);

    EXPECT_TRUE(same_bits(log_softmax_nll(isa(), in_place.span(), target, kScale, {}, in_place.span()), loss));
    expect_same_bits(in_place.span(), dx.span());
    EXPECT_TRUE(same_bits(log_softmax_nll(isa(), in.span(), target, kScale, {}, {}), loss));
  }
  Random random_;
};
GRADRACE_ON_EVERY_ISA(SoftmaxNll);

TEST_P(SoftmaxNll, EqualsTheReference) {
  for (const Index classes : {1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 100})
    for (const float spread : {0.0f, 1.0f, 5.0f, 30.0f})
      for (Index target = 0; target < classes; target += 3)
        check(random_.numbers(classes, -spread - 0.001f, spread), target, target % 2);
}

TEST_P(SoftmaxNll, NeitherOverflowsNorLosesUnlikelyClasses) {
  check({1e30f, -1e30f, 0, 5}, 1);
  check({1000, 0, -1000, 999}, 2);
  check({-1000, -1001, -1002, -999, -1000}, 0);
  check({2e38f, 2e38f, -1e38f}, 0);
}

TEST_P(SoftmaxNll, IsNanWithANanOrPositiveInfinityAnywhere) {
  for (const Index classes : {1, 3, 8, 10, 17})
    for (const float bad : {kNan, kInfinity})
      for (Index place = 0; place < classes; ++place) {
        std::vector<float> x = random_.numbers(classes);
        x[place] = bad;
        for (const Index target : {Index(0), place, classes - 1}) check(x, target);
        EXPECT_TRUE(std::isnan(log_softmax_nll(isa(), x, 0, 1, {}, {})));
      }
}

TEST_P(SoftmaxNll, GivesNegativeInfinityNoProbability) {
  for (const Index place : {0, 3, 9})
    for (const Index target : {0, 9}) {
      std::vector<float> x = random_.numbers(10);
      x[place] = -kInfinity;
      check(x, target);
    }
  check({-kInfinity, -kInfinity, -kInfinity}, 1);
}

TEST(SoftmaxNllDeathTest, RefusesATargetThatIsNoClass) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::vector<float> x(10);
  std::vector<float> short_gradient(9);
  EXPECT_DEATH(log_softmax_nll(Isa::best(), x, 10, 1, {}, {}), "target < ");
  EXPECT_DEATH(log_softmax_nll(Isa::best(), x, -1, 1, {}, {}), "target >= 0");
  EXPECT_DEATH(log_softmax_nll(Isa::best(), x, 0, 1, {}, short_gradient), "left is 9 and right is 10");
}

}  // namespace
}  // namespace gradrace::kernels
