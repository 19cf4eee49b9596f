#include "engine/files/gzip.hpp"

#include <gtest/gtest.h>

#include "engine/base/error.hpp"
#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

Bytes sample(std::size_t size = 5000) {
  Bytes bytes(size);
  std::uint32_t state = 1;
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 28);
  return bytes;
}

std::string data_error_of(const Bytes& file, std::size_t limit = 5000) {
  const std::string sentence = error_of(ExitCode::kData, [&] { uncompressed(file, "some.gz", limit); });
  expect_contains(sentence, "some.gz: ");
  return sentence;
}

TEST(Gzip, PlainAndCompressedFilesGiveTheSameBytes) {
  EXPECT_EQ(uncompressed(sample(), "plain", 5000), sample());
  EXPECT_EQ(uncompressed(gzip_compressed(sample()), "some.gz", 5000), sample());
  EXPECT_EQ(uncompressed(gzip_compressed(sample()), "some.gz", 1 << 20), sample());
  EXPECT_EQ(uncompressed(gzip_compressed({}), "some.gz", 10), Bytes());
}

TEST(Gzip, MembersAfterEachOtherAreOneFile) {
  Bytes file = gzip_compressed(sample(100)), second = gzip_compressed(bytes_of("second"));
  file.insert(file.end(), second.begin(), second.end());
  Bytes expected = sample(100);
  expected.insert(expected.end(), {'s', 'e', 'c', 'o', 'n', 'd'});
  EXPECT_EQ(uncompressed(file, "some.gz", 106), expected);
  EXPECT_EQ(uncompressed_start(file, "some.gz", 103), Bytes(expected.begin(), expected.begin() + 103));
  expect_contains(data_error_of(file, 105), "more than the 105 bytes");
}

TEST(Gzip, TheStartNeedsNoMoreThanItself) {
  const Bytes start = sample(16);
  EXPECT_EQ(uncompressed_start(sample(), "plain", 16), start);
  Bytes file = gzip_compressed(sample());
  file.resize(file.size() / 2);
  EXPECT_EQ(uncompressed_start(file, "some.gz", 16), start);
  EXPECT_EQ(uncompressed_start(bytes_of("abc"), "plain", 16), bytes_of("abc"));
  EXPECT_EQ(uncompressed_start(gzip_compressed(bytes_of("abc")), "some.gz", 16), bytes_of("abc"));
}

TEST(Gzip, EveryTruncationIsAnError) {
  const Bytes whole = gzip_compressed(sample(300));
  for (std::size_t size = 2; size < whole.size(); ++size) {
    const std::string sentence = data_error_of(Bytes(whole.begin(), whole.begin() + static_cast<Index>(size)), 300);
    expect_contains(sentence, fmt::format("ends at byte {}", size));
  }
}

TEST(Gzip, DamageNeverGoesUnnoticed) {
  const Bytes whole = gzip_compressed(sample(300));
  for (std::size_t i = 10; i < whole.size(); ++i) {  // the first ten hold a date and a system, which do not matter
    Bytes damaged = whole;
    damaged[i] ^= 0x10;
    try {
      EXPECT_EQ(uncompressed(damaged, "some.gz", 300), sample(300)) << i;  // it hit a bit that means nothing
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kData);
    }
  }
}

TEST(Gzip, SaysWhereAndWhat) {
  Bytes file = gzip_compressed(sample());
  file[file.size() - 8] ^= 1;
  expect_contains(data_error_of(file), "incorrect data check");
  file = gzip_compressed(sample());
  file[file.size() - 4] ^= 1;
  expect_contains(data_error_of(file), "incorrect length check");
  file = gzip_compressed(sample());
  const std::size_t end = file.size();
  file.insert(file.end(), {'j', 'u', 'n', 'k'});
  expect_contains(data_error_of(file), fmt::format("at byte {}, expected the end of the file, found 4 bytes", end));
}

TEST(Gzip, NeverMakesMoreThanTheLimit) {
  expect_contains(data_error_of(gzip_compressed(Bytes(50'000'000)), 1000), "more than the 1000 bytes");
  expect_contains(data_error_of(sample(), 4999), "expected 4999 bytes, found 5000");
}

TEST(Gzip, ReadsWholeFiles) {
  const TemporaryDirectory directory;
  write_bytes(directory / "file", sample());
  EXPECT_EQ(read_file(directory / "file"), sample());
  write_bytes(directory / "empty", {});
  EXPECT_EQ(read_file(directory / "empty"), Bytes());
}

TEST(Gzip, FilesThatCannotBeRead) {
  const TemporaryDirectory directory;
  expect_contains(error_of(ExitCode::kData, [&] { read_file(directory / "missing"); }), "missing: cannot be read");
  expect_contains(error_of(ExitCode::kData, [&] { read_file(directory.path()); }), "expected a regular file");
  expect_contains(error_of(ExitCode::kData, [&] { read_file("/dev/zero"); }), "expected a regular file");
  write_bytes(directory / "huge", {});
  std::filesystem::resize_file(directory / "huge", kMaxFileBytes + 1);
  expect_contains(error_of(ExitCode::kData, [&] { read_file(directory / "huge"); }), "expected at most");
}

}  // namespace
}  // namespace gradrace
