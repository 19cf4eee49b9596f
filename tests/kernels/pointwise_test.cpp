#include "kernels/pointwise.hpp"

#include "tests/support.hpp"

namespace gradrace::kernels {
namespace {

class Pointwise : public EveryIsa {
 protected:
  std::vector<Index> sizes() const {
    std::vector<Index> list = lengths(isa());
    list.insert(list.end(), {0, 101, 26 * 26 * 16});
    return list;
  }
  /// Numbers of both signs, zeros of both signs, NaN and infinities.
  std::vector<float> anything(Index n) {
    std::vector<float> values = random_.numbers(n);
    for (float& v : values)
      if (random_.between(0, 9) == 0) v = std::copysign(0.0f, v);
    random_.spoil(values);
    return values;
  }
  Random random_;
};
GRADRACE_ON_EVERY_ISA(Pointwise);

TEST_P(Pointwise, ReluKeepsWhatIsPositiveOrNan) {
  for (const Index n : sizes())
    for (const Index slack : {0, 1}) {
      const std::vector<float> x = anything(n);
      std::vector<float> expected;
      for (float v : x) expected.push_back(v <= 0 ? 0.0f : v);
      const Input in(x, slack);
      Output out(n, slack), in_place(x, slack);
      relu_forward(isa(), in.span(), out.span());
      relu_forward(isa(), in_place.span(), in_place.span());
      expect_same_bits(out.span(), expected);
      expect_same_bits(in_place.span(), expected);
    }
}

TEST_P(Pointwise, ReluPassesTheGradientWhereItPassedTheValue) {
  for (const Index n : sizes())
    for (const Index slack : {0, 1}) {
      const std::vector<float> y = anything(n), dy = anything(n);
      std::vector<float> expected = dy;
      for (std::size_t i = 0; i < expected.size(); ++i)
        if (y[i] <= 0) expected[i] = 0.0f;
      const Input y_in(y, slack), dy_in(dy, slack);
      Output dx(n, slack), in_place(dy, slack);
      relu_backward(isa(), y_in.span(), dy_in.span(), dx.span());
      relu_backward(isa(), y_in.span(), in_place.span(), in_place.span());
      expect_same_bits(dx.span(), expected);
      expect_same_bits(in_place.span(), expected);
    }
}

TEST_P(Pointwise, DropoutScalesEachChannelAtAllPositions) {
  for (const Index positions : {0, 1, 2, 12 * 12})
    for (const Index channels : sizes()) {
      if (positions * channels > 100000) continue;
      const std::vector<float> x = anything(positions * channels);
      std::vector<float> scale = random_.whole_numbers(channels, 0, 1), expected = x;
      for (float& v : scale) v *= 1.0f / 0.9f;
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] *= scale[i % scale.size()];
      const Index slack = channels % 2;
      const Input x_in(x, slack), scale_in(scale, slack);
      Output y(Index(x.size()), slack), in_place(x, slack);
      dropout(isa(), positions, scale_in.span(), x_in.data(), y.data());
      dropout(isa(), positions, scale_in.span(), in_place.data(), in_place.data());
      expect_same_bits(y.span(), expected);
      expect_same_bits(in_place.span(), expected);
    }
}

TEST(PointwiseDeathTest, RefusesArraysOfDifferentLength) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<float> three(3), four(4);
  EXPECT_DEATH(relu_forward(Isa::best(), three, four), "left is 3 and right is 4");
  EXPECT_DEATH(relu_backward(Isa::best(), four, three, three), "left is 4 and right is 3");
}

}  // namespace
}  // namespace gradrace::kernels
