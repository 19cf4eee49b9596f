#include "engine/data/digits.hpp"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "engine/files/sha256.hpp"

namespace gradrace {
namespace {

/// Sums over the pixels of one image.
struct Moments {
  double mass = 0, x = 0, y = 0;
};

Moments moments(const ImageSet& set, Index image) {
  Moments m;
  for (Index row = 0; row < set.height; ++row) {
    for (Index column = 0; column < set.width; ++column) {
      const double ink = set.pixels[static_cast<std::size_t>((image * set.height + row) * set.width + column)];
      m.mass += ink;
      m.x += ink * (static_cast<double>(column) + 0.5);
      m.y += ink * (static_cast<double>(row) + 0.5);
    }
  }
  return m;
}

class Digits : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    train_ = draw_digits(DigitsPart::kTrain);
    test_ = draw_digits(DigitsPart::kTest);
  }
  static inline ImageSet train_, test_;
};

TEST_F(Digits, AreTheSameOnEveryMachine) {
  EXPECT_EQ(sha256({train_.pixels, train_.labels}), "a87f57beeecf557c93d56d2bfe0457d39d1324adf480bc3fda146d118869b403");
  EXPECT_EQ(sha256({test_.pixels, test_.labels}), "d00ff8feb54258ec0b296a4e246b9c65974cd2c581cdc647acbec879fcc171db");
}

TEST_F(Digits, HaveMnistsShapeAndBalance) {
  EXPECT_EQ(train_.count, 60000);
  EXPECT_EQ(test_.count, 10000);
  for (const ImageSet* set : {&train_, &test_}) {
    EXPECT_EQ(set->height, 28);
    EXPECT_EQ(set->width, 28);
    EXPECT_EQ(std::ssize(set->pixels), set->count * 784);
    EXPECT_EQ(std::ssize(set->labels), set->count);
    for (int digit = 0; digit < 10; ++digit) {
      const auto share = static_cast<double>(std::ranges::count(set->labels, digit)) / static_cast<double>(set->count);
      EXPECT_NEAR(share, 0.1, 0.01) << digit;
    }
  }
}

TEST_F(Digits, HaveMnistsInkInTheMiddle) {
  double mass = 0;
  for (Index image = 0; image < test_.count; ++image) {
    const Moments m = moments(test_, image);
    ASSERT_GT(m.mass, 255 * 15) << image;
    EXPECT_NEAR(m.x / m.mass, 14, 2.5) << image;
    EXPECT_NEAR(m.y / m.mass, 14, 2.5) << image;
    mass += m.mass;
  }
  EXPECT_NEAR(mass / 255 / static_cast<double>(std::ssize(test_.pixels)), 0.13, 0.01);
  EXPECT_GT(std::ranges::count(test_.pixels, 0), std::ssize(test_.pixels) * 3 / 4);
}

TEST_F(Digits, NoTwoImagesAreEqual) {
  std::vector<std::string> images;
  for (const ImageSet* set : {&train_, &test_}) {
    for (auto at = set->pixels.begin(); at != set->pixels.end(); at += 784) images.emplace_back(at, at + 784);
  }
  std::ranges::sort(images);
  EXPECT_EQ(std::ranges::adjacent_find(images), images.end());
}

}  // namespace
}  // namespace gradrace
