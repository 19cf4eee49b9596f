#include "engine/base/statistics.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/golden.hpp"

namespace gradrace {
namespace {

using Json = nlohmann::ordered_json;

void expect_near(double actual, const Json& expected) {
  const double value = expected.get<double>();
  EXPECT_NEAR(actual, value, 1e-12 * std::max(1e-3, std::abs(value)));
}

std::vector<double> expect_summary(const Json& golden) {
  const auto values = golden.at("values").get<std::vector<double>>();
  const Summary summary = summarize(values);
  EXPECT_EQ(summary.n, golden.at("n").get<Index>());
  expect_near(summary.mean, golden.at("mean"));
  expect_near(summary.standard_deviation, golden.at("standard_deviation"));
  expect_near(summary.median, golden.at("median"));
  expect_near(summary.min, golden.at("min"));
  expect_near(summary.max, golden.at("max"));
  expect_near(summary.confidence_low, golden.at("confidence_low"));
  expect_near(summary.confidence_high, golden.at("confidence_high"));
  return values;
}

TEST(GoldenStatistics, AgreeWithFiftyDigits) {
  const Json file = golden::json("statistics.json");
  for (const auto& [name, golden] : file.at("samples").items()) {
    SCOPED_TRACE(name);
    const std::vector<double> a = expect_summary(golden.at("a")), b = expect_summary(golden.at("b"));
    const PairedDifference difference = paired_difference(a, b);
    const Json& expected = golden.at("difference");
    EXPECT_EQ(difference.n, std::ssize(a));
    expect_near(difference.mean, expected.at("mean"));
    expect_near(difference.confidence_low, expected.at("confidence_low"));
    expect_near(difference.confidence_high, expected.at("confidence_high"));
    expect_near(difference.p, expected.at("p"));
  }
}

TEST(GoldenStatistics, CorrectAsHolmDoes) {
  const Json file = golden::json("statistics.json");
  for (const Json& golden : file.at("holm")) {
    const std::vector<double> corrected = holm_corrected(golden.at("p").get<std::vector<double>>());
    ASSERT_EQ(corrected.size(), golden.at("corrected").size());
    for (std::size_t i = 0; i < corrected.size(); ++i) EXPECT_NEAR(corrected[i], golden.at("corrected")[i], 1e-14);
  }
  const std::vector<double> corrected = holm_corrected(std::vector{0.03, kNoNumber, 0.01});
  EXPECT_DOUBLE_EQ(corrected[0], 0.03);
  EXPECT_TRUE(std::isnan(corrected[1]));
  EXPECT_DOUBLE_EQ(corrected[2], 0.02);
}

TEST(Statistics, KnowWhatASingleValueCannotTell) {
  const Summary summary = summarize(std::vector{3.0});
  EXPECT_EQ(summary.n, 1);
  EXPECT_EQ(summary.mean, 3);
  EXPECT_EQ(summary.median, 3);
  EXPECT_TRUE(std::isnan(summary.standard_deviation) && std::isnan(summary.confidence_low));
  EXPECT_TRUE(std::isnan(paired_difference(std::vector{3.0}, std::vector{1.0}).p));
  EXPECT_EQ(summarize({}).n, 0);
  EXPECT_TRUE(std::isnan(summarize({}).median));
  EXPECT_EQ(paired_difference({}, {}).n, 0);
}

TEST(Statistics, GiveNoMeanWhereSomeValuesWereNeverReached) {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  const Summary most = summarize(std::vector{4.0, kNever, 1.0, 2.0, kNever});
  EXPECT_EQ(most.n, 3);
  EXPECT_EQ(most.median, 4);
  EXPECT_EQ(most.min, 1);
  EXPECT_EQ(most.max, kNever);
  EXPECT_TRUE(std::isnan(most.mean) && std::isnan(most.confidence_high));
  EXPECT_EQ(summarize(std::vector{4.0, kNever, kNever, kNever}).median, kNever);
  EXPECT_EQ(summarize(std::vector{4.0, kNever}).median, kNever);
}

TEST(Statistics, ClaimNothingFromDifferencesWithoutSpread) {
  const PairedDifference difference = paired_difference(std::vector{0.3, 0.5, 0.7}, std::vector{0.1, 0.3, 0.5});
  EXPECT_NEAR(difference.mean, 0.2, 1e-15);
  EXPECT_TRUE(std::isnan(difference.p) && std::isnan(difference.confidence_low));
}

}  // namespace
}  // namespace gradrace
