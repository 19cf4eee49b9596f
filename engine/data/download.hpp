#pragma once
/// Fetching a known file or archive from mirrors.

#include <filesystem>

#include "engine/data/https.hpp"
#include "engine/data/known_sets.hpp"
#include "engine/files/file.hpp"

namespace gradrace {

/// Downloads MIRROR/name.gz from the first mirror that has it right, and returns it as it was sent; its uncompressed
/// content has the known size and it, or its content, the known SHA-256. What comes is kept in the file `part` until it
/// is complete, and a download that finds one there goes on from it, from whichever mirror; if the whole is not right
/// then, it is downloaded from its start. Throws usage_error if a mirror is not an https:// URL, NetworkError, an Error
/// with exit code 5 when a mirror did answer with something else (a page of HTML, a truncated file), and one with exit
/// code 1 when `part` cannot be written.
Bytes download(const KnownFile& file, const std::filesystem::path& part, const DownloadOptions& options);

/// The same of MIRROR/name, an archive that has the known SHA-256 itself.
Bytes download(const KnownArchive& archive, const std::filesystem::path& part, const DownloadOptions& options);

}  // namespace gradrace
