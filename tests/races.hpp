#pragma once
/// Small races for tests.

#include <atomic>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/race/race.hpp"

namespace gradrace {

/// Random images of 12x12 pixels, the smallest race that uses every layer.
inline Dataset small_dataset(Index train = 24, Index test = 10) {
  std::mt19937 random(1);
  const auto images = [&](Index count) {
    ImageSet set{.count = count, .height = 12, .width = 12, .classes = 10};
    for (Index i = 0; i < count * 144; ++i) set.pixels.push_back(std::uint8_t(random() % 256));
    for (Index i = 0; i < count; ++i) set.labels.push_back(std::uint8_t(random() % 10));
    return set;
  };
  return {.name = "custom",
          .directory = "somewhere",
          .notice = "This is not MNIST.",
          .train = images(train),
          .test = images(test),
          .class_names = {"nought"},
          .sha256 = {{"train-images-idx3-ubyte", "abc"}}};
}

/// Options of a quick race: one thread, batches of 8, two epochs.
inline RaceOptions small_race(const std::vector<std::string>& optimizers) {
  RaceOptions options;
  for (const std::string& text : optimizers) options.optimizers.push_back(Spec::parse(text));
  options.epochs = 2;
  options.trainer.batch_size = 8;
  options.threads = 1;
  return options;
}

/// Runs a race that nobody stops.
inline RaceResult run_race(const RaceOptions& options, const Dataset& data,
                           const std::vector<RaceObserver*>& observers = {}) {
  const std::atomic<int> never{0};
  return Race(options).run(data, observers, never);
}

/// What a race has found once the last of these runs has ended.
inline std::vector<RunDifference> differences_of(const std::vector<RunResult>& runs) {
  RaceResult race;
  for (const RunResult& run : runs) {
    race.runs.push_back(run);
    add_differences(race);
  }
  return race.differences;
}

/// The same bits: losses of steps and tests, and weights.
inline void expect_same_run(const RunResult& a, const RunResult& b) {
  EXPECT_EQ(a.step_loss, b.step_loss);
  ASSERT_EQ(a.parameters.size(), b.parameters.size());
  for (std::size_t i = 0; i < a.parameters.size(); ++i)
    EXPECT_EQ(a.parameters[i].values, b.parameters[i].values) << a.parameters[i].name;
  ASSERT_EQ(a.epochs.size(), b.epochs.size());
  for (std::size_t i = 0; i < a.epochs.size(); ++i) EXPECT_EQ(a.epochs[i].test.loss, b.epochs[i].test.loss);
}

}  // namespace gradrace
