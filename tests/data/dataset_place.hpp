#pragma once
/// A place of their own for tests of where a data set is found, and of what is in it.

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "engine/data/dataset.hpp"
#include "tests/data/https_server.hpp"
#include "tests/data_files.hpp"
#include "tests/temporary_directory.hpp"

namespace gradrace {

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
    options_.certificates = Certificate::of_this_process().file();
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

}  // namespace gradrace
