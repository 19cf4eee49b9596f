#include "engine/race/difference.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/races.hpp"

namespace gradrace {
namespace {

RunResult run(const std::string& label, Status status, const std::vector<float>& values) {
  RunResult result;
  result.label = label;
  result.status = status;
  result.parameters = {{"weight", {std::ssize(values)}, values}};
  return result;
}

TEST(Difference, IsTheMeanAndItsPlaceInTheRangeOfTheFirst) {
  const std::vector<NamedTensor> a = {{"w", {2, 2}, {1, -1, 3, 5}}, {"b", {2}, {0.5, 1.5}}};
  const std::vector<NamedTensor> b = {{"w", {2, 2}, {0, 0, 1, 1}}, {"b", {2}, {1, 1}}};
  const std::vector<ParameterDifference> differences = parameter_differences(a, b);
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].parameter, "w");
  EXPECT_DOUBLE_EQ(differences[0].mean_difference, 1.5);
  EXPECT_DOUBLE_EQ(differences[0].normalized_difference, (5 - 1.5) / 6);
  EXPECT_DOUBLE_EQ(differences[1].mean_difference, 0);
  EXPECT_DOUBLE_EQ(differences[1].normalized_difference, 1.5);
}

TEST(Difference, HasNoNormalizedValueForAConstantTensor) {
  const std::vector<NamedTensor> a = {{"w", {2}, {1, 1}}}, b = {{"w", {2}, {0, 0}}};
  EXPECT_FALSE(std::isfinite(parameter_differences(a, b)[0].normalized_difference));
}

TEST(Difference, ComparesEveryPairOfFinishedRuns) {
  const std::vector<RunResult> runs = {run("a", Status::kFinished, {1, 2}), run("b", Status::kDiverged, {1, 2}),
                                       run("c", Status::kFinished, {1, 2}), run("d", Status::kInterrupted, {1, 2}),
                                       run("e", Status::kFinished, {1, 4}), run("f", Status::kFinished, {1, 4})};
  const std::vector<RunDifference> differences = differences_of(runs);
  ASSERT_EQ(differences.size(), 6u);
  EXPECT_EQ(differences[0].a + differences[0].b, "ac");
  EXPECT_EQ(differences[1].a + differences[1].b, "ae");
  EXPECT_EQ(differences[2].a + differences[2].b, "af");
  EXPECT_EQ(differences[3].a + differences[3].b, "ce");
  EXPECT_EQ(differences[1].parameters[0].mean_difference, -1);
}

TEST(Difference, IsKeptAmongChosenLabels) {
  const std::vector<RunDifference> differences = differences_of(
      {run("a", Status::kFinished, {1, 2}), run("b", Status::kFinished, {1, 2}), run("c", Status::kFinished, {1, 2})});
  const std::vector<RunDifference> found = among(differences, std::vector<std::string>{"a", "c", "z"});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].a + found[0].b, "ac");
}

TEST(Difference, PairsRunsFromTheSameSeedInTheOrderOfTheFirst) {
  std::vector<RunResult> runs = {run("b", Status::kFinished, {1, 2}), run("a", Status::kFinished, {0, 2}),
                                 run("a", Status::kFinished, {0, 0}), run("b", Status::kFinished, {1, 3})};
  runs[2].seed = runs[3].seed = 9;
  const std::vector<RunDifference> differences = differences_of(runs);
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].seed, 0u);
  EXPECT_EQ(differences[1].seed, 9u);
  EXPECT_EQ(differences[1].a + differences[1].b, "ba");
  EXPECT_EQ(differences[0].parameters[0].mean_difference, 0.5);
  EXPECT_EQ(differences[1].parameters[0].mean_difference, 2);
}

TEST(Difference, OutlivesTheModelsOfLaterSeeds) {
  RaceOptions options = small_race({"sgd", "adam"});
  options.seeds = {0, 1, 2};
  const RaceResult race = run_race(options, small_dataset());
  ASSERT_EQ(race.runs.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(race.runs[i].parameters.size(), i < 2 ? 8u : 0u) << i;
    EXPECT_EQ(race.runs[i].answers.size(), i < 2 ? 10u : 0u) << i;
    EXPECT_TRUE(race.runs[i].subnormals) << i;
  }
  ASSERT_EQ(race.differences.size(), 3u);
  EXPECT_EQ(race.differences[2].seed, 2u);
  EXPECT_EQ(race.differences[2].parameters.size(), 8u);
  EXPECT_NE(race.differences[2].parameters[0].mean_difference, race.differences[0].parameters[0].mean_difference);
}

}  // namespace
}  // namespace gradrace
