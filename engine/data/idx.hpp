#pragma once
/// IDX, the file format of MNIST: a magic number, the dimensions (32-bit, most significant byte first), the values.
/// Every field is checked before memory of the size that it claims is taken. Errors: Error, exit code 5.

#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/checksums.hpp"
#include "engine/data/image_set.hpp"
#include "engine/files/gzip.hpp"
#include "kernels/base.hpp"

namespace gradrace {

/// What an IDX file can hold here: bytes in one dimension (labels) or three (images).
enum class IdxKind { kLabels = 1, kImages = 3 };

/// One IDX file. Its values are bytes, the last dimension runs fastest.
struct IdxFile {
  std::string name;          ///< for error messages
  std::vector<Index> shape;  ///< {count} or {count, height, width}
  Bytes values;
  Checksums sha256;
};

/// Parses a file's bytes, gzip or plain: magic number, dimensions, and length equal to what the header says.
IdxFile parse_idx(Bytes file, const std::string& name, IdxKind kind);

/// Reads and parses a file.
IdxFile read_idx(const std::filesystem::path& file, IdxKind kind);

/// Joins images with their labels: there must be as many of one as of the other, and no label of `classes` or above.
/// The set's classes are counted by the largest label.
ImageSet join_images_and_labels(IdxFile images, IdxFile labels, Index classes = kMostClasses);

/// The uncompressed IDX file that begins with this shape, without its values.
Bytes idx_header(const std::vector<Index>& shape);

}  // namespace gradrace
