#include "engine/files/tar.hpp"

#include <random>

#include <gtest/gtest.h>

#include "tests/data_files.hpp"
#include "tests/tar_archive.hpp"

namespace gradrace {
namespace {

std::string data_error_of(const Bytes& archive) {
  const std::string sentence = error_of(ExitCode::kData, [&] { tar_files(archive, "some.tar"); });
  expect_contains(sentence, "some.tar: ");
  return sentence;
}

TEST(Tar, ListsThePlainFiles) {
  const Bytes archive = tar_archive({{"set/", "", '5'},
                                     {"set/a", "hello"},
                                     {"set/link", "", '2'},
                                     {"set/b", std::string(512, 'b')},
                                     {"../c", "", '\0'}});
  const std::vector<TarFile> files = tar_files(archive, "some.tar");
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].path, "set/a");
  EXPECT_EQ(Bytes(files[0].content.begin(), files[0].content.end()), bytes_of("hello"));
  EXPECT_EQ(files[1].path, "set/b");
  EXPECT_EQ(files[1].content.size(), 512u);
  EXPECT_EQ(files[2].path, "../c");
  EXPECT_TRUE(files[2].content.empty());
}

TEST(Tar, NeedsAnEnd) {
  const Bytes archive = tar_archive({{"a", "hello"}});
  ASSERT_EQ(archive.size(), 2048u);
  expect_contains(data_error_of({}), "expected a tar header at byte 0, found the end");
  expect_contains(data_error_of(Bytes(archive.begin(), archive.begin() + 500)), "at byte 0, found the end");
  expect_contains(data_error_of(Bytes(archive.begin(), archive.begin() + 514)), "at most the 2 bytes that follow");
  expect_contains(data_error_of(Bytes(archive.begin(), archive.begin() + 1024)), "at byte 1024, found the end");
  EXPECT_EQ(tar_files(Bytes(archive.begin(), archive.begin() + 1536), "one block of zeros is enough").size(), 1u);
}

TEST(Tar, ChecksEveryHeader) {
  Bytes archive = tar_archive({{"a", "hello"}, {"b", "world"}});
  expect_contains(data_error_of(bytes_of(std::string(2000, 'x'))), "at byte 0, found something else");
  archive[1024] ^= 1;  // a letter of the second name
  expect_contains(data_error_of(archive), "at byte 1024, found something else");
  for (const char* size : {"77777777777", "00000009000", "-0000000001", "           ", "\x80\0\0\0\0\0\0\0\0\0\1"})
    expect_contains(data_error_of(tar_archive({{"a", "hello", '0', std::string(size, 11)}})), "at byte 124 the size");
}

TEST(Tar, IsNeverReadBeyondItsEnd) {
  const Bytes good = tar_archive({{"a", "hello"}, {"b", std::string(700, 'b')}});
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    Bytes bad(good.begin(), good.begin() + random() % good.size());  // its own memory: a sanitizer sees its end
    for (int k = 0; k < 2 && !bad.empty(); ++k) bad[random() % bad.size()] = std::uint8_t(random());
    try {
      for (const TarFile& file : tar_files(bad, "some.tar"))
        for (const std::uint8_t byte : file.content) ASSERT_LE(byte, 255);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kData);
    }
  }
}

}  // namespace
}  // namespace gradrace
