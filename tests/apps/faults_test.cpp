// What the program does where its surroundings fail it: closed streams, full and read-only file systems, limits.
#include <sys/mount.h>
#include <sys/wait.h>

#include <cstdlib>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "kernels/cpus.hpp"
#include "tests/apps/program.hpp"

namespace gradrace {
namespace {

class ProgramFaults : public ProgramTest {
 protected:
  /// Runs the program in a shell, behind `before`, with its streams in files or where `redirections` lead them.
  Outcome run_in_shell(const std::string& before, const Words& words, const std::string& redirections = "") const {
    const std::string command =
        fmt::format("sh -c '{}; exec {} {}' >{} 2>{} {}", before, GRADRACE_TEST_PROGRAM, fmt::join(words, " "),
                    in_directory("stdout"), in_directory("stderr"), redirections);
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_text(directory_ / "stdout"),
            read_text(directory_ / "stderr")};
  }
  static void expect_well_or_a_sentence(const Outcome& outcome) {
    EXPECT_TRUE(outcome.exit_code == 0 || outcome.exit_code == 1 || outcome.exit_code == 5) << outcome.exit_code;
    EXPECT_EQ(outcome.err.empty(), outcome.exit_code == 0) << outcome.err;
    EXPECT_TRUE(outcome.err.empty() || outcome.err.starts_with("gradrace: error: ")) << outcome.err;
    EXPECT_LE(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
};

/// Without a stream a file could get its number, and with it what was meant for the stream.
TEST_F(ProgramFaults, ClosedStreamsLetNoTextIntoFiles) {
  const Words words = race({"--out", in_directory("out"), "--tensorboard", in_directory("board")});
  EXPECT_EQ(run_in_shell("true", words, "<&-").exit_code, 0);
  EXPECT_EQ(run_in_shell("true", words, "2>&-").exit_code, 0);
  const Outcome outcome = run_in_shell("true", words, ">&-");
  EXPECT_EQ(outcome.exit_code, 1);
  expect_contains(outcome.err, "cannot write to standard output: Bad file descriptor");
  EXPECT_EQ(run_in_shell("true", words, "<&- >&- 2>&-").exit_code, 1);
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory_ / "board"))
    if (file.is_regular_file()) {
      EXPECT_EQ(read_text(file.path()).find("epoch: 1"), std::string::npos) << file.path();
    }
}

TEST_F(ProgramFaults, FewerCpusThanThreadsChangeNoBit) {
  const std::string on_one = fmt::format("taskset -p -c {} $$ >&2", kernels::given_cpus().front());
  const Outcome outcome = run_in_shell(on_one, race({"--threads", "5", "--out", in_directory("five")}));
  EXPECT_EQ(outcome.exit_code, 0);
  expect_contains(outcome.err, "5 threads on 1 CPU: they will wait for each other");
  EXPECT_EQ(run(race({"--out", in_directory("one")})).exit_code, 0);
  EXPECT_EQ(read_text(directory_ / "five/steps.csv"), read_text(directory_ / "one/steps.csv"));
}

TEST_F(ProgramFaults, FullOutputStopsARaceThatIsSaved) {
  const Outcome outcome = run_in_shell("true", race({"--checkpoint", in_directory("runs")}), ">/dev/full");
  EXPECT_EQ(outcome.exit_code, 1);
  expect_contains(outcome.err, "stopped by a failed write to standard output before the first step;");
  expect_contains(outcome.err, "the same command with --resume goes on");
  expect_contains(outcome.err, "cannot write to standard output: No space left on device");
}

#ifndef GRADRACE_TEST_EMULATED
TEST_F(ProgramFaults, FewFilesThatMayBeOpenEndInASentence) {
  int failures = 0;
  for (int files = 4; files < 12; ++files) {
    SCOPED_TRACE(files);
    const Outcome outcome = run_in_shell(fmt::format("ulimit -n {}", files), race({"--out", in_directory("out")}));
    if (outcome.exit_code == 127) continue;  // not even its libraries could be loaded
    expect_well_or_a_sentence(outcome);
    failures += outcome.exit_code != 0;
  }
  EXPECT_GT(failures, 0) << "all were enough";
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which take terabytes of addresses
TEST_F(ProgramFaults, LittleMemoryEndsInASentence) {
  int failures = 0;
  for (int mib = 20; mib <= 60; mib += 4) {
    SCOPED_TRACE(mib);
    const Outcome outcome = run_in_shell(fmt::format("ulimit -v {}", mib << 10), race({"--quiet"}));
    if (outcome.exit_code == 127) continue;  // not even its libraries could be loaded
    expect_well_or_a_sentence(outcome);
    failures += outcome.exit_code != 0;
  }
  EXPECT_GT(failures, 0) << "all were enough";
}
#endif
#endif

/// A file system of its own in `directory_`/disk.
class ProgramFaultsOnDisk : public ProgramFaults {
 protected:
  void mount(unsigned long flags, const char* options) {
    std::filesystem::create_directories(disk());
    mounted_ = ::mount("none", disk().c_str(), "tmpfs", flags, options) == 0;
  }
  ~ProgramFaultsOnDisk() override {
    if (mounted_) ::umount(disk().c_str());
  }
  std::filesystem::path disk() const { return directory_ / "disk"; }
  void expect_refusal(const std::string& reason, const Words& words) const {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    expect_well_or_a_sentence(outcome);
    expect_contains(outcome.err, disk());
    expect_contains(outcome.err, reason);
  }

  bool mounted_ = false;
};

TEST_F(ProgramFaultsOnDisk, ThatIsFullAreASentence) {
  mount(0, "size=32k");
  if (!mounted_) GTEST_SKIP() << "only root can mount a file system";
  for (const char* option : {"--out", "--tensorboard", "--checkpoint", "--trace"}) {
    SCOPED_TRACE(option);
    expect_refusal("No space left on device",
                   race({option, disk() / "x", "--batch-size", "1", "--quiet", "--epochs", "40"}));
    for (const auto& file : std::filesystem::recursive_directory_iterator(disk()))
      EXPECT_EQ(file.path().string().find(".tmp."), std::string::npos) << file.path();
    std::filesystem::remove_all(disk() / "x");
  }
}

TEST_F(ProgramFaultsOnDisk, ThatCannotBeWrittenAreASentence) {
  mount(MS_RDONLY, "");
  if (!mounted_) GTEST_SKIP() << "only root can mount a file system";
  for (const char* option : {"--out", "--tensorboard", "--checkpoint", "--trace"})
    expect_refusal("Read-only file system", race({option, disk() / "x"}));
}

}  // namespace
}  // namespace gradrace
