#pragma once
/// What files hold that may be gzip or plain. What comes in is not trusted: a file never makes more memory than the
/// caller expects, and a damaged one is an error (Error, exit code 5) that names the file and the offset.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/files/file.hpp"

namespace gradrace {

/// The first `count` bytes of what `file` holds, uncompressed if it is gzip; fewer if it holds fewer. `name` is for
/// error messages.
Bytes uncompressed_start(std::span<const std::uint8_t> file, const std::string& name, std::size_t count);

/// All that `file` holds, uncompressed if it is gzip (checksum and length verified). Several gzip members after each
/// other are one file, as RFC 1952 says; anything else after a member is an error. So is holding more than `limit`
/// bytes (at most kMaxFileBytes).
Bytes uncompressed(Bytes file, const std::string& name, std::size_t limit);

/// `bytes` as one gzip member without name and date.
Bytes gzip_compressed(std::span<const std::uint8_t> bytes);

}  // namespace gradrace
