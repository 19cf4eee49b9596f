#include "kernels/gradient_norm.hpp"

#include "tests/support.hpp"

namespace gradrace::kernels {
namespace {

TEST(GradientNormDeathTest, SumsSquaresInDouble) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Random random;
  const std::vector<float> x = random.numbers(16 * 1001, -3, 5);
  long double sum = 0;
  for (const float v : x) sum += (long double)(v)*v;
  EXPECT_NEAR(sum_of_squares(x), double(sum), 1e-12 * double(sum));
  EXPECT_EQ(sum_of_squares({}), 0);
  EXPECT_DEATH(static_cast<void>(sum_of_squares(std::span(x).first(15))), "left is 15");
}

TEST(GradientNorm, ClipsAsPyTorch) {
  EXPECT_EQ(clip_factor(0.5, 1), 1);
  EXPECT_EQ(clip_factor(0, 0.1), 1);
  EXPECT_EQ(clip_factor(4, 1), float(1 / (4 + 1e-6)));
  EXPECT_EQ(clip_factor(double(kInfinity), 1), 0);
  EXPECT_TRUE(std::isnan(clip_factor(double(kNan), 1)));
  std::vector<float> x{1, -2, kInfinity, 0};
  scale(x, 0.5f);
  EXPECT_EQ(x, (std::vector<float>{0.5f, -1, kInfinity, 0}));
}

}  // namespace
}  // namespace gradrace::kernels
