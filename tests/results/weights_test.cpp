#include "engine/results/weights.hpp"

#include <limits>
#include <numeric>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/races.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

RunResult run_of(const std::vector<float>& values, std::uint64_t seed = 0) {
  RunResult run;
  run.seed = seed;
  run.parameters = {{"w", {std::ssize(values)}, values}};
  return run;
}

ordered_json described(const std::vector<RunResult>& runs) {
  ordered_json results = {{"runs", ordered_json::array()}};
  for (std::size_t i = 0; i < runs.size(); ++i) results["runs"].push_back(ordered_json::object());
  add_weights(results, runs);
  return results["runs"];
}

TEST(Weights, AreCountedInTheSameBinsForAllRuns) {
  const ordered_json runs = described({run_of({0, 0.5f, 0.99f}), run_of({60, 59.5f, 1})});
  for (const ordered_json& run : runs) {
    EXPECT_EQ(run["weights"]["w"]["low"], 0);
    EXPECT_EQ(run["weights"]["w"]["high"], 60);
    ASSERT_EQ(run["weights"]["w"]["counts"].size(), kHistogramBins);
  }
  EXPECT_EQ(runs[0]["weights"]["w"]["counts"][0], 3);
  EXPECT_EQ(runs[1]["weights"]["w"]["counts"][1], 1);
  EXPECT_EQ(runs[1]["weights"]["w"]["counts"][59], 2) << "the highest value belongs to the last bin";
}

TEST(Weights, OfOneValueOnlyFillOneBin) {
  EXPECT_EQ(described({run_of({2, 2})})[0]["weights"]["w"]["counts"][0], 2);
}

TEST(Weights, AreLeftOutWhereTheyAreNotFiniteNotThereOrOfAnotherSeed) {
  const ordered_json runs = described(
      {run_of({0, 1}), run_of({0, std::numeric_limits<float>::infinity()}), RunResult{}, run_of({0, 100}, 1)});
  EXPECT_EQ(runs[0]["weights"]["w"]["high"], 1);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(runs[i].empty()) << i;
}

TEST(Weights, OfARaceIncludeTheFirstConvolutionsFilters) {
  const RaceResult race = run_race(small_race({"adam"}), small_dataset());
  const ordered_json run = described({race.runs[0]})[0];
  EXPECT_EQ(run["weights"].size(), 8u);
  const auto counts = run["weights"]["fc1.weight"]["counts"].get<std::vector<Index>>();
  EXPECT_EQ(std::size_t(std::accumulate(counts.begin(), counts.end(), Index(0))),
            race.runs[0].parameters[4].values.size());
  EXPECT_EQ(run["filters"]["parameter"], "cn1.weight");
  EXPECT_EQ(run["filters"]["shape"], ordered_json({16, 1, 3, 3}));
  ASSERT_EQ(run["filters"]["values"].size(), 144u);
  EXPECT_NEAR(run["filters"]["values"][143].get<double>(), double(race.runs[0].parameters[0].values[143]), 1e-6);
}

}  // namespace
}  // namespace gradrace
