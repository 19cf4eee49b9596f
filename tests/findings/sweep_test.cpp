#include "engine/findings/sweep.hpp"

#include <gtest/gtest.h>

#include "tests/data_files.hpp"
#include "tests/races.hpp"

namespace gradrace {
namespace {

std::string labels(const Sweep& sweep) {
  std::string text;
  for (const SweepPoint& point : sweep.points) text += point.label + " ";
  return text;
}

TEST(Sweep, LaysPointsOutOnALogarithmicOrLinearScale) {
  const Sweep log = Sweep::parse("adam:eps=1e-7,lr=1e-4..1e-1:log:7");
  EXPECT_EQ(log.optimizer, "adam");
  EXPECT_EQ(log.option, "lr");
  EXPECT_EQ(labels(log),
            "adam-lr-0.0001 adam-lr-0.000316228 adam-lr-0.001 adam-lr-0.00316228 adam-lr-0.01 adam-lr-0.0316228 "
            "adam-lr-0.1 ");
  EXPECT_EQ(log.points[1].value, 0.000316228);
  EXPECT_EQ(log.specs[6].options.given().at("lr"), "0.1");
  EXPECT_EQ(log.specs[6].options.given().at("eps"), "1e-7");
  const Sweep lin = Sweep::parse("mine@adadelta:rho=0.5..0.9:lin:3");
  EXPECT_EQ(labels(lin), "mine-rho-0.5 mine-rho-0.7 mine-rho-0.9 ");
  EXPECT_EQ(lin.specs[0].name, "adadelta");
}

TEST(Sweep, RefusesWhatIsNoRange) {
  for (const char* bad : {"adam",
                          "adam:lr=1",
                          "adam:lr=1..2",
                          "adam:lr=1..2:log",
                          "adam:lr=1..2:cubic:3",
                          "adam:lr=2..1:lin:3",
                          "adam:lr=a..1:lin:3",
                          "adam:lr=1..2:lin:1",
                          "adam:lr=1..2:lin:2.5",
                          "adam:lr=1..2:lin:101",
                          "adam:1..2:lin:3",
                          "adam:lr=0..1:log:3",
                          "adam:lr=1..2:lin:3,eps=1..2:lin:3",
                          "adam:lr=1..1.0000001:lin:7",
                          "..",
                          ":",
                          "",
                          "adam:..=",
                          "adam:..=1",
                          "adam:lr=..",
                          "adam:lr=:..",
                          "adam:lr=1:..",
                          "adam:lr=..:..:..",
                          "adam:=..",
                          "adam:lr=..1:lin:3"})
    expect_contains(error_of(ExitCode::kUsage, [&] { Sweep::parse(bad); }), bad);
}

/// A run with so many right of 100 validation and of 100 test images.
RunResult run(const std::string& label, Index validation, Index test, std::uint64_t seed = 0) {
  RunResult result;
  result.label = label;
  result.seed = seed;
  result.status = Status::kFinished;
  result.epochs = {{1, 1, 0, 0, {0.5, test, 100}, TestResult{double(100 - validation), validation, 100}}};
  result.parameters = {{"w", {1}, {0}}};
  return result;
}

TEST(Sweep, ChoosesOnValidationAndReportsTest) {
  const std::vector<Sweep> sweeps = {Sweep::parse("a@adam:lr=1..3:lin:3")};
  std::vector<RunResult> runs = {run("sgd", 10, 10), run("a-lr-1", 90, 99), run("a-lr-2", 95, 80),
                                 run("a-lr-3", 99, 99)};
  runs[3].status = Status::kDiverged;
  const Comparison all = compare_runs(runs);
  EXPECT_EQ(chosen_label(sweeps[0], all.labels), "a-lr-2");
  EXPECT_EQ(contestants(runs, sweeps), (std::vector<std::string>{"sgd", "a-lr-2"}));
  const auto json = sweep_json(sweeps, all.labels);
  EXPECT_EQ(json[0]["label"], "a");
  EXPECT_EQ(json[0]["optimizer"], "adam");
  EXPECT_EQ(json[0]["chosen"], "a-lr-2");
  EXPECT_EQ(json[0]["points"][1]["test_accuracy"], 0.8);
  EXPECT_EQ(json[0]["points"][1]["validation_accuracy"], 0.95);
  EXPECT_EQ(json[0]["points"][2]["diverged"], 1);
  EXPECT_TRUE(json[0]["points"][2]["test_accuracy"].is_null());
  EXPECT_EQ(compare_runs(runs, contestants(runs, sweeps)).labels.size(), 2u);
  const auto differences = among(differences_of(runs), contestants(runs, sweeps));
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].b, "a-lr-2");
}

TEST(Sweep, TakesTheMeanOverSeedsAndNoSettingThatEverDiverged) {
  const std::vector<Sweep> sweeps = {Sweep::parse("adam:lr=1..2:lin:2")};
  std::vector<RunResult> runs = {run("adam-lr-1", 90, 90), run("adam-lr-2", 99, 90), run("adam-lr-2", 80, 90, 1),
                                 run("adam-lr-1", 91, 90, 1)};
  EXPECT_EQ(chosen_label(sweeps[0], compare_runs(runs).labels), "adam-lr-1");
  runs[3].status = Status::kDiverged;
  EXPECT_EQ(chosen_label(sweeps[0], compare_runs(runs).labels), "adam-lr-2");
  runs[2].status = Status::kDiverged;
  EXPECT_EQ(chosen_label(sweeps[0], compare_runs(runs).labels), std::nullopt);
  EXPECT_TRUE(sweep_json(sweeps, compare_runs(runs).labels)[0]["chosen"].is_null());
  EXPECT_TRUE(sweep_json(sweeps, {})[0]["points"][0]["test_accuracy"].is_null());
}

}  // namespace
}  // namespace gradrace
