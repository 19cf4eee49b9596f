#include "engine/data/dataset.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "engine/data/directory.hpp"
#include "engine/files/sha256.hpp"
#include "tests/data/http_server.hpp"
#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {
namespace {

namespace fs = std::filesystem;

/// Runs in an empty working directory, with an empty cache and without network.
class DatasetTest : public testing::Test {
 protected:
  DatasetTest() {
    if (const char* directory = std::getenv("GRADRACE_DATA_DIR")) real_ = fs::absolute(directory);
    fs::create_directories(directory_ / "work");
    fs::current_path(directory_ / "work");
    ::unsetenv("GRADRACE_DATA_DIR");
    ::setenv("XDG_CACHE_HOME", (directory_ / "cache").c_str(), 1);
    ::setenv("HOME", (directory_ / "home").c_str(), 1);
    ::setenv("no_proxy", "127.0.0.1", 1);
    options_.mirrors = {closed_port_url()};
  }
  ~DatasetTest() override {
    fs::current_path(before_);
    ::unsetenv("GRADRACE_DATA_DIR");
    if (!real_.empty()) ::setenv("GRADRACE_DATA_DIR", real_.c_str(), 1);
  }

  std::string data_error_of(const DataOptions& options) {
    return error_of(ExitCode::kData, [&] { load_dataset(options); });
  }

  const fs::path before_ = fs::current_path();
  const TemporaryDirectory directory_;
  const fs::path cache_ = directory_ / "cache" / "gradrace" / "mnist";
  fs::path real_;  // where the real MNIST is; may be empty
  DataOptions options_;
};

TEST_F(DatasetTest, AChosenDirectoryMayHoldACustomSet) {
  write_custom_set(directory_ / "mine");
  options_.directory = directory_ / "mine";
  for (const std::string dataset : {"auto", "mnist"}) {
    options_.dataset = dataset;
    const Dataset data = load_dataset(options_);
    EXPECT_EQ(data.name, "custom");
    EXPECT_EQ(data.directory, options_.directory);
    expect_contains(data.notice, "This is not MNIST");
    for (const KnownFile& file : kMnistFiles) expect_contains(data.notice, fmt::format("{}.gz", file.name));
    EXPECT_EQ(data.train.count, 5);
    EXPECT_EQ(data.test.count, 3);
    EXPECT_EQ(data.sha256.size(), 4u);
  }
}

TEST_F(DatasetTest, TheEnvironmentChoosesAfterTheOption) {
  write_custom_set(directory_ / "mine", 6);
  write_custom_set(directory_ / "other", 7);
  ::setenv("GRADRACE_DATA_DIR", (directory_ / "mine").c_str(), 1);
  EXPECT_EQ(load_dataset(options_).train.count, 6);
  options_.directory = directory_ / "other";
  EXPECT_EQ(load_dataset(options_).train.count, 7);
}

TEST_F(DatasetTest, AChosenDirectoryMayHaveTorchvisionsLayoutAndPlainFiles) {
  write_custom_set(directory_ / "mine" / "MNIST" / "raw");
  write_bytes(directory_ / "mine" / "MNIST" / "raw" / "train-labels-idx1-ubyte", idx_file({5}));
  fs::remove(directory_ / "mine" / "MNIST" / "raw" / "train-labels-idx1-ubyte.gz");
  options_.directory = directory_ / "mine";
  EXPECT_EQ(load_dataset(options_).directory, directory_ / "mine" / "MNIST" / "raw");
}

TEST_F(DatasetTest, AChosenDirectoryIsFinal) {
  options_.directory = directory_ / "nowhere";
  expect_contains(data_error_of(options_), "there is no such directory");
  fs::create_directory_symlink(options_.directory, options_.directory);
  expect_contains(data_error_of(options_), "cannot be read: Too many levels of symbolic links");
  fs::remove(options_.directory);
  write_bytes(options_.directory, {});
  expect_contains(data_error_of(options_), "expected a directory");
  fs::remove(options_.directory);
  fs::create_directories(options_.directory);
  expect_contains(data_error_of(options_), "expected the file train-images-idx3-ubyte.gz");
  write_custom_set(options_.directory);
  fs::remove(fs::path(options_.directory) / "t10k-labels-idx1-ubyte.gz");
  expect_contains(data_error_of(options_), "t10k-labels-idx1-ubyte.gz or t10k-labels-idx1-ubyte, found neither");
  ::setenv("GRADRACE_DATA_DIR", options_.directory.c_str(), 1);
  options_.directory.clear();
  expect_contains(data_error_of(options_), "found neither");
}

TEST_F(DatasetTest, AFileThatCannotBeLookedAtIsNotMissing) {
  write_custom_set(directory_ / "mine");
  options_.directory = directory_ / "mine";
  const fs::path images = directory_ / "mine/train-images-idx3-ubyte.gz";
  fs::remove(images);
  fs::create_symlink(images, images);
  expect_contains(data_error_of(options_), "ubyte.gz: cannot be read: Too many levels of symbolic links");
}

TEST_F(DatasetTest, BadFilesAreErrors) {
  options_.directory = directory_ / "mine";
  write_custom_set(options_.directory);
  const fs::path labels = fs::path(options_.directory) / "train-labels-idx1-ubyte.gz";
  write_bytes(labels, idx_file({4}));
  expect_contains(data_error_of(options_), "train-labels-idx1-ubyte.gz: expected 5 labels");
  write_bytes(labels, idx_file({5}, 11));
  EXPECT_EQ(load_dataset(options_).train.count, 5);  // 0 to 4
  write_bytes(labels, bytes_of("<html>"));
  expect_contains(data_error_of(options_), "header of 8 bytes, found 6");
  write_custom_set(options_.directory);
  write_bytes(fs::path(options_.directory) / "t10k-images-idx3-ubyte.gz", idx_file({3, 4, 4}));
  expect_contains(data_error_of(options_), "expected test images of 4x3 pixels");
  write_bytes(fs::path(options_.directory) / "t10k-images-idx3-ubyte.gz", idx_file({3, 5, 3}));
  expect_contains(data_error_of(options_), "found 5x3");
}

TEST_F(DatasetTest, UnknownFilesThatTheSearchFindsAreErrors) {
  write_custom_set(cache_);
  expect_contains(data_error_of(options_), (cache_ / "train-images-idx3-ubyte.gz").string());
  fs::remove_all(cache_);
  write_custom_set("data/MNIST/raw");
  expect_contains(data_error_of(options_), "data/MNIST/raw/train-images-idx3-ubyte.gz: the checksum is not MNIST's");
}

TEST_F(DatasetTest, AutoFallsBackToDigitsWhenTheNetworkFails) {
  const HttpServer missing([](const std::string&) { return http_answer("503 Unavailable", ""); });
  options_.mirrors.push_back(missing.url());
  const Dataset data = load_dataset(options_);
  EXPECT_EQ(data.name, "digits");
  EXPECT_EQ(data.directory, "");
  expect_contains(data.notice, "This is not MNIST");
  expect_contains(data.notice, options_.mirrors[0]);
  expect_contains(data.notice, "HTTP status 503");
  EXPECT_EQ(data.train.count, 60000);
  EXPECT_EQ(data.test.count, 10000);
  EXPECT_EQ(data.sha256.size(), 4u);
}

TEST_F(DatasetTest, WhatWasAskedForByNameNeverFallsBack) {
  for (const char* name : {"mnist", "fashion-mnist", "kmnist", "cifar10"}) {
    options_.dataset = name;
    expect_contains(data_error_of(options_), "could not be downloaded");
    EXPECT_TRUE(fs::exists(directory_ / "cache/gradrace" / name)) << "a directory of its own";
  }
}

TEST_F(DatasetTest, EachSetIsLookedForWhereItsOwnWouldLie) {
  write_custom_set(directory_ / "cache/gradrace/kmnist");
  write_custom_set("data/FashionMNIST/raw");
  options_.dataset = "kmnist";
  expect_contains(data_error_of(options_), "the checksum is not KMNIST's");
  options_.dataset = "fashion-mnist";
  expect_contains(data_error_of(options_), "the checksum is not Fashion-MNIST's");
  options_.directory = "data";
  EXPECT_EQ(load_dataset(options_).name, "custom");
}

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

TEST_F(DatasetTest, WrongContentNeverFallsBack) {
  const HttpServer html([](const std::string&) { return http_answer("200 OK", "<html></html>"); });
  options_.mirrors.push_back(html.url());
  expect_contains(data_error_of(options_), html.url());
  EXPECT_TRUE(fs::is_empty(cache_));
}

TEST_F(DatasetTest, ACacheThatCannotBeWrittenIsAFailure) {
  write_bytes(directory_ / "cache" / "gradrace", {});  // a file where a directory is needed
  error_of(ExitCode::kFailure, [&] { load_dataset(options_); });
  ::unsetenv("XDG_CACHE_HOME");
  ::unsetenv("HOME");
  error_of(ExitCode::kFailure, [&] { load_dataset(options_); });
}

TEST_F(DatasetTest, TheCacheDirectoryFollowsXdg) {
  EXPECT_EQ(cache_directory(), cache_);
  EXPECT_EQ(cache_directory(*find_known_set("kmnist")), directory_ / "cache/gradrace/kmnist");
  for (const char* ignored : {"relative/cache", ""}) {
    ::setenv("XDG_CACHE_HOME", ignored, 1);
    EXPECT_EQ(cache_directory(), directory_ / "home" / ".cache" / "gradrace" / "mnist");
  }
}

TEST_F(DatasetTest, UsageErrors) {
  options_.dataset = "cifar";
  expect_contains(error_of(ExitCode::kUsage, [&] { load_dataset(options_); }),
                  "expected one of auto, mnist, fashion-mnist, kmnist, cifar10, digits");
  options_.dataset = "digits";
  options_.directory = directory_.path();
  error_of(ExitCode::kUsage, [&] { load_dataset(options_); });
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
  const HttpServer server([&](const std::string& path) {
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
