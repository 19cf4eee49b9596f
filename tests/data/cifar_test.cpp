#include "engine/data/cifar.hpp"

#include <gtest/gtest.h>

#include "engine/files/sha256.hpp"
#include "tests/data_files.hpp"

namespace gradrace {
namespace {

std::string data_error_of(const Bytes& file, Index classes = kCifarClasses) {
  const std::string sentence = error_of(ExitCode::kData, [&] { parse_cifar(file, "batch", classes); });
  expect_contains(sentence, "batch: ");
  return sentence;
}

TEST(Cifar, InterleavesThePlanes) {
  Bytes file = cifar_file(2);
  file[3073] = 9;
  for (Index i = 0; i < 3072; ++i) file[std::size_t(3073 + 1 + i)] = std::uint8_t(i % 1024 / 8 + i / 1024 * 64);
  for (const Bytes& stored : {file, gzip_compressed(file)}) {
    const CifarFile cifar = parse_cifar(stored, "batch");
    EXPECT_EQ(cifar.sha256.content, sha256({file}));
    EXPECT_EQ(cifar.sha256.stored, sha256({stored}));
    const ImageSet& images = cifar.images;
    EXPECT_EQ(images.count, 2);
    EXPECT_EQ(images.height, 32);
    EXPECT_EQ(images.width, 32);
    EXPECT_EQ(images.channels, 3);
    EXPECT_EQ(images.classes, 10);
    EXPECT_EQ(images.labels, (Bytes{0, 9}));
    ASSERT_EQ(images.pixels.size(), 2 * images.image_bytes());
    for (Index pixel = 0; pixel < 1024; ++pixel)
      for (Index channel = 0; channel < 3; ++channel)
        ASSERT_EQ(images.pixels[std::size_t(3072 + 3 * pixel + channel)], pixel / 8 + channel * 64) << pixel;
  }
}

TEST(Cifar, ChecksTheSize) {
  Bytes file = cifar_file(2);
  expect_contains(data_error_of({}), "expected records of 3073 bytes, found 0");
  file.pop_back();
  expect_contains(data_error_of(file), "expected records of 3073 bytes, found 6145");
  expect_contains(data_error_of(gzip_compressed(file)), "found 6145");
  expect_contains(data_error_of(bytes_of("<!DOCTYPE html>")), "found 15");
  const Bytes large(std::size_t((kCifarMostRecords + 1) * kCifarRecordBytes));
  expect_contains(data_error_of(large), "expected 184380000 bytes, found 184383073");
  expect_contains(data_error_of(gzip_compressed(large)), "more than the 184380000 bytes");
}

TEST(Cifar, ChecksEveryLabel) {
  Bytes file = cifar_file(3);
  file[2 * 3073] = 10;
  expect_contains(data_error_of(file), "expected labels from 0 to 9, found 10 at byte 6146");
  expect_contains(data_error_of(cifar_file(3), 2), "expected labels from 0 to 1, found 2 at byte 6146");
}

}  // namespace
}  // namespace gradrace
