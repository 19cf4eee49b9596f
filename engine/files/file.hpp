#pragma once
/// Files, read whole. What comes in is not trusted. Errors (exit code 5) name the file, what was expected and what was
/// found.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gradrace {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;  ///< of a data file, compressed or not

/// The bytes of a regular file of at most `most` bytes, as they are on disk.
Bytes read_file(const std::filesystem::path& file, std::size_t most = kMaxFileBytes);
std::string read_text(const std::filesystem::path& file, std::size_t most);

}  // namespace gradrace
