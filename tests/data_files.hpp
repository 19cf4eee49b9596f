#pragma once
/// Small data files for tests, and the errors that they cause.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/base/error.hpp"
#include "engine/data/idx.hpp"
#include "engine/data/known_sets.hpp"
#include "engine/files/gzip.hpp"

namespace gradrace {

inline void write_bytes(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream stream(path, std::ios::binary);
  stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(stream.flush()) << path;
}

inline Bytes bytes_of(std::string_view text) {
  return Bytes(text.begin(), text.end());
}

/// An IDX file of `shape` whose values count 0, 1, 2 ... modulo `modulus`.
inline Bytes idx_file(const std::vector<Index>& shape, int modulus = 10) {
  Index values = 1;
  for (const Index dimension : shape) values *= dimension;
  Bytes file = idx_header(shape);
  for (Index i = 0; i < values; ++i) file.push_back(static_cast<std::uint8_t>(i % modulus));
  return file;
}

/// Writes a small custom set as four .gz files.
inline void write_custom_set(const std::filesystem::path& directory, Index train = 5, Index test = 3) {
  for (const KnownFile& file : kMnistFiles) {
    const Index count = file.name.starts_with("train") ? train : test;
    const bool images = file.kind == IdxKind::kImages;
    write_bytes(directory / fmt::format("{}.gz", file.name),
                gzip_compressed(idx_file(images ? std::vector<Index>{count, 4, 3} : std::vector<Index>{count})));
  }
}

/// A file of CIFAR-10's format: labels count 0 to 9, and the values of channel c of image i are i + 80 c.
inline Bytes cifar_file(Index records) {
  Bytes file;
  for (Index i = 0; i < records; ++i) {
    file.push_back(std::uint8_t(i % 10));
    for (Index c = 0; c < 3; ++c) file.insert(file.end(), 1024, std::uint8_t((i + 80 * c) % 256));
  }
  return file;
}

/// Writes a small custom set in CIFAR-10's format, with two training files.
inline void write_cifar_set(const std::filesystem::path& directory) {
  write_bytes(directory / "data_batch_1.bin.gz", gzip_compressed(cifar_file(7)));
  write_bytes(directory / "data_batch_2.bin", cifar_file(4));
  write_bytes(directory / "test_batch.bin.gz", gzip_compressed(cifar_file(3)));
}

/// The sentence of the Error, with the expected exit code, that `action` throws.
template <class F>
std::string error_of(ExitCode code, F&& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "expected an Error";
  return {};
}

inline void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "expected '" << part << "' in: " << text;
}

}  // namespace gradrace
