#pragma once
/// Transfers over HTTPS. Nothing else in the project opens a connection.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/data/partial_file.hpp"
#include "kernels/base.hpp"

namespace gradrace {

/// The network's fault: no mirror could be reached and believed, or those that could answered with an HTTP error.
class NetworkError : public Error {
 public:
  explicit NetworkError(const std::string& sentence) : Error(ExitCode::kData, sentence) {}
};

/// Where to download from, how patiently, and whom to believe.
struct DownloadOptions {
  /// Base URLs, https:// all of them, tried in this order, instead of a set's own. The program takes them from the
  /// environment variable GRADRACE_MIRRORS (URLs with spaces between) where that is set.
  std::vector<std::string> mirrors = {};
  /// A file with the certificates (PEM) of the authorities that vouch for mirrors; empty: the system's. The program
  /// takes it from the environment variable SSL_CERT_FILE.
  std::string certificates;
  std::chrono::seconds connect_timeout{5};
  std::chrono::seconds stall_timeout{10};                     ///< with less than `slowest`
  long slowest = 1000;                                        ///< bytes a second
  std::chrono::seconds total_timeout{std::chrono::hours(1)};  ///< of one file from one mirror
  /// Called as bytes arrive, on the calling thread, with the file's name, the bytes so far and the total (0 while it
  /// is not known). May be empty.
  std::function<void(const std::string& name, Index bytes, Index total)> progress;
};

/// What a server answered.
struct HttpsAnswer {
  bool goes_on = false;   ///< from the bytes that there were, which may be another file's
  bool too_long = false;  ///< cut off where the memory for the body ends
};

/// Asks for what `part` lacks of the file behind an https:// URL and appends it; a server that sends all from the start
/// has it replaced. name: the file's, for people. Throws NetworkError; an Error with exit code 5 when the body ends too
/// early, and with exit code 1 when `part` cannot be written. What came until then is in `part`.
HttpsAnswer https_get(const std::string& url, const std::string& name, PartialFile& part,
                      const DownloadOptions& options);

}  // namespace gradrace
