#include "kernels/max_pool.hpp"

#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

class MaxPool : public EveryIsa {
 protected:
  void check(const PoolShape& s, const std::vector<float>& x, Index slack = 0) {
    SCOPED_TRACE(testing::Message() << s.in_h << 'x' << s.in_w << 'x' << s.channels << ", kernel " << s.y.kernel << 'x'
                                    << s.x.kernel << ", stride " << s.y.stride << 'x' << s.x.stride << ", dilation "
                                    << s.y.dilation << 'x' << s.x.dilation << ", padding " << s.y.padding << 'x'
                                    << s.x.padding);
    const Index outputs = s.out_h() * s.out_w() * s.channels;
    const auto [y, argmax] = reference::max_pool(s, reference::As<float>()(x));
    const Input x_in(x, slack);
    Output y_out(outputs, slack);
    Output<PoolPlace> argmax_out(outputs, slack);
    max_pool_forward(isa(), s, x_in.data(), y_out.data(), argmax_out.data());
    expect_same_bits(y_out.span(), y);
    EXPECT_EQ(argmax_out.values(), argmax);

    std::vector<float> dy = random_.numbers(outputs);
    if (slack) random_.spoil(dy);
    const Input dy_in(dy, slack);
    const Input<PoolPlace> argmax_in(argmax, slack);
    Output dx(s.in_h * s.in_w * s.channels, slack);
    max_pool_backward(isa(), s, dy_in.data(), argmax_in.data(), dx.data());
    expect_same_bits(dx.span(), reference::max_pool_gradient(s, reference::As<float>()(dy), argmax));
  }
  Index size(const PoolShape& s) const { return s.in_h * s.in_w * s.channels; }

  Random random_;
};
GRADRACE_ON_EVERY_ISA(MaxPool);

constexpr Window kTwo{2, 2};

TEST_P(MaxPool, EqualsTheReferenceForTheNetwork) {
  const PoolShape s{24, 24, 32, kTwo, kTwo};
  check(s, random_.numbers(size(s)));
  check(s, random_.whole_numbers(size(s), 0, 1), 1);
}

TEST_P(MaxPool, EqualsTheReferenceForEveryWindow) {
  for (const Index channels : lengths(isa()))
    for (const Index kernel : {1, 2, 3, 5})
      for (const Index stride : {1, 2, 3})
        for (const Index dilation : {1, 2}) {
          const Window w{kernel, stride, 0, dilation};
          for (const PoolShape& s : {PoolShape{11, 12, channels, w, {2, 2}}, PoolShape{10, 13, channels, {3, 1}, w}})
            check(s, random_.whole_numbers(size(s), -3, 3), channels % 2);
        }
}

TEST_P(MaxPool, EqualsTheReferenceForRandomShapes) {
  SCOPED_TRACE(testing::Message() << "GRADRACE_TEST_SEED=" << Random::seed());
  for (int i = 0; i < 200; ++i) {
    Window y{random_.between(1, 5), random_.between(1, 6)}, x{random_.between(1, 5), random_.between(1, 6)};
    y.padding = random_.between(0, y.kernel / 2), x.padding = random_.between(0, x.kernel / 2);
    const PoolShape s{random_.between(5, 20), random_.between(5, 20), random_.between(1, 40), y, x};
    check(s, random_.whole_numbers(size(s), -9, 9), i % 2);
  }
}

TEST_P(MaxPool, TakesTheFirstMaximumAndTheLastNan) {
  for (int i = 0; i < 50; ++i) {
    const PoolShape s{7, 8, random_.between(1, 20), {3, 2}, {2, 1}};
    std::vector<float> x = random_.whole_numbers(size(s), -1, 1);
    random_.spoil(x);
    check(s, x);
  }
  const PoolShape one{1, 4, 1, {1}, {4}};
  check(one, {kNan, 1, kNan, 2});
  check(one, {-kInfinity, -kInfinity, -kInfinity, -kInfinity});
  check(one, {-0.0f, 0.0f, -0.0f, 0.0f});
}

TEST_P(MaxPool, NeverTakesPadding) {
  const PoolShape s{2, 2, 1, {2, 2, 1}, {2, 2, 1}};  // each window sees one place, its last, third, second and first
  check(s, {-1, -2, -3, -4});
  check(s, {-kInfinity, -kInfinity, kNan, -kInfinity});
  const PoolShape overlapping{7, 5, 19, {3, 2, 1}, {5, 1, 2}};
  check(overlapping, random_.numbers(size(overlapping), -2, -1), 1);
}

TEST_P(MaxPool, OfADilatedWindowBesideTheImageHasNoGradient) {
  const PoolShape s{1, 1, 3, {2, 1, 1, 2}, {1}};  // sees the rows -1 and 1
  std::vector<float> y(3);
  std::vector<PoolPlace> argmax(3);
  max_pool_forward(isa(), s, std::vector<float>{1, 2, 3}.data(), y.data(), argmax.data());
  expect_same_bits(y, std::vector<float>(3, -kInfinity));
  std::vector<float> dx(3, kNan);
  max_pool_backward(isa(), s, std::vector<float>{1, 2, 3}.data(), argmax.data(), dx.data());
  expect_same_bits(dx, std::vector<float>(3));
}

TEST_P(MaxPool, NumbersAllPlacesOfTheLargestWindow) {
  const PoolShape square{257, 256, 3, {256}, {256}}, line{1, 65536, 3, {1}, {65536}};
  for (const PoolShape& s : {square, line}) {
    std::vector<float> rising(size(s));
    for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = float(i);
    check(s, rising);
    check(s, random_.numbers(size(s)), 1);
  }
}

TEST_P(MaxPool, WithoutWindowsHasNoOutputsAndZeroGradient) {
  const PoolShape s{1, 5, 9, {2}, {2}};
  check(s, random_.numbers(size(s)));
}

TEST(MaxPoolDeathTest, RefusesHugeWindowsAndMoreThanHalfOfPadding) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<float> v(1024);
  std::vector<PoolPlace> places(1024);
  const PoolShape huge{257, 257, 1, {257}, {257}}, padded{4, 4, 1, {3, 2, 2}, kTwo};
  EXPECT_DEATH(max_pool_forward(Isa::best(), huge, v.data(), v.data(), places.data()), "66049 and right is 65536");
  EXPECT_DEATH(max_pool_backward(Isa::best(), padded, v.data(), places.data(), v.data()), "padding");
}

}  // namespace
}  // namespace gradrace::kernels
