// Where a data set is found, and what happens where it is not.
#include "engine/data/directory.hpp"
#include "tests/data/dataset_place.hpp"

namespace gradrace {
namespace {

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
  const HttpsServer missing([](const std::string&) { return http_answer("503 Unavailable", ""); });
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

TEST_F(DatasetTest, WrongContentNeverFallsBack) {
  const HttpsServer html([](const std::string&) { return http_answer("200 OK", "<html></html>"); });
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

}  // namespace
}  // namespace gradrace
