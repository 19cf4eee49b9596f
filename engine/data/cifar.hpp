#pragma once
/// The binary version of CIFAR-10: files of records, each a byte of label and the red, the green and the blue plane of
/// an image of 32x32 pixels. Errors: Error, exit code 5.

#include <filesystem>
#include <string>

#include "engine/data/checksums.hpp"
#include "engine/data/image_set.hpp"
#include "engine/files/gzip.hpp"

namespace gradrace {

inline constexpr Index kCifarSide = 32, kCifarChannels = 3, kCifarClasses = 10;
inline constexpr Index kCifarRecordBytes = 1 + kCifarChannels * kCifarSide * kCifarSide;
inline constexpr Index kCifarMostRecords = 60000;  ///< of a file: the whole set

/// One file of records.
struct CifarFile {
  std::string name;  ///< for error messages
  ImageSet images;   ///< with interleaved channels, and kCifarClasses classes
  Checksums sha256;
};

/// Parses a file's bytes, gzip or plain: 1 to kCifarMostRecords records, no part of one, and no label of `classes` or
/// above.
CifarFile parse_cifar(Bytes file, const std::string& name, Index classes = kCifarClasses);

/// Reads and parses a file.
CifarFile read_cifar(const std::filesystem::path& file, Index classes = kCifarClasses);

}  // namespace gradrace
