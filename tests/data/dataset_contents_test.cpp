// What a data set holds: formats, classes, pixels, checksums.
#include <set>

#include "engine/data/directory.hpp"
#include "engine/files/sha256.hpp"
#include "tests/data/dataset_place.hpp"

namespace gradrace {
namespace {

TEST(KnownSets, OfAFormatHaveTheSameFilesAndOtherChecksums) {
  std::set<std::string_view> checksums;
  for (const KnownSet& set : kKnownSets) {
    EXPECT_EQ(find_known_set(set.name), &set);
    EXPECT_FALSE(set.mirrors.empty());
    EXPECT_EQ(set.files.size(), set.format == Format::kIdx ? 4u : 6u);
    for (std::size_t i = 0; i < set.files.size(); ++i) {
      EXPECT_EQ(set.files[i].sha256.size(), 64u);
      checksums.insert(set.files[i].sha256);
      if (set.format == Format::kCifar) continue;
      EXPECT_EQ(set.files[i].name, kMnistFiles[i].name);
      EXPECT_EQ(set.files[i].bytes, kMnistFiles[i].bytes) << "60,000 and 10,000 images of 28x28";
    }
  }
  EXPECT_EQ(checksums.size(), 18u);
}

TEST(KnownSets, KnowAFileByItsContentOrAsItIsPublished) {
  const Bytes content = idx_file({5}), gzip = gzip_compressed(content);
  const std::string of_content = sha256({content}), of_gzip = sha256({gzip});
  const IdxFile plain = parse_idx(content, "plain", IdxKind::kLabels), packed = parse_idx(gzip, "gz", IdxKind::kLabels);
  const KnownFile by_content{"x", IdxKind::kLabels, 13, of_content}, by_gzip{"x", IdxKind::kLabels, 13, of_gzip};
  EXPECT_TRUE(by_content.is(plain.sha256) && by_content.is(packed.sha256) && by_gzip.is(packed.sha256));
  EXPECT_FALSE(by_gzip.is(plain.sha256));
}

TEST_F(DatasetTest, AChosenDirectoryMayHoldCifar10sFormat) {
  write_cifar_set(directory_ / "mine");
  write_cifar_set(directory_ / "torch/cifar-10-batches-bin");
  for (const char* dataset : {"cifar10", "auto"})
    for (const char* place : {"mine", "torch"}) {
      options_.dataset = dataset;
      options_.directory = directory_ / place;
      const Dataset data = load_dataset(options_);
      EXPECT_EQ(data.name, "custom");
      expect_contains(data.notice, "unknown checksum: data_batch_1.bin.gz data_batch_2.bin test_batch.bin.gz");
      EXPECT_EQ(data.train.count, 11);
      EXPECT_EQ(data.test.count, 3);
      EXPECT_EQ(data.train.channels, 3);
      EXPECT_EQ(data.train.classes, 10);
      EXPECT_EQ(data.train.labels, (Bytes{0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3}));
      EXPECT_EQ(data.train.pixels[10 * 3072 + 1], 3 + 80) << "green of the last image";
      EXPECT_EQ(data.sha256.size(), 3u);
      EXPECT_EQ(data.normalization.mean, (std::vector<double>{0.4914, 0.4822, 0.4465}));
    }
  options_.dataset = "mnist";
  expect_contains(data_error_of(options_), "expected the file train-images-idx3-ubyte.gz");
}

TEST_F(DatasetTest, Cifar10sFilesHaveNoGap) {
  const fs::path mine = directory_ / "mine";
  write_cifar_set(mine);
  options_.dataset = "cifar10";
  options_.directory = mine;
  for (const char* beyond : {"data_batch_4.bin", "data_batch_4.bin.gz"}) {
    write_bytes(mine / beyond, cifar_file(1));
    expect_contains(data_error_of(options_),
                    "expected the file data_batch_3.bin.gz or data_batch_3.bin, found neither");
    fs::remove(mine / beyond);
  }
  for (const char* other : {"data_batch_4.bin.txt", "data_batch_x.bin", "data_batch_99999999999999999999.bin"})
    write_bytes(mine / other, {});
  EXPECT_EQ(load_dataset(options_).train.count, 11);
  fs::remove(mine / "test_batch.bin.gz");
  expect_contains(data_error_of(options_), "test_batch.bin.gz or test_batch.bin, found neither");
  fs::remove(mine / "data_batch_1.bin.gz");
  expect_contains(data_error_of(options_), "data_batch_1.bin.gz or data_batch_1.bin, found neither");
}

TEST_F(DatasetTest, ClassesAreCountedOrGiven) {
  const fs::path mine = directory_ / "mine";
  write_custom_set(mine);
  write_bytes(mine / "t10k-labels-idx1-ubyte.gz", Bytes{0, 0, 8, 1, 0, 0, 0, 3, 0, 255, 1});
  options_.directory = mine;
  EXPECT_EQ(load_dataset(options_).train.classes, 256);
  EXPECT_EQ(load_dataset(options_).test.classes, 256);
  options_.classes = 255;
  expect_contains(data_error_of(options_),
                  "t10k-labels-idx1-ubyte.gz: expected labels from 0 to 254, found 255 at byte 9");
  write_custom_set(mine);
  EXPECT_EQ(load_dataset(options_).train.classes, 255);
  options_.classes.reset();
  EXPECT_EQ(load_dataset(options_).test.classes, 5) << "as in the training set";
  write_cifar_set(directory_ / "cifar");
  options_.directory = directory_ / "cifar";
  options_.classes = 6;
  expect_contains(data_error_of(options_), "data_batch_1.bin.gz: expected labels from 0 to 5, found 6 at byte 18438");
  options_.classes = 20;
  EXPECT_EQ(load_dataset(options_).train.classes, 20);
  options_.directory.clear();
  options_.dataset = "digits";
  options_.classes = 9;
  expect_contains(error_of(ExitCode::kUsage, [&] { load_dataset(options_); }), "'digits' has 10 classes, not 9");
}

TEST_F(DatasetTest, PixelsAreScaledByPublishedMeasuredOrGivenNumbers) {
  write_custom_set(directory_ / "mine");
  options_.directory = directory_ / "mine";
  Normalization numbers = load_dataset(options_).normalization;
  EXPECT_EQ(numbers.mean, (std::vector<double>{0.017647})) << "of the bytes 0 to 9";
  EXPECT_EQ(numbers.deviation, (std::vector<double>{0.011264}));
  EXPECT_EQ(numbers.source, "measured on the training images");
  options_.mean = {0.5};
  numbers = load_dataset(options_).normalization;
  EXPECT_EQ(numbers.mean, (std::vector<double>{0.5}));
  EXPECT_EQ(numbers.deviation, (std::vector<double>{0.011264}));
  EXPECT_EQ(numbers.source, "given, the other measured on the training images");
  options_.deviation = {0.25, 0.25};
  expect_contains(error_of(ExitCode::kUsage, [&] { load_dataset(options_); }),
                  "expected one deviation or one for each of the 1 channels of the images, found 2");
  options_.deviation = {0};
  expect_contains(error_of(ExitCode::kUsage, [&] { load_dataset(options_); }), "deviations above 0");

  write_cifar_set(directory_ / "cifar");
  options_.directory = directory_ / "cifar";
  options_.deviation = {1, 2, 3};
  numbers = load_dataset(options_).normalization;
  EXPECT_EQ(numbers.mean, (std::vector<double>{0.5, 0.5, 0.5}));
  EXPECT_EQ(numbers.deviation, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(numbers.source, "given");

  for (const KnownFile& file : kMnistFiles)  // of MNIST's size: its numbers
    write_bytes(directory_ / "size" / file.name,
                idx_file(file.kind == IdxKind::kImages ? std::vector<Index>{4, 28, 28} : std::vector<Index>{4}));
  options_.mean.clear();
  options_.deviation.clear();
  options_.directory = directory_ / "size";
  EXPECT_EQ(load_dataset(options_).normalization.source, "published for MNIST");
}

TEST_F(DatasetTest, VerifyTellsEachFilesState) {
  write_custom_set(directory_ / "mine");
  fs::remove(directory_ / "mine" / "train-labels-idx1-ubyte.gz");
  write_bytes(directory_ / "mine" / "t10k-images-idx3-ubyte.gz", bytes_of("<html>"));
  const std::vector<FileCheck> checks = verify_directory(kMnist, directory_ / "mine");
  ASSERT_EQ(checks.size(), 4u);
  EXPECT_EQ(checks[kTrainImages].bytes, 16 + 5 * 4 * 3);
  EXPECT_EQ(checks[kTrainImages].sha256.size(), 64u);
  EXPECT_EQ(checks[kTrainImages].problem, "");
  EXPECT_FALSE(checks[kTrainImages].is_known);
  EXPECT_EQ(checks[kTrainLabels].problem, "the file is missing");
  expect_contains(checks[kTestImages].problem, "header of 16 bytes");
  write_cifar_set(directory_ / "cifar");
  const std::vector<FileCheck> batches = verify_directory(*find_known_set("cifar10"), directory_ / "cifar");
  ASSERT_EQ(batches.size(), 6u);
  EXPECT_EQ(batches[0].bytes, 7 * 3073);
  EXPECT_EQ(batches[0].problem, "");
  EXPECT_EQ(batches[2].problem, "the file is missing");
  EXPECT_FALSE(batches[5].is_known);
}

TEST_F(DatasetTest, MadeDigitsCanBeReadBack) {
  make_digits(directory_ / "made");
  options_.directory = directory_ / "made";
  const Dataset made = load_dataset(options_);
  options_.directory.clear();
  options_.dataset = "digits";
  const Dataset drawn = load_dataset(options_);
  EXPECT_EQ(made.name, "custom");
  EXPECT_EQ(made.sha256, drawn.sha256);
  EXPECT_EQ(made.train.pixels, drawn.train.pixels);
  EXPECT_EQ(made.test.labels, drawn.test.labels);
  expect_contains(error_of(ExitCode::kData, [&] { make_digits(directory_ / "made"); }), "is not overwritten");
}

TEST_F(DatasetTest, RealMnist) {
  if (real_.empty()) GTEST_SKIP() << "GRADRACE_DATA_DIR is not set";
  options_.directory = real_;
  const Dataset data = load_dataset(options_);
  EXPECT_EQ(data.name, "mnist");
  EXPECT_EQ(data.notice, "");
  EXPECT_EQ(data.train.count, 60000);
  EXPECT_EQ(data.test.count, 10000);
  EXPECT_EQ(data.train.height * data.train.width, 784);
  EXPECT_EQ(Bytes(data.train.labels.begin(), data.train.labels.begin() + 5), (Bytes{5, 0, 4, 1, 9}));
  options_.dataset = "kmnist";
  expect_contains(data_error_of(options_), "expected KMNIST, found MNIST");
}

TEST_F(DatasetTest, RealMnistIsDownloadedOnce) {
  if (real_.empty()) GTEST_SKIP() << "GRADRACE_DATA_DIR is not set";
  const auto found = find_files(real_);
  const HttpsServer server([&](const std::string& path) {
    for (const fs::path& file : found) {
      if (!file.stem().empty() && path.find(file.stem()) == std::string::npos) continue;
      const Bytes bytes = read_file(file);
      return http_answer("200 OK", std::string(bytes.begin(), bytes.end()));
    }
    return http_answer("404 Not Found", "");
  });
  options_.mirrors = {server.url()};
  for (int i = 0; i < 2; ++i) {
    const Dataset data = load_dataset(options_);
    EXPECT_EQ(data.name, "mnist");
    EXPECT_EQ(data.directory, cache_);
    EXPECT_EQ(server.requests().size(), 4u);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(cache_), {}), 4);
}

}  // namespace
}  // namespace gradrace
