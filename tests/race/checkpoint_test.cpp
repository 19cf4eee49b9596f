#include "engine/race/checkpoint.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "engine/base/statistics.hpp"
#include "engine/race/run_json.hpp"
#include "tests/race/checkpoint_parts.hpp"

namespace gradrace {
namespace {

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
  Parts parts = parts_of(file);
  for (ordered_json& epoch : parts.document["run"]["epochs"])
    for (const char* key : {"train_seconds", "phase_seconds", "stage_seconds"}) epoch.erase(key);
  for (const char* key : {"convergence", "target"})
    if (!parts.document["run"][key].is_null()) parts.document["run"][key].erase("train_seconds");
  if (parts.document.contains("part"))
    for (const char* key : {"train_seconds", "stage_seconds"}) parts.document["part"].erase(key);
  const fs::path rewritten = file.string() + ".timeless";
  write_parts(rewritten, parts);
  const std::string bytes = read_text(rewritten);
  fs::remove(rewritten);
  return bytes;
}

void expect_same_race(const RaceResult& a, const RaceResult& b) {
  ASSERT_EQ(a.runs.size(), b.runs.size());
  for (std::size_t i = 0; i < a.runs.size(); ++i) {
    EXPECT_EQ(a.runs[i].label, b.runs[i].label);
    EXPECT_EQ(a.runs[i].status, b.runs[i].status);
    EXPECT_EQ(a.runs[i].kernels, b.runs[i].kernels);
    EXPECT_EQ(a.runs[i].parameters.size(), 8u);
    expect_same_run(a.runs[i], b.runs[i]);
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
  run_some(options, directory / "runs", 2);
  const ordered_json saved = parts_of(directory / "runs/adam_seed0.safetensors").document.at("part");
  const double seconds = saved["train_seconds"];
  EXPECT_GT(seconds, 0);
  const auto begin = std::chrono::steady_clock::now();
  const EpochResult epoch = run_some(options, directory / "runs").runs[0].epochs[0];
  const std::chrono::duration<double> rest = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(epoch.train_seconds, seconds);
  EXPECT_LT(epoch.train_seconds, seconds + rest.count());
  ASSERT_EQ(epoch.stages.size(), saved["stage_seconds"].size());
  for (std::size_t i = 0; i < epoch.stages.size(); ++i) {
    EXPECT_GE(epoch.stages[i].mean, saved["stage_seconds"][i]["mean"].get<double>()) << epoch.stages[i].name;
    EXPECT_GE(epoch.stages[i].slowest, saved["stage_seconds"][i]["slowest"].get<double>()) << epoch.stages[i].name;
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

/// A run of two epochs of three steps, of one parameter with one array of state.
Checkpoint whole_run() {
  Checkpoint saved;
  saved.run.label = "fast";
  saved.run.optimizer = "adam";
  saved.run.options = {{"lr", "0.001"}};
  saved.run.seed = 7;
  saved.run.status = Status::kFinished;
  saved.run.steps_per_epoch = 3;
  saved.run.step_loss = {1, 2, 3, 4, 5, 6.5f};
  saved.run.epochs = {{1, 0.1, 2, 3, {0.4, 1, 2}, TestResult{0.7, 3, 4}, {{Phase::kData, "gather", 0.5, 0.75}}},
                      {2, 1, 15.5 / 3, 6.5f, {kNoNumber, 0, 2}, TestResult{0.7, 4, 4}, {{Phase::kData, "gather"}}}};
  saved.run.convergence = {3, 0.25};
  saved.run.target = {"accuracy", 0.9, 1, 2, 0.125};
  saved.run.answers = {{0.5f, 3}, {0.25f, 9}};
  saved.run.parameters = {{"w", {2}, {1, 2}}};
  saved.optimizer_state = {{"state.0.w", {2}, {3, 4}}};
  for (int i = 0; i < 1000; ++i) saved.generator.next32();
  return saved;
}

RunForm form_of_whole_run() {
  RunForm form{.states = 1,
               .stages = {{Phase::kData, "gather"}},
               .epochs = 2,
               .steps_per_epoch = 3,
               .test_images = 2,
               .validation_images = 4,
               .classes = 10};
  form.parameters.resize(1);
  form.parameters[0].name = "w";
  form.parameters[0].shape = {2};
  return form;
}

TEST(Checkpoint, KeepsEverythingOfARun) {
  const TemporaryDirectory directory;
  const Checkpoints checkpoints(directory / "runs", kRace, false);
  const Checkpoint saved = whole_run();
  EXPECT_FALSE(checkpoints.find(saved.run, form_of_whole_run()));
  checkpoints.save(saved);
  const std::optional<Checkpoint> found = checkpoints.find(saved.run, form_of_whole_run());
  ASSERT_TRUE(found);
  EXPECT_EQ(run_json(found->run).dump(), run_json(saved.run).dump());
  EXPECT_TRUE(std::isnan(found->run.epochs[1].test.loss));
  EXPECT_EQ(found->run.step_loss, saved.run.step_loss);
  EXPECT_EQ(found->run.parameters[0].values, saved.run.parameters[0].values);
  EXPECT_EQ(found->optimizer_state[0].values, saved.optimizer_state[0].values);
  ASSERT_EQ(found->run.answers.size(), 2u);
  EXPECT_EQ(found->run.answers[1].loss, 0.25f);
  EXPECT_EQ(found->run.answers[1].label, 9);
  EXPECT_EQ(found->generator, saved.generator);
}

TEST(Checkpoint, NamesTheFirstDifferenceHoweverDeepItLies) {
  const TemporaryDirectory directory;
  const auto race = [](int outputs) {
    return ordered_json::parse(fmt::format(R"({{"network": [{{"type": "linear", "outputs": {}}}]}})", outputs));
  };
  Checkpoints(directory / "runs", race(10), false).save(whole_run());
  const Checkpoints other(directory / "runs", race(20), true);
  expect_contains(error_of(ExitCode::kUsage, [&] { other.find(whole_run().run, form_of_whole_run()); }),
                  "belongs to another race: network.1.outputs is 10 there and 20 here");
}

/// An epoch's figures are longer than its losses, and a race may have many epochs.
TEST(Checkpoint, HasAHeaderThatDoesNotGrow) {
  const TemporaryDirectory directory;
  const Checkpoints checkpoints(directory / "runs", kRace, false);
  Checkpoint saved = whole_run();
  saved.run.epochs.resize(2000, saved.run.epochs[0]);
  checkpoints.save(saved);
  const std::string file = read_text(directory / "runs/fast_seed7.safetensors");
  EXPECT_GT(file.size(), 200'000u);
  EXPECT_LT(file.find("}}"), 4000u);
}

TEST(Checkpoint, IsRefusedWhereItIsOfAnotherFormat) {
  const TemporaryDirectory directory;
  run_some(small_race({"adam"}), directory / "runs");
  const fs::path file = directory / "runs/adam_seed0.safetensors";
  const Parts good = parts_of(file);
  const auto refusal = [&](const SafetensorsMetadata& metadata) {
    write_safetensors(file, good.tensors, metadata);
    return error_of(ExitCode::kData, [&] { run_some(small_race({"adam"}), directory / "runs"); });
  };
  expect_contains(refusal({{"checkpoint_version", "3"}}), "a checkpoint of version 2, found one of version 3");
  expect_contains(refusal({{"checkpoint", "{}"}, {"sha256", "abc"}}), "found one of version 1");
  expect_contains(refusal({}), "expected a checkpoint, found other tensors");
}

TEST(Checkpoint, IsNotTakenForMissingWhereItCannotBeRead) {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "runs");
  const fs::path file = directory / "runs/adam_seed0.safetensors";
  fs::create_symlink("nowhere", file);
  expect_contains(error_of(ExitCode::kData, [&] { run_some(small_race({"adam"}), directory / "runs"); }),
                  "adam_seed0.safetensors: cannot be read: No such file or directory");
  EXPECT_TRUE(fs::is_symlink(file));
  fs::remove(file);
  fs::create_directory(file);
  expect_contains(error_of(ExitCode::kData, [&] { run_some(small_race({"adam"}), directory / "runs"); }),
                  "expected a regular file");
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
  other = kRace;
  other["network"] = ordered_json::parse(R"([{"type": "linear"}])");
  expect_contains(refusal(other, "adam"), "network is missing there and [{");
  expect_contains(refusal(kRace, "adam:lr=0.5"), "options.lr is 0.001 there and 0.5 here");
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
  const Checkpoints held(directory / "runs", kRace, true);
  expect_contains(error_of(ExitCode::kFailure, [&] { run_some(small_race({"adam"}), directory / "runs"); }),
                  "another race is writing checkpoints there");
}

TEST(Checkpoint, NeedsADirectory) {
  const TemporaryDirectory directory;
  write_bytes(directory / "file", bytes_of("x"));
  expect_contains(error_of(ExitCode::kFailure, [&] { Checkpoints below(directory / "file/below", kRace, true); }),
                  "file/below");
}

}  // namespace
}  // namespace gradrace
