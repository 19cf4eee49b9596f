#include "engine/files/lock.hpp"

#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <optional>

#include <gtest/gtest.h>

#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

TEST(DirectoryLock, HasOneHolderAndLeavesNothingBehind) {
  const TemporaryDirectory directory;
  std::optional<DirectoryLock> first(std::in_place, directory / "made/below", "results");
  const DirectoryLock of_another_kind(directory / "made/below", "checkpoints");
  expect_contains(error_of(ExitCode::kFailure, [&] { DirectoryLock(directory / "made/below", "results"); }),
                  "made/below: another race is writing results there");
  first.reset();
  EXPECT_FALSE(std::filesystem::exists(directory / "made/below/.results.lock"));
  const DirectoryLock next(directory / "made/below", "results");
}

TEST(DirectoryLock, IsHeldAgainstOtherProcessesUntilTheyAreKilled) {
  const TemporaryDirectory directory;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const DirectoryLock lock(directory.path(), "results");
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  error_of(ExitCode::kFailure, [&] { DirectoryLock(directory.path(), "results"); });
  ::kill(holder, SIGKILL);
  ASSERT_EQ(::waitpid(holder, nullptr, 0), holder);
  EXPECT_TRUE(std::filesystem::exists(directory / ".results.lock"));
  const DirectoryLock lock(directory.path(), "results");
}

TEST(DirectoryLock, DoesNotRemoveWhatIsNoLongerItsOwn) {
  const TemporaryDirectory directory;
  std::optional<DirectoryLock> old(std::in_place, directory.path(), "results");
  std::filesystem::remove(directory / ".results.lock");
  const DirectoryLock next(directory.path(), "results");
  old.reset();
  error_of(ExitCode::kFailure, [&] { DirectoryLock(directory.path(), "results"); });
}

TEST(DirectoryLock, SaysWhyItCannotBeHad) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "file") << "x";
  expect_contains(error_of(ExitCode::kFailure, [&] { DirectoryLock(directory / "file", "results"); }), "file: ");
  std::filesystem::create_directory(directory / ".results.lock");
  expect_contains(error_of(ExitCode::kFailure, [&] { DirectoryLock(directory.path(), "results"); }), "Is a directory");
}

}  // namespace
}  // namespace gradrace
