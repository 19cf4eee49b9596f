#pragma once
/// Fetching a known file or archive over HTTP.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/data/known_sets.hpp"
#include "engine/files/gzip.hpp"

namespace gradrace {

/// The network's fault: no mirror could be reached, or those that could answered with an HTTP error.
class NetworkError : public Error {
 public:
  explicit NetworkError(const std::string& sentence) : Error(ExitCode::kData, sentence) {}
};

/// Where to download from, and how patiently.
struct DownloadOptions {
  /// Base URLs, tried in this order, instead of a set's own. The program takes them from the environment variable
  /// GRADRACE_MIRRORS (URLs with spaces between) where that is set.
  std::vector<std::string> mirrors = {};
  std::chrono::seconds connect_timeout{5};
  std::chrono::seconds stall_timeout{10};  ///< without a single byte
  /// Called as bytes arrive, on the calling thread, with the file's name, the bytes so far and the total (0 while it
  /// is not known). May be empty.
  std::function<void(const std::string& name, Index bytes, Index total)> progress;
};

/// Downloads MIRROR/name.gz from the first mirror that has it right, into memory, and returns it as it was sent; its
/// uncompressed content has the known size and it, or its content, the known SHA-256. Throws NetworkError; or, when a
/// mirror did answer with something else (a page of HTML, a truncated file), an Error with exit code 5.
Bytes download(const KnownFile& file, const DownloadOptions& options);

/// The same of MIRROR/name, an archive that has the known SHA-256 itself.
Bytes download(const KnownArchive& archive, const DownloadOptions& options);

}  // namespace gradrace
