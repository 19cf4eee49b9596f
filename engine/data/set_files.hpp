#pragma once
/// The files of a set in a directory: finding them, and making images of them. Each lies there as name.gz or name.
/// Errors: Error, exit code 5.

#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/known_sets.hpp"

namespace gradrace {

/// The path of the file `name`; empty if it is missing. name.gz is preferred to name, because it carries a checksum of
/// its own.
std::filesystem::path find_file(const std::filesystem::path& directory, const std::string& name);

/// The paths of a set's files, in its order; a path is empty where the file is missing.
std::vector<std::filesystem::path> find_files(const std::filesystem::path& directory, const KnownSet& set = kMnist);

/// A file that was read.
struct StoredFile {
  std::string name;  ///< without .gz
  std::filesystem::path path;
  Checksums sha256;

  /// Whether it is one of the set's.
  bool is_of(const KnownSet& set) const;
};

/// A directory's files and the images in them, all of one size.
struct SetFiles {
  std::vector<StoredFile> files;
  ImageSet train, test;
};

/// Reads a directory of files in that format: of IDX all four, of CIFAR-10's test_batch.bin and data_batch_1.bin,
/// data_batch_2.bin and so on as far as there are any, without a gap. No label may be `classes` or above. The sets'
/// classes are counted by the largest label of both, those of CIFAR-10's format are ten.
SetFiles read_set(const std::filesystem::path& directory, Format format, Index classes = kMostClasses);

}  // namespace gradrace
