#include "engine/data/idx.hpp"

#include <sys/resource.h>

#include <gtest/gtest.h>

#include "engine/base/error.hpp"
#include "engine/files/sha256.hpp"
#include "tests/data_files.hpp"

namespace gradrace {
namespace {

std::string data_error_of(const Bytes& file, IdxKind kind) {
  const std::string sentence = error_of(ExitCode::kData, [&] { parse_idx(file, "some-idx", kind); });
  expect_contains(sentence, "some-idx: ");
  return sentence;
}

Bytes with_u32(Bytes file, std::size_t offset, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) file[offset + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  return file;
}

const Bytes kImageFile = idx_file({3, 4, 2}, 256), kLabelFile = idx_file({3});

TEST(Idx, ReadsImagesAndLabels) {
  for (const Bytes& file : {kImageFile, gzip_compressed(kImageFile)}) {
    const IdxFile idx = parse_idx(file, "some-idx", IdxKind::kImages);
    EXPECT_EQ(idx.shape, (std::vector<Index>{3, 4, 2}));
    EXPECT_EQ(idx.values, Bytes(kImageFile.begin() + 16, kImageFile.end()));
    EXPECT_EQ(idx.sha256.content, sha256({kImageFile}));
  }
  const ImageSet set = join_images_and_labels(parse_idx(kImageFile, "images", IdxKind::kImages),
                                              parse_idx(kLabelFile, "labels", IdxKind::kLabels));
  EXPECT_EQ(set.count, 3);
  EXPECT_EQ(set.height, 4);
  EXPECT_EQ(set.width, 2);
  EXPECT_EQ(set.pixels.size(), 24u);
  EXPECT_EQ(set.labels, (Bytes{0, 1, 2}));
}

TEST(Idx, ChecksTheMagicNumber) {
  expect_contains(data_error_of(with_u32(kImageFile, 0, 0x804), IdxKind::kImages),
                  "expected the magic number 0x00000803 (images) at byte 0, found 0x00000804");
  expect_contains(data_error_of(idx_file({30}), IdxKind::kImages), "found 0x00000801");
  expect_contains(data_error_of(kImageFile, IdxKind::kLabels), "expected the magic number 0x00000801 (labels)");
  data_error_of(with_u32(kImageFile, 0, 0x0d03), IdxKind::kImages);  // floats
  expect_contains(data_error_of(bytes_of("<!DOCTYPE html><html></html>"), IdxKind::kLabels), "magic number");
}

TEST(Idx, ChecksThatTheHeaderIsThere) {
  expect_contains(data_error_of({}, IdxKind::kImages), "header of 16 bytes, found 0");
  expect_contains(data_error_of(Bytes(kImageFile.begin(), kImageFile.begin() + 15), IdxKind::kImages), "found 15");
  expect_contains(data_error_of(gzip_compressed(Bytes(7)), IdxKind::kLabels), "header of 8 bytes, found 7");
}

TEST(Idx, ChecksEveryDimension) {
  expect_contains(data_error_of(with_u32(kImageFile, 4, 0), IdxKind::kImages), "the count at byte 4");
  expect_contains(data_error_of(with_u32(kImageFile, 8, 0), IdxKind::kImages), "the height at byte 8");
  expect_contains(data_error_of(with_u32(kImageFile, 12, 0), IdxKind::kImages), "the width at byte 12");
  expect_contains(data_error_of(with_u32(kImageFile, 12, 0xffffffff), IdxKind::kImages), "found 4294967295");
  expect_contains(data_error_of(with_u32(kLabelFile, 4, 0), IdxKind::kLabels), "the count at byte 4");
}

TEST(Idx, ChecksTheLength) {
  Bytes file = kImageFile;
  file.pop_back();
  expect_contains(data_error_of(file, IdxKind::kImages), "expected 40 bytes, as the header says, but the data ends");
  expect_contains(data_error_of(gzip_compressed(file), IdxKind::kImages), "ends at byte 39");
  file = kImageFile;
  file.push_back(0);
  expect_contains(data_error_of(file, IdxKind::kImages), "expected 40 bytes, found 41");
  expect_contains(data_error_of(gzip_compressed(file), IdxKind::kImages), "more than the 40 bytes");
}

TEST(Idx, AHeaderCannotClaimMemory) {
  const auto peak_kilobytes = [] {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const long before = peak_kilobytes();
  const Bytes billions = with_u32(kImageFile, 4, 1u << 31);
  expect_contains(data_error_of(billions, IdxKind::kImages), "found 2147483648");
  const Bytes overflow = with_u32(with_u32(with_u32(kImageFile, 4, 1 << 24), 8, 1 << 12), 12, 1 << 12);
  expect_contains(data_error_of(overflow, IdxKind::kImages), "the header claims 281474976710672");
  const Bytes plausible = with_u32(with_u32(with_u32(kImageFile, 4, 1'000'000), 8, 28), 12, 28);  // 784 MB
  data_error_of(plausible, IdxKind::kImages);
  data_error_of(gzip_compressed(plausible), IdxKind::kImages);
  EXPECT_LT(peak_kilobytes() - before, 10'000);
}

TEST(Idx, ImagesAndLabelsMustMatch) {
  const std::string sentence = error_of(ExitCode::kData, [&] {
    join_images_and_labels(parse_idx(kImageFile, "images", IdxKind::kImages),
                           parse_idx(idx_file({4}), "labels", IdxKind::kLabels));
  });
  EXPECT_EQ(sentence, "labels: expected 3 labels, one for each image of images, found 4");
}

TEST(Idx, LabelsCountTheClassesUnlessTheseAreGiven) {
  Bytes labels = kLabelFile;
  labels.back() = 255;
  const auto joined = [&](Index classes) {
    return join_images_and_labels(parse_idx(kImageFile, "images", IdxKind::kImages),
                                  parse_idx(labels, "labels", IdxKind::kLabels), classes);
  };
  EXPECT_EQ(joined(kMostClasses).classes, 256);
  EXPECT_EQ(error_of(ExitCode::kData, [&] { joined(255); }),
            "labels: expected labels from 0 to 254, found 255 at byte 10");
  labels.back() = 0;
  EXPECT_EQ(joined(2).classes, 2);
  EXPECT_EQ(error_of(ExitCode::kData, [&] { joined(1); }), "labels: expected labels from 0 to 0, found 1 at byte 9");
}

TEST(Sha256, KnownValues) {
  EXPECT_EQ(sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256({bytes_of("abc")}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({bytes_of("a"), bytes_of("bc")}), sha256({bytes_of("abc")}));
}

TEST(ImageSet, KeepsTheFirst) {
  ImageSet set{.count = 3, .height = 2, .width = 1, .pixels = {1, 2, 3, 4, 5, 6}, .labels = {7, 8, 9}};
  set.keep_first(5);
  EXPECT_EQ(set.count, 3);
  set.keep_first(2);
  EXPECT_EQ(set.count, 2);
  EXPECT_EQ(set.pixels, (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(set.labels, (Bytes{7, 8}));
}

}  // namespace
}  // namespace gradrace
