// Where the time goes: laps leave nothing out, so all stages of all threads add up to the wall time.
#include "engine/measuring/phase_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include <nlohmann/json.hpp>

#include "engine/race/run_json.hpp"
#include "engine/report/trace.hpp"
#include "tests/apps/program.hpp"
#include "tests/races.hpp"
#include "tests/temporary_directory.hpp"
#include "tests/text_file.hpp"

namespace gradrace {
namespace {

void spin(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

double stage_mean(std::span<const StageSeconds> stages, std::string_view name) {
  double sum = 0;
  for (const StageSeconds& stage : stages)
    if (stage.name == name) sum += stage.mean;
  return sum;
}

TEST(PhaseClock, GivesEachLapToItsStageAndTheRestOfAPauseToNobody) {
  const std::vector<std::string> layers = {"first", "second"};
  PhaseClock clock(2, layers, 0);
  clock.resume();
  spin(std::chrono::microseconds(2000));
  clock.of(0).lap(kLayers + 1);
  clock.of(1).lap(kGather);
  clock.pause(kUpdate);
  spin(std::chrono::microseconds(5000));
  clock.resume();
  clock.pause_all(kEvaluate);
  const auto stages = clock.take();
  EXPECT_GE(stage_mean(stages, "second"), 0.99 * 1e-3) << "the mean of 2 ms and none";
  EXPECT_GE(stage_mean(stages, "gather"), 0.99 * 1e-3);
  EXPECT_EQ(stage_mean(stages, "first"), 0);
  for (const StageSeconds& stage : stages) {
    if (stage.name == "second" || stage.name == "gather") {
      EXPECT_NEAR(stage.slowest, 2 * stage.mean, 1e-9) << "the other worker had none";
    }
  }
  EXPECT_EQ(stage_mean(clock.take(), "second"), 0) << "it begins anew";
}

TEST(PhaseClock, KeepsAsManyEventsAsThereIsRoomFor) {
  const std::vector<std::string> layers = {"only"};
  PhaseClock clock(1, layers, 3);
  clock.of(0).lap(kGather);
  clock.record(true);
  for (int i = 0; i < 5; ++i)
    for (const Index stage : {Index(kGather), Index(kUpdate)}) clock.of(0).lap(stage);
  const Trace trace = clock.trace();
  ASSERT_EQ(trace.lanes.size(), 1u);
  ASSERT_EQ(trace.lanes[0].size(), 3u);
  EXPECT_EQ(trace.lanes[0][0].begin, 0);
  for (std::size_t i = 1; i < 3; ++i) EXPECT_EQ(trace.lanes[0][i].begin, trace.lanes[0][i - 1].end);
}

TEST(PhaseClock, AddsUpToTheTrainingTimeOfEachEpoch) {
  for (const Index threads : {1, 2, 3}) {
    for (const bool clipped : {false, true}) {
      RaceOptions options = small_race({"adam"});
      options.threads = threads;
      if (clipped) options.trainer.clip_grad_norm = 0.1;
      options.epochs = 4;
      const RaceResult race = run_race(options, small_dataset(2000));
      ASSERT_EQ(race.runs[0].epochs.size(), 4u);
      double least = 1;  // share of an epoch that is missing; a thread may lose its CPU between readings of two clocks
      for (const EpochResult& epoch : race.runs[0].epochs) {
        double trained = 0;
        for (const Phase phase : {Phase::kData, Phase::kForward, Phase::kBackward, Phase::kOptimizer, Phase::kWait}) {
          EXPECT_GT(phase_seconds(epoch.stages, phase), 0) << name(phase);
          trained += phase_seconds(epoch.stages, phase);
        }
        least = std::min(least, std::abs(trained / epoch.train_seconds - 1));
        EXPECT_GT(phase_seconds(epoch.stages, Phase::kEvaluation), 0);
        for (const char* stage :
             {"shuffle", "gather", "dropout masks", "cn1", "cn2", "fc1", "loss", "gradient", "update"})
          EXPECT_GT(stage_mean(epoch.stages, stage), 0) << stage;
      }
      EXPECT_LT(least, 0.02) << threads << " threads";
    }
  }
}

TEST(PhaseClock, ResultsKeepWhatTheySay) {
  const RaceResult race = run_race(small_race({"adam"}), small_dataset());
  const nlohmann::ordered_json json = run_json(race.runs[0]);
  const auto& epoch = json["epochs"][1];
  std::vector<std::string> phases;
  for (const auto& [phase, seconds] : epoch["phase_seconds"].items()) {
    phases.push_back(phase);
    double sum = 0;
    for (const auto& stage : epoch["stage_seconds"])
      if (stage["phase"] == phase) sum += stage["mean"].get<double>();
    EXPECT_NEAR(seconds.get<double>(), sum, 1e-12) << phase;
  }
  EXPECT_EQ(phases, (std::vector<std::string>{"data", "forward", "backward", "optimizer", "wait", "evaluation"}));
  RunResult copy;
  set_progress(json, copy);
  EXPECT_EQ(run_json(copy)["epochs"], json["epochs"]);
}

TEST(Trace, HasALaneForEachThreadInWhichEventsFollowEachOther) {
  RaceOptions options = small_race({"adam", "sgd"});
  options.threads = 2;
  options.trainer.trace_steps = 3;
  const RaceResult race = run_race(options, small_dataset(80));
  const auto json = nlohmann::json::parse(trace_json(race.trace, "This is not MNIST."));
  EXPECT_EQ(json["otherData"]["notice"], "This is not MNIST.");
  std::vector<double> end(2, 0.0);
  std::vector<int> updates(2, 0), shuffles(2, 0);
  for (const auto& event : json["traceEvents"]) {
    if (event["ph"] == "M") continue;
    ASSERT_EQ(event["ph"], "X");
    const std::size_t lane = event["tid"];
    ASSERT_LT(lane, 2u);
    EXPECT_GE(event["ts"].get<double>(), end[lane] - 0.002) << event;
    end[lane] = event["ts"].get<double>() + event["dur"].get<double>();
    updates[lane] += event["name"] == "fc1" && event["cat"] == "backward";
    shuffles[lane] += event["name"] == "shuffle";
  }
  EXPECT_EQ(updates, (std::vector<int>{3, 3})) << "of ten steps, after five to warm up";
  EXPECT_EQ(shuffles, (std::vector<int>{0, 0}));
}

TEST(PhaseProgram, ShowsATableAndWritesATrace) {
  const TemporaryDirectory directory;
  const std::string file = (directory.path() / "trace.json").string();
  const auto outcome =
      Program(directory.path(), {"--dataset", "digits", "--train-limit", "400", "--test-limit", "50", "--epochs", "1",
                                 "--optimizer", "adam", "--no-progress", "--profile", "--trace", file})
          .wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* word : {"seconds per epoch", "evaluation", "all phases", "wall time", "cn2"})
    EXPECT_NE(outcome.out.find(word), std::string::npos) << word;
  EXPECT_GT(nlohmann::json::parse(read_text(file))["traceEvents"].size(), 100u);
}

TEST(PhaseProgram, SaysAtOnceThatATraceCannotBeWritten) {
  const TemporaryDirectory directory;
  const auto outcome = Program(directory.path(), {"--dataset", "digits", "--trace", "/nowhere/trace.json"}).wait();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("/nowhere/trace.json"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

}  // namespace
}  // namespace gradrace
