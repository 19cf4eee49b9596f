// Races again and again in one process: the same bits each time, and nothing is left behind. tests/soak runs it for as
// long as it is told.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/race/checkpoint_parts.hpp"

namespace gradrace {
namespace {

struct Usage {
  Index memory;  // bytes that are resident
  Index descriptors, threads;
};

Index entries_of(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
}

Usage usage() {
  Index program = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> program >> resident;
  return {resident * sysconf(_SC_PAGESIZE), entries_of("/proc/self/fd"), entries_of("/proc/self/task")};
}

double minutes() {
  const char* text = std::getenv("GRADRACE_SOAK_MINUTES");
  return text ? std::strtod(text, nullptr) : 0.02;
}

/// A race of both optimizers that is stopped in its second epoch and goes on; with as many threads as is said.
RaceResult interrupted_race(const fs::path& directory, Index threads) {
  RaceOptions options = small_race({"adadelta", "adam"});
  options.threads = threads;
  run_some(options, directory, 4);
  RaceResult race = run_some(options, directory);
  fs::remove_all(directory);
  return race;
}

void expect_same(const RaceResult& race, const RaceResult& first) {
  ASSERT_EQ(race.runs.size(), first.runs.size());
  for (std::size_t i = 0; i < race.runs.size(); ++i) expect_same_run(race.runs[i], first.runs[i]);
}

TEST(Soak, RacesAgainAndAgainLeaveNothingBehind) {
  const TemporaryDirectory directory;
  const RaceResult first = interrupted_race(directory / "runs", 1);
  for (Index i = 0; i < 6; ++i) interrupted_race(directory / "runs", 1 + i % 3);  // what is allocated once
  const Usage before = usage();
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double, std::ratio<60>>(minutes());
  Index races = 0;
  for (; std::chrono::steady_clock::now() < end && !HasFailure(); ++races)
    expect_same(interrupted_race(directory / "runs", 1 + races % 3), first);
  interrupted_race(directory / "runs", 3);  // OpenMP keeps the threads of the last race, and before it were three
  const Usage after = usage();
  constexpr Index kScatter = Index{8} << 20;  // of an allocator that several threads use
  EXPECT_LE(after.memory, before.memory + kScatter) << "after " << races << " races";
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_EQ(after.threads, before.threads);
  RecordProperty("races", int(races));
  RecordProperty("bytes_more", std::to_string(after.memory - before.memory));
}

}  // namespace
}  // namespace gradrace
