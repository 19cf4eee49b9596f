#pragma once
/// The room files/: bytes on disk. Reading what is not trusted (file.hpp, gzip.hpp, tar.hpp, safetensors.hpp),
/// checksums, and writing so that nothing is ever half there. What the bytes mean is for the rooms above.
///
/// Files that are written whole or not at all.

#include <filesystem>
#include <string_view>

namespace gradrace {

/// Writes `contents` to `path` so that at every moment, crashes included, `path` holds either what it held before or
/// all of `contents`: they go to PATH.tmp.XXXXXXXX in the same directory, to the disk, and only then to their name.
/// Creates or replaces regular files only, and removes such temporaries of writers that were killed. On any error
/// (exit 1) the temporary is removed, and the sentence names the path and the system's reason.
void write_atomically(const std::filesystem::path& path, std::string_view contents);

/// Throws as write_atomically() would if a few bytes were written to `path` now, and leaves everything as it is.
void expect_writable(const std::filesystem::path& path);

}  // namespace gradrace
