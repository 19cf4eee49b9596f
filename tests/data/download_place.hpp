#pragma once
/// A place of their own for tests of downloads, and a small file to download.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/data/download.hpp"
#include "engine/files/sha256.hpp"
#include "tests/data/https_server.hpp"
#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {

inline std::string text_of(const Bytes& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

class DownloadTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("no_proxy", "127.0.0.1", 1); }

  /// Impatient ones.
  static DownloadOptions options(std::vector<std::string> mirrors) {
    DownloadOptions options;
    options.mirrors = std::move(mirrors);
    options.certificates = Certificate::of_this_process().file();
    options.stall_timeout = std::chrono::seconds(1);
    return options;
  }
  /// Downloads the small file below from the mirrors.
  Bytes get(std::vector<std::string> mirrors) const { return download(file_, part_, options(std::move(mirrors))); }
  /// The sentence of a failure that is the network's, or is not.
  std::string failure_of(std::vector<std::string> mirrors, bool network) const {
    try {
      get(std::move(mirrors));
    } catch (const Error& error) {
      EXPECT_EQ(dynamic_cast<const NetworkError*>(&error) != nullptr, network) << error.what();
      EXPECT_EQ(error.code(), ExitCode::kData);
      return error.what();
    }
    ADD_FAILURE() << "expected an Error";
    return {};
  }

  const TemporaryDirectory directory_;
  const std::filesystem::path part_ = directory_ / "some-labels.gz.part";
  const Bytes content_ = idx_file({5000}, 7), sent_ = gzip_compressed(content_);
  const std::string checksum_ = sha256({content_});
  const KnownFile file_{"some-labels", IdxKind::kLabels, std::ssize(content_), checksum_};
};

}  // namespace gradrace
