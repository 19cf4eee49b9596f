#include "engine/results/comparison_json.hpp"

#include <gtest/gtest.h>

#include "engine/findings/verdict.hpp"
#include "tests/data_files.hpp"

namespace gradrace {
namespace {

/// A finished run of one epoch; answers: correct ones of 1000.
RunResult run(const std::string& label, std::uint64_t seed, Index answers, double seconds) {
  RunResult result;
  result.label = result.optimizer = label;
  result.seed = seed;
  result.status = Status::kFinished;
  result.epochs = {{1, seconds, 0, 0, {.loss = 1 - double(answers) / 1000, .correct = answers, .total = 1000}}};
  result.convergence = {Index(seconds * 100), seconds / 2};
  return result;
}

/// a and b from five seeds; a is faster from each, and neither is more accurate.
std::vector<RunResult> close_race() {
  std::vector<RunResult> runs;
  const Index answers_a[] = {989, 988, 990, 989, 988}, answers_b[] = {988, 989, 990, 990, 986};
  const double seconds_a[] = {4.8, 4.9, 4.7, 4.9, 5.0}, seconds_b[] = {5.4, 5.6, 5.3, 5.4, 5.7};
  for (std::size_t seed = 0; seed < 5; ++seed) {
    runs.push_back(run("a", seed, answers_a[seed], seconds_a[seed]));
    runs.push_back(run("b", seed, answers_b[seed], seconds_b[seed]));
    if (seed % 2 == 1) std::swap(runs[2 * seed], runs[2 * seed + 1]);
  }
  return runs;
}

void set_diverged(RunResult& run) {
  run.status = Status::kDiverged;
  run.epochs.clear();
  run.convergence.reset();
}

nlohmann::ordered_json json_of(const std::vector<RunResult>& runs) {
  const Comparison comparison = compare_runs(runs);
  return comparison_json(comparison, comparison);
}

std::string sentences(const std::vector<RunResult>& runs) {
  return fmt::format("{}", fmt::join(verdict(compare_runs(runs)), "\n"));
}

TEST(Comparison, SummarisesEachLabelAndPairsBySeed) {
  const auto json = json_of(close_race());
  ASSERT_EQ(json["summary"].size(), 2u);
  const auto& a = json["summary"][0];
  EXPECT_EQ(a["label"], "a");
  EXPECT_EQ(a["seeds"], 5);
  EXPECT_EQ(a["finished"], 5);
  EXPECT_NEAR(a["metrics"]["final_accuracy"]["mean"].get<double>(), 0.9888, 1e-12);
  EXPECT_NEAR(a["metrics"]["epoch_seconds"]["median"].get<double>(), 4.9, 1e-12);
  EXPECT_EQ(a["metrics"]["convergence_step"]["max"], 500);
  ASSERT_EQ(json["paired_difference"].size(), 5u);
  const auto& pair = json["paired_difference"][4];
  EXPECT_EQ(pair["metric"], "epoch_seconds");
  EXPECT_EQ(pair["a"], "a");
  EXPECT_EQ(pair["n"], 5);
  EXPECT_NEAR(pair["mean"].get<double>(), -0.62, 1e-12);
  EXPECT_NEAR(pair["p"].get<double>(), 7.5e-5, 5e-6);  // t = -16.57 with 4 degrees of freedom
  EXPECT_EQ(pair["p"], pair["p_holm"]);
  EXPECT_EQ(json["statistics"]["interval"], "student-t");
}

TEST(Comparison, CorrectsAmongMoreThanTwo) {
  std::vector<RunResult> runs = close_race();
  for (std::size_t seed = 0; seed < 5; ++seed) runs.push_back(run("c", seed, 980 + Index(seed), 4.8));
  const auto pairs = json_of(runs)["paired_difference"];
  ASSERT_EQ(pairs.size(), 15u);
  EXPECT_EQ(pairs[12]["metric"], "epoch_seconds");
  EXPECT_NEAR(pairs[12]["p_holm"].get<double>(), 3 * pairs[12]["p"].get<double>(), 1e-12);
}

TEST(Comparison, NeverDropsARunThatDiverged) {
  std::vector<RunResult> runs = close_race();
  set_diverged(runs[0]);
  const auto json = json_of(runs);
  const auto& a = json["summary"][0];
  EXPECT_EQ(a["diverged"], 1);
  EXPECT_EQ(a["finished"], 4);
  const auto& accuracy = a["metrics"]["final_accuracy"];
  EXPECT_EQ(accuracy["n"], 4);
  EXPECT_EQ(accuracy["missing"], 1);
  EXPECT_TRUE(accuracy["mean"].is_null());
  EXPECT_TRUE(accuracy["min"].is_null());
  EXPECT_EQ(accuracy["median"], 0.988);  // of 0.988 0.988 0.989 0.990 and one that is worse
  for (const auto& pair : json["paired_difference"]) {
    EXPECT_EQ(pair["n"], 4);
    EXPECT_TRUE(pair["mean"].is_null() && pair["p"].is_null());
  }
  const std::string text = sentences(runs);
  expect_contains(text, "a diverged from 1 of 5 seeds.");
  expect_contains(text, "Final accuracy: known for a from 4 of 5 seeds only;");
  EXPECT_EQ(text.find("ahead"), std::string::npos) << text;
}

TEST(Comparison, LeavesOutAnInterruptedRunAndSaysSo) {
  std::vector<RunResult> runs = close_race();
  runs.back().status = Status::kInterrupted;
  const auto json = json_of(runs);
  EXPECT_EQ(json["summary"][1]["interrupted"], 1);
  EXPECT_EQ(json["summary"][1]["metrics"]["final_accuracy"]["n"], 4);
  EXPECT_EQ(json["summary"][1]["metrics"]["final_accuracy"]["missing"], 0);
  EXPECT_EQ(json["paired_difference"][0]["n"], 4);
  EXPECT_FALSE(json["paired_difference"][0]["mean"].is_null());
  expect_contains(sentences(runs), "b was interrupted from 1 of 5 seeds");
}

TEST(Comparison, HasNoMetricThatNobodyGotTo) {
  std::vector<RunResult> runs = close_race();
  for (RunResult& run : runs) run.convergence.reset();
  EXPECT_FALSE(json_of(runs)["summary"][0]["metrics"].contains("convergence_step"));
  EXPECT_TRUE(json_of({})["summary"].empty());
  EXPECT_TRUE(verdict(compare_runs({})).empty());
}

TEST(Verdict, SaysWhoIsAheadOnlyWhereItIsShown) {
  const std::string text = sentences(close_race());
  expect_contains(text,
                  "Final accuracy: no difference between a and b can be shown from 5 seeds (a - b: 0.02 points, 95");
  expect_contains(text,
                  "Training time of an epoch: a is ahead of b (a - b: -0.62 s, 95 % confidence interval -0.72 to");
}

TEST(Verdict, ComparesTheBestOfManyWithTheOthers) {
  std::vector<RunResult> runs = close_race();
  for (std::size_t seed = 0; seed < 5; ++seed) runs.push_back(run("c", seed, 960 + Index(seed), 4.8));
  expect_contains(sentences(runs),
                  "Final accuracy: a has the best mean (98.88 %) and is ahead of c; no difference from b can be shown "
                  "from 5 seeds.");
}

TEST(Verdict, ClaimsNothingFromTwoSeeds) {
  std::vector<RunResult> runs = close_race();
  runs.resize(4);
  EXPECT_EQ(sentences(runs), "What is more than chance cannot be told from fewer than 3 seeds; race from five.");
  runs = {runs[0]};
  EXPECT_EQ(sentences(runs), "");
}

TEST(Verdict, ClaimsNothingFromDifferencesWithoutSpread) {
  std::vector<RunResult> runs;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    runs.push_back(run("a", seed, 990, 5));
    runs.push_back(run("b", seed, 980, 5));
  }
  const std::string text = sentences(runs);
  EXPECT_EQ(text.find("ahead"), std::string::npos) << text;
  expect_contains(text, "1.00 points from every seed");
}

}  // namespace
}  // namespace gradrace
