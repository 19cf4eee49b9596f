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
  fs::create_directories(options_.directory);
  expect_contains(data_error_of(options_), "expected the file train-images-idx3-ubyte.gz");
  write_custom_set(options_.directory);
  fs::remove(fs::path(options_.directory) / "t10k-labels-idx1-ubyte.gz");
  expect_contains(data_error_of(options_), "t10k-labels-idx1-ubyte.gz or t10k-labels-idx1-ubyte, found neither");
  ::setenv("GRADRACE_DATA_DIR", options_.directory.c_str(), 1);
  options_.directory.clear();
  expect_contains(data_error_of(options_), "found neither");
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
  for (const char* name : {"mnist", "fashion-mnist", "kmnist"}) {
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

TEST(KnownSets, HaveTheSameFilesAndOtherChecksums) {
  std::set<std::string_view> checksums;
  for (const KnownSet& set : kKnownSets) {
    EXPECT_EQ(find_known_set(set.name), &set);
    EXPECT_FALSE(set.mirrors.empty());
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(set.files[i].name, kMnistFiles[i].name);
      EXPECT_EQ(set.files[i].bytes, kMnistFiles[i].bytes) << "60,000 and 10,000 images of 28x28";
      EXPECT_EQ(set.files[i].sha256.size(), 64u);
      checksums.insert(set.files[i].sha256);
    }
  }
  EXPECT_EQ(checksums.size(), 12u);
}

TEST(KnownSets, KnowAFileByItsContentOrAsItIsPublished) {
  const Bytes content = idx_file({5}), gzip = gzip_compressed(content);
  const std::string of_content = sha256({content}), of_gzip = sha256({gzip});
  const IdxFile plain = parse_idx(content, "plain", IdxKind::kLabels), packed = parse_idx(gzip, "gz", IdxKind::kLabels);
  const KnownFile by_content{"x", IdxKind::kLabels, 13, of_content}, by_gzip{"x", IdxKind::kLabels, 13, of_gzip};
  EXPECT_TRUE(by_content.is(plain) && by_content.is(packed) && by_gzip.is(packed));
  EXPECT_FALSE(by_gzip.is(plain));
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
                  "expected one of auto, mnist, fashion-mnist, kmnist, digits");
  options_.dataset = "digits";
  options_.directory = directory_.path();
  error_of(ExitCode::kUsage, [&] { load_dataset(options_); });
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
