#include "engine/report/results_writer.hpp"

#include <cmath>
#include <iterator>
#include <limits>

#include <gtest/gtest.h>

#include "engine/files/safetensors.hpp"
#include "tests/data_files.hpp"
#include "tests/races.hpp"
#include "tests/temporary_directory.hpp"
#include "tests/text_file.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

RaceSetting small_setting() {
  return {.program = {{"version", "1"}},
          .machine = {{"threads", 1}},
          .data = data_json(small_dataset()),
          .options = {{"epochs", 2}}};
}

/// After every epoch, reads back what the observer in front of it has written.
class Reader final : public RaceObserver {
 public:
  explicit Reader(fs::path directory) : directory_(std::move(directory)) {}
  void epoch_done(const RaceResult&) override {
    seen.push_back(ordered_json::parse(read_text(directory_ / "results.json")));
  }
  std::vector<ordered_json> seen;

 private:
  fs::path directory_;
};

TEST(Results, AreRewrittenAfterEveryEpoch) {
  const TemporaryDirectory directory;
  ResultsWriter writer(directory / "new/results", true);
  writer.describe(small_setting());
  Reader reader(directory / "new/results");
  const RaceResult race = run_race(small_race({"adadelta", "adam"}), small_dataset(), {&writer, &reader});
  ASSERT_EQ(reader.seen.size(), 4u);
  EXPECT_EQ(reader.seen[0]["runs"].size(), 1u);
  EXPECT_EQ(reader.seen[0]["runs"][0]["status"], "interrupted");
  EXPECT_EQ(reader.seen[2]["runs"][0]["status"], "finished");
  EXPECT_EQ(reader.seen[2]["runs"][1]["epochs"].size(), 1u);
  EXPECT_EQ(reader.seen[3]["parameter_difference"].size(), 0u);

  const fs::path results = directory / "new/results";
  EXPECT_EQ(ordered_json::parse(read_text(results / "results.json")), results_json(small_setting(), race));
  expect_contains(read_text(results / "report.html"), "\"label\":\"adam\"");
  EXPECT_EQ(read_text(results / "steps.csv"), steps_csv("custom", race.runs));
  const std::vector<NamedTensor> initial = read_safetensors(results / "init.safetensors");
  ASSERT_EQ(initial.size(), 8u);
  EXPECT_EQ(initial[0].name, "cn1.weight");
  EXPECT_EQ(initial[0].values, race.initial[0].values);
  EXPECT_EQ(read_safetensors(results / "adam_final.safetensors")[7].values, race.runs[1].parameters[7].values);
  EXPECT_EQ(std::distance(fs::directory_iterator(results), {}), 7) << "more than these and the lock, or fewer";
}

TEST(Results, SayEverythingInNumbersThatRoundTrip) {
  const RaceResult race = run_race(small_race({"adadelta:lr=0.05", "adam"}), small_dataset());
  const ordered_json json = ordered_json::parse(results_json(small_setting(), race).dump());
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["data"]["name"], "custom");
  EXPECT_EQ(json["data"]["notice"], "This is not MNIST.");
  EXPECT_EQ(json["data"]["train"], 24);
  EXPECT_EQ(json["data"]["channels"], 1);
  EXPECT_EQ(json["data"]["classes"], ordered_json::parse(R"(["nought", "1", "2", "3", "4", "5", "6", "7", "8", "9"])"));
  EXPECT_EQ(json["data"]["normalization"],
            ordered_json::parse(R"({"mean": [0.1302], "deviation": [0.3069], "source": "published for MNIST"})"));
  const ordered_json& run = json["runs"][0];
  EXPECT_EQ(run["label"], "adadelta");
  EXPECT_EQ(run["options"]["lr"], 0.05);
  EXPECT_EQ(json["runs"][1]["options"]["betas"], ordered_json::parse("[0.9, 0.999]"));
  EXPECT_EQ(run["status"], "finished");
  EXPECT_EQ(run["step_loss"].get<std::vector<float>>(), race.runs[0].step_loss);
  EXPECT_EQ(run["epochs"][1]["test_loss"].get<double>(), race.runs[0].epochs[1].test.loss);
  EXPECT_EQ(run["epochs"][1]["train_seconds"].get<double>(), race.runs[0].epochs[1].train_seconds);
  EXPECT_TRUE(run["convergence"].is_null());
  ASSERT_EQ(json["parameter_difference"].size(), 8u);
  EXPECT_EQ(json["parameter_difference"][0]["a"], "adadelta");
  EXPECT_EQ(json["parameter_difference"][0]["b"], "adam");
  EXPECT_EQ(json["parameter_difference"][0]["parameter"], "cn1.weight");
}

TEST(Results, ListTheStepsOfTheData) {
  RunResult run;
  run.label = "fast";
  run.seed = 7;
  run.steps_per_epoch = 2;
  run.step_loss = {2.301478f, 1.0f / 3, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_EQ(steps_csv("digits", {{run}}),
            "optimizer,seed,epoch,step,loss,data\n"
            "fast,7,1,1,2.301478,digits\nfast,7,1,2,0.33333334,digits\nfast,7,2,3,nan,digits\n");
}

TEST(Results, ExplainLossesThatAreNoNumbers) {
  const RaceResult race = run_race(small_race({"adam:lr=1e30"}), small_dataset());
  const ordered_json run = ordered_json::parse(results_json(small_setting(), race).dump())["runs"][0];
  EXPECT_TRUE(run["step_loss"].back().is_null());
  EXPECT_EQ(run["status"], "diverged");
  expect_contains(run["problem"], "the loss");
}

TEST(Results, RefuseADirectoryThatCannotBeWrittenBeforeAnythingIsTrained) {
  const TemporaryDirectory directory;
  write_bytes(directory / "file", bytes_of("x"));
  expect_contains(error_of(ExitCode::kFailure, [&] { ResultsWriter writer(directory / "file/below", false); }), "file");
  expect_contains(error_of(ExitCode::kFailure, [&] { ResultsWriter writer(directory / "file", false); }), "file");
  fs::create_directories(directory / "steps.csv");
  expect_contains(error_of(ExitCode::kFailure, [&] { ResultsWriter writer(directory.path(), false); }), "steps.csv");
}

TEST(Results, LeaveFormerFilesAloneUntilThereAreNewOnes) {
  const TemporaryDirectory directory;
  const std::string old = R"({"schema_version": 0})";
  write_bytes(directory / "results.json", bytes_of(old));
  ResultsWriter writer(directory.path(), true);
  EXPECT_EQ(read_text(directory / "results.json"), old);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 2) << "more than it and the lock, or fewer";
}

}  // namespace
}  // namespace gradrace
