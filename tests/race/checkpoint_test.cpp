#include "engine/race/checkpoint.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "engine/base/statistics.hpp"
#include "engine/files/safetensors.hpp"
#include "engine/race/run_json.hpp"
#include "tests/data_files.hpp"
#include "tests/races.hpp"
#include "tests/temporary_directory.hpp"
#include "tests/text_file.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

const ordered_json kRace = {{"epochs", 2}, {"batch_size", 8}};

/// Calls `interrupt` after a number of steps.
class Interrupter final : public RaceObserver {
 public:
  Interrupter(Index steps, std::function<void()> interrupt) : left_(steps), interrupt_(std::move(interrupt)) {}
  void step_done(const RaceResult&, const StepEvent&) override {
    if (--left_ == 0) interrupt_();
  }

 private:
  Index left_;
  std::function<void()> interrupt_;
};

/// Runs until it is stopped after that many steps, or to the end if there are fewer.
RaceResult run_some(const RaceOptions& options, const fs::path& directory, Index steps = -1) {
  std::atomic<int> stop{0};
  Interrupter stopper(steps, [&] { stop = 2; });
  RaceObserver* const observers[] = {&stopper};
  const Checkpoints checkpoints(directory, kRace, true);
  return Race(options).run(small_dataset(), observers, stop, &checkpoints);
}

/// Runs until it breaks off after that many steps, saving nothing that it would not have saved anyway.
void run_and_break_off(const RaceOptions& options, const fs::path& directory, Index steps) {
  Interrupter breaker(steps, [] { throw failure("broken off"); });
  const Checkpoints checkpoints(directory, kRace, true);
  RaceObserver* const observers[] = {&breaker};
  const std::atomic<int> never{0};
  error_of(ExitCode::kFailure, [&] { Race(options).run(small_dataset(), observers, never, &checkpoints); });
}

/// A checkpoint without what differs from run to run: seconds, and the checksum that covers them.
std::string timeless(const fs::path& file) {
  SafetensorsMetadata metadata = read_safetensors_metadata(file);
  ordered_json json = ordered_json::parse(metadata.at("checkpoint"));
  for (ordered_json& epoch : json["run"]["epochs"])
    for (const char* key : {"train_seconds", "phase_seconds", "stage_seconds"}) epoch.erase(key);
  for (const char* key : {"convergence", "target"})
    if (!json["run"][key].is_null()) json["run"][key].erase("train_seconds");
  if (json.contains("part")) {
    for (const char* key : {"train_seconds", "stage_seconds"}) json["part"].erase(key);
  }
  const fs::path rewritten = file.string() + ".timeless";
  write_safetensors(rewritten, read_safetensors(file), {{"checkpoint", json.dump()}});
  const std::string bytes = read_text(rewritten);
  fs::remove(rewritten);
  return bytes;
}

void expect_same_race(const RaceResult& a, const RaceResult& b) {
  ASSERT_EQ(a.runs.size(), b.runs.size());
  for (std::size_t i = 0; i < a.runs.size(); ++i) {
    EXPECT_EQ(a.runs[i].label, b.runs[i].label);
    EXPECT_EQ(a.runs[i].status, b.runs[i].status);
    EXPECT_EQ(a.runs[i].step_loss, b.runs[i].step_loss);
    EXPECT_EQ(a.runs[i].kernels, b.runs[i].kernels);
    EXPECT_EQ(a.runs[i].epochs.size(), b.runs[i].epochs.size());
    for (std::size_t p = 0; p < 8; ++p)
      EXPECT_EQ(a.runs[i].parameters[p].values, b.runs[i].parameters[p].values) << a.runs[i].parameters[p].name;
  }
}

/// A race of two runs, stopped or broken off after each of its steps in turn and resumed: the same race, and the same
/// files.
void expect_resuming_changes_nothing(RaceOptions options) {
  const TemporaryDirectory directory;
  const RaceResult whole = run_some(options, directory / "whole");
  for (Index steps = 1; steps <= 12; ++steps)
    for (const bool stopped : {true, false}) {
      SCOPED_TRACE(fmt::format("{} after step {}", stopped ? "stopped" : "broken off", steps));
      const fs::path place = directory / fmt::format("{}{}", stopped, steps);
      options.threads = 1 + steps % 3;  // which may change on the way
      if (stopped)
        run_some(options, place, steps);
      else
        run_and_break_off(options, place, steps);
      options.threads = 1;
      expect_same_race(run_some(options, place), whole);
      for (const fs::directory_entry& file : fs::directory_iterator(directory / "whole"))
        EXPECT_EQ(timeless(place / file.path().filename()), timeless(file.path())) << file.path().filename();
    }
}

TEST(Checkpoint, ResumingEqualsNeverHavingStopped) {
  RaceOptions options = small_race({"adadelta:lr=0.5", "adam:amsgrad=true"});
  expect_resuming_changes_nothing(options);
  options.checkpoint_every = 2;
  expect_resuming_changes_nothing(options);
}

TEST(Checkpoint, ResumingEqualsNeverHavingStoppedInTheContinuedOrder) {
  RaceOptions options = small_race({"muon", "adadelta"});
  options.order = Order::kContinue;
  options.checkpoint_every = 1;
  expect_resuming_changes_nothing(options);
}

/// How many steps a race of six goes back for when it breaks off, or is stopped, after `steps`.
Index steps_kept(std::optional<Index> every, Index steps, bool stopped) {
  const TemporaryDirectory directory;
  RaceOptions options = small_race({"adam"});
  options.checkpoint_every = every;
  if (stopped)
    run_some(options, directory / "runs", steps);
  else
    run_and_break_off(options, directory / "runs", steps);
  return run_some(options, directory / "runs").runs[0].resumed_after;
}

TEST(Checkpoint, IsMadeAsOftenAsIsAskedForAndWhereARaceStops) {
  EXPECT_EQ(steps_kept({}, 2, false), 0);
  EXPECT_EQ(steps_kept({}, 5, false), 3);
  EXPECT_EQ(steps_kept(1, 5, false), 5);
  EXPECT_EQ(steps_kept(2, 5, false), 4);
  EXPECT_EQ(steps_kept(4, 3, false), 0);
  EXPECT_EQ(steps_kept(100, 5, false), 0);
  EXPECT_EQ(steps_kept(100, 5, true), 5);
  EXPECT_EQ(steps_kept({}, 3, true), 3) << "an evaluation is missing";
}

TEST(Checkpoint, KeepsTheTimeOfAnEpochThatIsUnderWay) {
  const TemporaryDirectory directory;
  const auto options = small_race({"adam"});
  const RaceResult stopped = run_some(options, directory / "runs", 2);
  const std::optional<Checkpoint> saved =
      Checkpoints(directory / "runs", kRace, true).find(stopped.runs[0], small_dataset().test.count);
  ASSERT_TRUE(saved && saved->part);
  EXPECT_GT(saved->part->train_seconds, 0);
  const auto begin = std::chrono::steady_clock::now();
  const EpochResult epoch = run_some(options, directory / "runs").runs[0].epochs[0];
  const std::chrono::duration<double> rest = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(epoch.train_seconds, saved->part->train_seconds);
  EXPECT_LT(epoch.train_seconds, saved->part->train_seconds + rest.count());
  ASSERT_EQ(epoch.stages.size(), saved->part->stages.size());
  for (std::size_t s = 0; s < epoch.stages.size(); ++s) {
    EXPECT_GE(epoch.stages[s].mean, saved->part->stages[s].mean) << epoch.stages[s].name;
    EXPECT_GE(epoch.stages[s].slowest, saved->part->stages[s].slowest) << epoch.stages[s].name;
  }
}

/// An observer that fails does not cost what was reached.
TEST(Checkpoint, IsMadeBeforeObserversHearOfAnEpoch) {
  struct Failing final : RaceObserver {
    void epoch_done(const RaceResult&) override { throw failure("the disk is full"); }
  } failing;
  const TemporaryDirectory directory;
  RaceObserver* const observers[] = {&failing};
  const std::atomic<int> never{0};
  error_of(ExitCode::kFailure, [&] {
    const Checkpoints checkpoints(directory / "runs", kRace, true);
    Race(small_race({"adam"})).run(small_dataset(), observers, never, &checkpoints);
  });
  EXPECT_EQ(run_some(small_race({"adam"}), directory / "runs").runs[0].resumed_after, 3);
}

TEST(Checkpoint, ResumesWithTheMissingRuns) {
  const TemporaryDirectory directory;
  RaceOptions options = small_race({"adam", "wild@adam:lr=1e30"});
  options.target_loss = 1000;
  options.seeds = {4};
  const RaceResult first = run_some(options, directory / "runs");
  options.seeds = {3, 4};
  const RaceResult both = run_some(options, directory / "runs");
  ASSERT_EQ(both.runs.size(), 4u);
  EXPECT_EQ(both.runs[0].resumed_after, 0);
  EXPECT_EQ(both.runs[3].resumed_after, 6);
  EXPECT_EQ(both.runs[3].epochs[1].train_seconds, first.runs[0].epochs[1].train_seconds);
  EXPECT_EQ(both.runs[2].status, Status::kDiverged);
  EXPECT_EQ(both.runs[2].problem, first.runs[1].problem);
  EXPECT_TRUE(std::isnan(both.runs[2].step_loss.back()));
}

TEST(Checkpoint, KeepsEverythingOfARun) {
  const TemporaryDirectory directory;
  const Checkpoints checkpoints(directory / "runs", kRace, false);
  Checkpoint saved;
  saved.run.label = "fast";
  saved.run.optimizer = "adam";
  saved.run.options = {{"lr", "0.001"}};
  saved.run.seed = 7;
  EXPECT_FALSE(checkpoints.find(saved.run, 2));
  saved.run.status = Status::kFinished;
  saved.run.epochs = {{1, 0.1, 0.2, 0.3f, {0.4, 5, 6}, TestResult{0.7, 8, 9}},
                      {2, 1, kNoNumber, 0.3f, {0.4, 5, 6}, std::nullopt}};
  saved.run.convergence = {3, 0.25};
  saved.run.target = {"accuracy", 0.9, 1, 2, 0.125};
  saved.run.step_loss = {1, 2, 3};
  saved.run.answers = {{0.5f, 3}, {0.25f, 9}};
  saved.run.parameters = {{"w", {2}, {1, 2}}};
  saved.optimizer_state = {{"state.0.w", {2}, {3, 4}}};
  for (int i = 0; i < 1000; ++i) saved.generator.next32();
  checkpoints.save(saved);
  std::optional<Checkpoint> found = checkpoints.find(saved.run, 2);
  ASSERT_TRUE(found);
  EXPECT_EQ(run_json(found->run).dump(), run_json(saved.run).dump());
  EXPECT_TRUE(std::isnan(found->run.epochs[1].train_loss_mean));
  EXPECT_EQ(found->run.step_loss, saved.run.step_loss);
  EXPECT_EQ(found->run.parameters[0].values, saved.run.parameters[0].values);
  EXPECT_EQ(found->optimizer_state[0].values, saved.optimizer_state[0].values);
  ASSERT_EQ(found->run.answers.size(), 2u);
  EXPECT_EQ(found->run.answers[1].loss, 0.25f);
  EXPECT_EQ(found->run.answers[1].label, 9);
  EXPECT_EQ(found->generator, saved.generator);
}

TEST(Checkpoint, IsRefusedWhereItsAnswersCannotBe) {
  const TemporaryDirectory directory;
  const Checkpoints checkpoints(directory / "runs", kRace, false);
  Checkpoint saved;
  saved.run.label = saved.run.optimizer = "adam";
  saved.run.answers = {{0.5f, 3}, {0.25f, 255}};
  checkpoints.save(saved);
  EXPECT_TRUE(checkpoints.find(saved.run, 2));
  expect_contains(error_of(ExitCode::kData, [&] { checkpoints.find(saved.run, 3); }),
                  "answer_loss: expected one number for each of 3 test images, found 2");
  const fs::path file = directory / "runs/adam_seed0.safetensors";
  const SafetensorsMetadata metadata = read_safetensors_metadata(file);
  std::vector<NamedTensor> tensors = read_safetensors(file);
  const auto labels = std::ranges::find(tensors, "answer_label", &NamedTensor::name);
  for (const float bad : {256.0f, -1.0f, 0.5f, std::nanf("")}) {
    labels->values[1] = bad;
    write_safetensors(file, tensors, {{"checkpoint", metadata.at("checkpoint")}, {"sha256", "?"}});
    const std::string refusal = error_of(ExitCode::kData, [&] { checkpoints.find(saved.run, 2); });
    const std::string sum = refusal.substr(refusal.find("the checksum ") + 13, 64);  // which a forger could write, too
    write_safetensors(file, tensors, {{"checkpoint", metadata.at("checkpoint")}, {"sha256", sum}});
    expect_contains(error_of(ExitCode::kData, [&] { checkpoints.find(saved.run, 2); }),
                    fmt::format("answer_label: expected whole numbers from 0 to 255, found {}", bad));
  }
}

TEST(Checkpoint, IsRefusedWhereItBelongsToAnotherRace) {
  const TemporaryDirectory directory;
  run_some(small_race({"adam"}), directory / "runs", 4);
  const auto refusal = [&](const ordered_json& race, const std::string& optimizer) {
    const Checkpoints checkpoints(directory / "runs", race, true);
    const std::atomic<int> never{0};
    return error_of(ExitCode::kUsage,
                    [&] { Race(small_race({optimizer})).run(small_dataset(), {}, never, &checkpoints); });
  };
  ordered_json other = kRace;
  other["batch_size"] = 16;
  expect_contains(refusal(other, "adam"), "batch_size is 8 there and 16 here");
  expect_contains(refusal({{"epochs", 2}}, "adam"), "batch_size is 8 there and missing here");
  expect_contains(refusal(kRace, "adam:lr=0.5"), R"("lr":0.001)");
  expect_contains(refusal(kRace, "adam@adadelta"), R"(optimizer is "adam" there and "adadelta" here)");
  expect_contains(error_of(ExitCode::kUsage, [&] { Checkpoints again(directory / "runs", kRace, false); }),
                  "resume from them");
  EXPECT_EQ(run_some(small_race({"adam"}), directory / "runs").runs[0].resumed_after, 4) << "it was lost";
}

TEST(Checkpoint, IsRefusedBeforeTheFirstRunWhereItIsDamaged) {
  const TemporaryDirectory directory;
  const RaceOptions options = small_race({"adadelta", "adam"});
  run_some(options, directory / "runs");
  fs::remove(directory / "runs/adadelta_seed0.safetensors");
  const fs::path file = directory / "runs/adam_seed0.safetensors";
  const std::string good = read_text(file);
  const auto refusal = [&](const std::string& bad) {
    std::ofstream(file, std::ios::binary) << bad;
    return error_of(ExitCode::kData, [&] { run_some(options, directory / "runs"); });
  };
  std::mt19937 random(1);
  for (int i = 0; i < 60; ++i) {
    std::string bad = good;
    const std::size_t header = 20'000;
    bad[random() % (i % 2 ? header : good.size())] ^= char(1 << random() % 7);
    if (bad != good) expect_contains(refusal(bad), "adam_seed0.safetensors");
  }
  for (const std::size_t size : {std::size_t{0}, good.size() / 2, good.size() - 1}) refusal(good.substr(0, size));
  refusal(good + "x");
  EXPECT_FALSE(fs::exists(directory / "runs/adadelta_seed0.safetensors"));
  std::ofstream(file, std::ios::binary) << good;
  EXPECT_EQ(run_some(options, directory / "runs").runs[1].resumed_after, 6);
}

TEST(Checkpoint, IsOfOneRaceAtATime) {
  const TemporaryDirectory directory;
  const RaceResult first = run_some(small_race({"adam"}), directory / "runs", 2);
  const Checkpoints held(directory / "runs", kRace, true);
  expect_contains(error_of(ExitCode::kFailure, [&] { run_some(small_race({"adam"}), directory / "runs"); }),
                  "another race is writing checkpoints there");
  EXPECT_EQ(held.find(first.runs[0], small_dataset().test.count)->run.step_loss.size(), 2u);
}

TEST(Checkpoint, NeedsADirectory) {
  const TemporaryDirectory directory;
  write_bytes(directory / "file", bytes_of("x"));
  expect_contains(error_of(ExitCode::kFailure, [&] { Checkpoints below(directory / "file/below", kRace, true); }),
                  "file/below");
}

}  // namespace
}  // namespace gradrace
