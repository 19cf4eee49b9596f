#include "engine/data/download.hpp"

#include "engine/files/gzip.hpp"
#include "engine/files/sha256.hpp"

namespace gradrace {
namespace {

constexpr std::size_t kGzipOverhead = 1 << 16;  // bytes that a file may be longer compressed than uncompressed

void check_content(const Bytes& body, const std::string& url, const KnownFile& file) {
  const Bytes content = uncompressed(body, url, static_cast<std::size_t>(file.bytes));
  if (std::ssize(content) != file.bytes) {
    throw data_error("{}: expected {} bytes uncompressed, found {}", url, file.bytes, content.size());
  }
  const std::string found = sha256({content}), sent = sha256({body});
  if (found != file.sha256 && sent != file.sha256) {
    throw data_error("{}: expected the SHA-256 {}, found {} (uncompressed {})", url, file.sha256, sent, found);
  }
}

void check_archive(const Bytes& body, const std::string& url, const KnownArchive& archive) {
  if (const std::string sent = sha256({body}); sent != archive.sha256)
    throw data_error("{}: expected the SHA-256 {}, found {}", url, archive.sha256, sent);
}

/// What is asked of a mirror.
struct Wanted {
  std::string name;   ///< for people
  std::string path;   ///< below the mirror's URL
  std::size_t limit;  ///< bytes
};

/// The body of one URL that passes `check`, which gets it and the URL, and throws. What was there before from another
/// try may not be of this body, and is thrown away then.
template <class Check>
Bytes get_right(const std::string& url, const Wanted& wanted, PartialFile& part, const DownloadOptions& options,
                const Check& check) {
  const HttpsAnswer answer = https_get(url, wanted.name, part, options);
  try {
    if (answer.too_long) throw data_error("{}: expected at most {} bytes, more were sent", url, wanted.limit);
    check(part.bytes(), url);
    return part.take();
  } catch (const Error&) {
    part.clear();
    if (!answer.goes_on) throw;
  }
  return get_right(url, wanted, part, options, check);  // from the start, so this is the last time
}

void expect_https(const std::vector<std::string>& mirrors) {
  for (const std::string& mirror : mirrors)
    if (!mirror.starts_with("https://"))
      throw usage_error("cannot download from {}: expected a URL that begins with https://", mirror);
}

/// The body from the first mirror that passes `check`.
template <class Check>
Bytes download_from_mirrors(const Wanted& wanted, const std::filesystem::path& kept, const DownloadOptions& options,
                            const Check& check) {
  expect_https(options.mirrors);
  PartialFile part(kept, wanted.limit);
  bool wrong_content = false;
  std::string reasons;
  for (const std::string& mirror : options.mirrors) {
    const std::string url = fmt::format("{}{}{}", mirror, mirror.ends_with('/') ? "" : "/", wanted.path);
    try {
      return get_right(url, wanted, part, options, check);
    } catch (const Error& error) {
      if (error.code() != ExitCode::kData) throw;
      wrong_content |= dynamic_cast<const NetworkError*>(&error) == nullptr;
      reasons += fmt::format("{}{}", reasons.empty() ? "" : "; ", error.what());
    }
  }
  if (options.mirrors.empty()) reasons = "there is no mirror to ask";
  const std::string sentence = fmt::format("{} could not be downloaded ({})", wanted.name, reasons);
  if (wrong_content) throw data_error("{}", sentence);
  throw NetworkError(sentence);
}

}  // namespace

Bytes download(const KnownFile& file, const std::filesystem::path& part, const DownloadOptions& options) {
  const std::size_t limit = static_cast<std::size_t>(file.bytes) + kGzipOverhead;
  return download_from_mirrors({std::string(file.name), fmt::format("{}.gz", file.name), limit}, part, options,
                               [&](const Bytes& body, const std::string& url) { check_content(body, url, file); });
}

Bytes download(const KnownArchive& archive, const std::filesystem::path& part, const DownloadOptions& options) {
  const std::string name(archive.name);
  return download_from_mirrors({name, name, static_cast<std::size_t>(archive.bytes)}, part, options,
                               [&](const Bytes& body, const std::string& url) { check_archive(body, url, archive); });
}

}  // namespace gradrace
