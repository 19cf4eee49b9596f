#include "engine/files/atomic_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/base/error.hpp"
#include "engine/files/lock.hpp"
#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

std::ptrdiff_t files_in(const TemporaryDirectory& directory) {
  return std::distance(std::filesystem::directory_iterator(directory.path()), {});
}

/// The sentence with which writing fails; empty if it does not.
std::string failure_of(const std::filesystem::path& path, const std::string& text) {
  try {
    write_atomically(path, text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kFailure);
    return error.what();
  }
  return "";
}

TEST(AtomicFile, CreatesAndReplacesWholeFiles) {
  const TemporaryDirectory directory;
  const std::string longer(3'000'000, 'x'), shorter("a\0b", 3);
  for (const std::string& text : {longer, shorter, std::string()}) {
    write_atomically(directory / "file", text);
    EXPECT_EQ(contents(directory / "file"), text);
  }
  EXPECT_EQ(files_in(directory), 1);
}

TEST(AtomicFile, RemovesWhatKilledWritersLeftAndNothingElse) {
  const TemporaryDirectory directory;
  const std::vector<std::string> others = {"other.tmp.01234567", "file.tmp.0123456", "file.tmp.012345678", "file.tmp."};
  for (const std::string& name : others) std::ofstream(directory / name) << "theirs";
  std::ofstream(directory / "file.tmp.01234567") << "half";
  std::ofstream(directory / "file.tmp.89abcdef") << "being written";
  const Descriptor writer(::open((directory / "file.tmp.89abcdef").c_str(), O_WRONLY));
  ASSERT_EQ(try_to_lock(writer), 0);
  write_atomically(directory / "file", "text");
  EXPECT_FALSE(std::filesystem::exists(directory / "file.tmp.01234567"));
  EXPECT_TRUE(std::filesystem::exists(directory / "file.tmp.89abcdef"));
  for (const std::string& name : others) EXPECT_TRUE(std::filesystem::exists(directory / name)) << name;
}

/// Processes in containers can share a number as well as a directory; here they are threads.
TEST(AtomicFile, IsWrittenByManyAtOnceAndIsWholeAfterEach) {
  const TemporaryDirectory directory;
  const std::string file = directory / "file";
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w)
    writers.emplace_back([&file, w] {
      for (int i = 0; i < 50; ++i) EXPECT_EQ(failure_of(file, std::string(std::size_t(10'000 * w), char('a' + w))), "");
    });
  for (std::thread& writer : writers) writer.join();
  const std::string text = contents(file);
  EXPECT_EQ(text, std::string(text.size(), char('a' + text.size() / 10'000)));
  EXPECT_EQ(files_in(directory), 1);
}

TEST(AtomicFile, WritesRelativeToTheWorkingDirectory) {
  const TemporaryDirectory directory;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  write_atomically("file", "text");
  std::filesystem::current_path(before);
  EXPECT_EQ(contents(directory / "file"), "text");
}

TEST(AtomicFile, SaysWhyItCannotWrite) {
  const TemporaryDirectory directory;
  const std::string missing = directory / "missing/file", taken = directory / "taken", below = directory / "file/below";
  EXPECT_EQ(failure_of(missing, "x"), "cannot write " + missing + ": No such file or directory");
  write_atomically(directory / "file", "text");
  EXPECT_EQ(failure_of(below, "x"), "cannot write " + below + ": Not a directory");
  std::filesystem::create_directory(taken);
  EXPECT_EQ(failure_of(taken, "x"), "cannot write " + taken + ": it exists and is not a regular file");
  EXPECT_EQ(files_in(directory), 2);
}

TEST(AtomicFile, RefusesToReplaceADevice) {
  const TemporaryDirectory directory;
  std::filesystem::create_symlink("/dev/null", directory / "null");
  EXPECT_NE(failure_of(directory / "null", "x"), "");
  EXPECT_EQ(files_in(directory), 1);
}

/// While it lives, files of this process cannot grow beyond `bytes`: a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_;
  void (*handler_)(int);
};

TEST(AtomicFile, AFailedWriteLeavesTheOldFileAndNothingElse) {
  const TemporaryDirectory directory;
  const std::string file = directory / "file";
  write_atomically(file, "old");
  {
    const FileSizeLimit limit(100'000);
    EXPECT_EQ(failure_of(file, std::string(200'000, 'x')), "cannot write " + file + ": File too large");
  }
  EXPECT_EQ(contents(file), "old");
  EXPECT_EQ(files_in(directory), 1);
}

TEST(AtomicFile, IsKnownToBeWritableBeforeItIsWritten) {
  const TemporaryDirectory directory;
  const auto refusal = [](const std::string& path) {
    return error_of(ExitCode::kFailure, [&] { expect_writable(path); });
  };
  const std::string file = directory / "file";
  std::ofstream(file + ".tmp.0123abcd");  // of one who was killed while he looked
  expect_writable(file);
  EXPECT_EQ(files_in(directory), 0);
  write_atomically(file, "old");
  expect_writable(file);
  EXPECT_EQ(contents(file), "old");
  EXPECT_EQ(refusal(file + "/below"), "cannot write " + file + "/below: Not a directory");
  EXPECT_EQ(refusal(directory.path()),
            "cannot write " + directory.path().string() + ": it exists and is not a regular file");
  const FileSizeLimit limit(0);
  EXPECT_EQ(refusal(file), "cannot write " + file + ": File too large");
  EXPECT_EQ(files_in(directory), 1);
}

TEST(AtomicFile, AKilledWriterLeavesAWholeFile) {
  const TemporaryDirectory directory;
  const std::string old_text(1'000'000, 'a'), new_text(1'500'000, 'b');
  write_atomically(directory / "file", old_text);
  for (useconds_t delay = 500; delay < 10'000; delay += 1000) {
    const pid_t writer = ::fork();
    if (writer == 0) {
      for (;;) {
        write_atomically(directory / "file", new_text);
        write_atomically(directory / "file", old_text);
      }
    }
    ::usleep(delay);
    ::kill(writer, SIGKILL);
    ASSERT_EQ(::waitpid(writer, nullptr, 0), writer);
    const std::string found = contents(directory / "file");
    ASSERT_TRUE(found == old_text || found == new_text) << found.size() << " bytes";
  }
}

}  // namespace
}  // namespace gradrace
