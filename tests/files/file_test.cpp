#include "engine/files/file.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

std::string refusal_of(const std::filesystem::path& file, std::size_t most = 100) {
  return error_of(ExitCode::kData, [&] { read_text(file, most); });
}

TEST(File, IsReadWhole) {
  const TemporaryDirectory directory;
  write_bytes(directory / "file", bytes_of(std::string("a\0b", 3)));
  EXPECT_EQ(read_text(directory / "file", 3), std::string("a\0b", 3));
  EXPECT_EQ(read_file(directory / "file"), bytes_of(std::string("a\0b", 3)));
  write_bytes(directory / "empty", {});
  EXPECT_EQ(read_text(directory / "empty", 0), "");
  expect_contains(refusal_of(directory / "file", 2), "file: expected at most 2 bytes, found 3");
}

TEST(File, ThatCannotBeReadIsNamedWithTheReason) {
  const TemporaryDirectory directory;
  write_bytes(directory / "file", {});
  expect_contains(refusal_of(directory / "none"), "none: cannot be read: No such file or directory");
  expect_contains(refusal_of(directory / "file/none"), "none: cannot be read: Not a directory");
  expect_contains(refusal_of(directory.path()), "expected a regular file");
}

TEST(File, IsNoPipeToWaitFor) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);
  expect_contains(refusal_of(directory / "pipe"), "pipe: expected a regular file");
}

// A file of the kernel, whose size says nothing, behaves as one that somebody writes to.
TEST(File, ThatChangesWhileItIsReadIsNotTaken) {
  expect_contains(refusal_of("/proc/version"), "expected 0 bytes, found more: the file changes while it is read");
}

}  // namespace
}  // namespace gradrace
