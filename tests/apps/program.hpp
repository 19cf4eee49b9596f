#pragma once
/// Runs the built gradrace program in tests, and the directory with a small data set that the tests of its commands
/// share.

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"
#include "tests/text_file.hpp"

namespace gradrace {

struct Outcome {
  int exit_code = 0;  ///< 128 + n if signal n killed the program
  std::string out, err;
};

/// One run of the program. It sees an environment of its own: no mirror that it could reach, a cache in `directory`,
/// and none of the tester's settings. Its output goes to files there.
class Program {
 public:
  Program(std::filesystem::path directory, const std::vector<std::string>& arguments,
          const std::vector<std::string>& environment = {})
      : directory_(std::move(directory)) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    constexpr int kFresh = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (directory_ / "stdout").c_str(), kFresh, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (directory_ / "stderr").c_str(), kFresh, 0600);
    start(arguments, environment, &actions);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const { ::kill(process_, number); }
  /// What it has written to standard output so far.
  std::string out() const { return read_text(directory_ / "stdout"); }
  /// Its exit code.
  int wait_for_exit() const {
    int status = 0;
    ::waitpid(process_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  Outcome wait() const {
    const int exit_code = wait_for_exit();
    return {exit_code, read_text(directory_ / "stdout"), read_text(directory_ / "stderr")};
  }

  /// Runs it on a terminal, to which both outputs go, and returns what it showed there.
  static std::string on_terminal(const std::filesystem::path& directory, const std::vector<std::string>& arguments,
                                 const std::vector<std::string>& environment) {
    int master = -1, slave = -1;
    if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) throw std::runtime_error("openpty failed");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, slave, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, slave, STDERR_FILENO);
    Program program(directory);
    program.start(arguments, environment, &actions);
    ::close(slave);
    std::string shown;
    char buffer[4096];
    for (ssize_t n; (n = ::read(master, buffer, sizeof buffer)) > 0;) shown.append(buffer, std::size_t(n));
    ::close(master);
    program.wait_for_exit();
    return shown;
  }

 private:
  explicit Program(std::filesystem::path directory) : directory_(std::move(directory)) {}

  void start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
             posix_spawn_file_actions_t* actions) {
    std::vector<std::string> words = {GRADRACE_TEST_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = environment;
    for (const std::string& usual : {std::string("PATH=/usr/bin:/bin"), "XDG_CACHE_HOME=" + directory_.string(),
                                     std::string("GRADRACE_MIRRORS=https://127.0.0.1:1")}) {
      const std::string name = usual.substr(0, usual.find('=') + 1);
      const auto is_it = [&](const std::string& variable) { return variable.starts_with(name); };
      if (std::ranges::none_of(environment, is_it)) variables.push_back(usual);
    }
    const std::filesystem::path out = directory_ / "stdout";                  // of an earlier run, perhaps
    if (std::filesystem::is_regular_file(out)) std::filesystem::remove(out);  // it is opened later, in emulation
    const int error = ::posix_spawn(&process_, GRADRACE_TEST_PROGRAM, actions, nullptr, pointers(words).data(),
                                    pointers(variables).data());
    posix_spawn_file_actions_destroy(actions);
    if (error != 0) throw std::runtime_error("cannot start " GRADRACE_TEST_PROGRAM);
  }

  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> list;
    for (std::string& word : words) list.push_back(word.data());
    list.push_back(nullptr);
    return list;
  }

  std::filesystem::path directory_;
  pid_t process_ = -1;
};

using Words = std::vector<std::string>;

/// A directory with a small data set in it, and the program on it.
class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    for (const KnownFile& file : kMnistFiles) write_data(file, idx_file(shape_of(file)));
  }

  static std::vector<Index> shape_of(const KnownFile& file, Index more = 0) {
    const Index count = (file.name.starts_with("train") ? 40 : 20) + more;
    return file.kind == IdxKind::kImages ? std::vector<Index>{count, 28, 28} : std::vector<Index>{count};
  }
  void write_data(const KnownFile& file, const Bytes& bytes) { write_bytes(data() / file.name, bytes); }
  std::filesystem::path data() const { return directory_ / "data"; }
  std::string in_directory(const std::string& name) const { return (directory_ / name).string(); }

  /// A quick race, with more arguments if need be.
  Words race(const Words& more = {}) const {
    Words words = {"--data-dir", data().string(), "--epochs", "1", "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Outcome run(const Words& arguments, const Words& environment = {}) const {
    return Program(directory_.path(), arguments, environment).wait();
  }

  /// The program must end with `code` and one line on standard error that contains `part`; wrong usage before it prints
  /// anything else.
  void expect_error(ExitCode code, const std::string& part, const Words& arguments,
                    const Words& environment = {}) const {
    const Outcome outcome = run(arguments, environment);
    EXPECT_EQ(outcome.exit_code, int(code)) << outcome.err;
    EXPECT_TRUE(code != ExitCode::kUsage || outcome.out.empty()) << outcome.out;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("gradrace: error: ")) << outcome.err;
    expect_contains(outcome.err, part);
  }
  void expect_data_error(const std::string& part) const { expect_error(ExitCode::kData, part, race()); }
  /// The one JSON document that the program must print.
  nlohmann::json document(const Words& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }

  const TemporaryDirectory directory_;
};

}  // namespace gradrace
