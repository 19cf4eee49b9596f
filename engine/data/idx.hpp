#pragma once
/// IDX, the file format of MNIST: a magic number, the dimensions (32-bit, most significant byte first), the values.
/// Every field is checked before memory of the size that it claims is taken. Errors: Error, exit code 5.

#include <filesystem>
#include <string>
#include <vector>

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
  std::string sha256;         ///< of the uncompressed file, header included
  std::string stored_sha256;  ///< of the file as it was stored, compressed or not
};

/// Parses a file's bytes, gzip or plain: magic number, dimensions, and length equal to what the header says.
IdxFile parse_idx(Bytes file, const std::string& name, IdxKind kind);

/// Reads and parses a file.
IdxFile read_idx(const std::filesystem::path& file, IdxKind kind);

/// Joins images with their labels: there must be as many of one as of the other, and no label above 9.
ImageSet join_images_and_labels(IdxFile images, IdxFile labels);

/// The uncompressed IDX file that begins with this shape, without its values.
Bytes idx_header(const std::vector<Index>& shape);

}  // namespace gradrace
