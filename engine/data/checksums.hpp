#pragma once
/// What a data file is known by.

#include <string>

namespace gradrace {

/// The SHA-256 of a data file that may be compressed.
struct Checksums {
  std::string content;  ///< uncompressed, header included
  std::string stored;   ///< of the file as it was stored, compressed or not
};

}  // namespace gradrace
