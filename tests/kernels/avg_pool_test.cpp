#include "kernels/avg_pool.hpp"

#include "tests/reference.hpp"

namespace gradrace::kernels {
namespace {

class AvgPool : public EveryIsa {
 protected:
  void check(const PoolShape& s, const std::vector<float>& x, const std::vector<float>& dy, Index slack = 0) {
    SCOPED_TRACE(testing::Message() << s.in_h << 'x' << s.in_w << 'x' << s.channels << ", kernel " << s.y.kernel << 'x'
                                    << s.x.kernel << ", stride " << s.y.stride << 'x' << s.x.stride << ", padding "
                                    << s.y.padding << 'x' << s.x.padding);
    const Input x_in(x, slack), dy_in(dy, slack);
    Output y(Index(dy.size()), slack), dx(Index(x.size()), slack);
    avg_pool_forward(isa(), s, x_in.data(), y.data());
    avg_pool_backward(isa(), s, dy_in.data(), dx.data());
    const Index places = s.y.kernel * s.x.kernel;
    reference::expect_sums(y.span(), places, [&](auto as) { return reference::avg_pool(s, as(x)); });
    reference::expect_sums(dx.span(), places, [&](auto as) { return reference::avg_pool_gradient(s, as(dy)); });
    expect_same_bits(y.span(), reference::avg_pool(s, reference::As<float>()(x)));
    expect_same_bits(dx.span(), reference::avg_pool_gradient(s, reference::As<float>()(dy)));
  }
  void check_random(const PoolShape& s, Index slack = 0) {
    std::vector<float> x = random_.numbers(s.in_h * s.in_w * s.channels);
    std::vector<float> dy = random_.numbers(s.out_h() * s.out_w() * s.channels);
    check(s, x, dy, slack);
    random_.spoil(x);
    random_.spoil(dy);
    check(s, x, dy, slack);
  }
  Random random_;
};
GRADRACE_ON_EVERY_ISA(AvgPool);

TEST_P(AvgPool, EqualsTheReferenceForEveryWindow) {
  for (const Index channels : lengths(isa()))
    for (const Index kernel : {1, 2, 3, 5})
      for (const Index stride : {1, 2, 3})
        for (Index padding = 0; padding <= kernel / 2; ++padding) {
          const Window w{kernel, stride, padding};
          check_random({11, 12, channels, w, {2, 2}}, channels % 2);
          check_random({10, 13, channels, {3, 1, 1}, w});
        }
}

TEST_P(AvgPool, EqualsTheReferenceForRandomShapes) {
  SCOPED_TRACE(testing::Message() << "GRADRACE_TEST_SEED=" << Random::seed());
  for (int i = 0; i < 100; ++i) {
    Window y{random_.between(1, 5), random_.between(1, 6)}, x{random_.between(1, 5), random_.between(1, 6)};
    y.padding = random_.between(0, y.kernel / 2), x.padding = random_.between(0, x.kernel / 2);
    check_random({random_.between(5, 20), random_.between(5, 20), random_.between(1, 40), y, x}, i % 2);
  }
}

TEST_P(AvgPool, CountsPaddingAsZeros) {
  const PoolShape s{2, 2, 1, {2, 2, 1}, {2, 2, 1}};
  std::vector<float> y(4);
  avg_pool_forward(isa(), s, std::vector<float>{4, 8, 12, 16}.data(), y.data());
  expect_same_bits(y, std::vector<float>{1, 2, 3, 4});
}

TEST_P(AvgPool, WithoutWindowsHasNoOutputsAndZeroGradient) {
  check_random({1, 5, 9, {2}, {2}});
}

TEST(AvgPoolDeathTest, RefusesDilationAndMoreThanHalfOfPadding) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<float> v(64);
  const PoolShape dilated{4, 4, 1, {2, 2, 0, 2}, {2, 2}}, padded{4, 4, 1, {2, 2}, {3, 2, 2}};
  EXPECT_DEATH(avg_pool_forward(Isa::best(), dilated, v.data(), v.data()), "dilation");
  EXPECT_DEATH(avg_pool_backward(Isa::best(), padded, v.data(), v.data()), "padding");
}

}  // namespace
}  // namespace gradrace::kernels
