#include "engine/data/download.hpp"

#include <memory>

#include <curl/curl.h>

#include "engine/files/sha256.hpp"

namespace gradrace {
namespace {

constexpr std::size_t kGzipOverhead = 1 << 16;  // bytes that a file may be longer compressed than uncompressed

struct CurlLibrary {
  CurlLibrary() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~CurlLibrary() { curl_global_cleanup(); }
};

struct Transfer {
  std::string name;
  const DownloadOptions& options;
  std::size_t limit;  ///< bytes
  Bytes body = {};
  bool too_long = false;
};

std::size_t receive(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.too_long = transfer.body.size() + size > transfer.limit;
  if (transfer.too_long) return 0;  // stops the transfer
  transfer.body.insert(transfer.body.end(), data, data + size);
  return size;
}

int report_progress(void* user, curl_off_t total, curl_off_t bytes, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<Transfer*>(user);
  if (bytes > 0) transfer.options.progress(transfer.name, bytes, total);
  return 0;
}

void set_options(CURL* curl, const std::string& url, Transfer& transfer) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "gradrace");
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // do not wait for a name server that does not answer
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(transfer.options.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(transfer.options.stall_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  if (transfer.options.progress) {
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &report_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  }
}

/// The body that one URL answers with. Throws NetworkError, or an Error when less or more came than can be right.
Bytes get(const std::string& url, Transfer& transfer) {
  static const CurlLibrary library;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) throw NetworkError(url + ": libcurl could not be initialised");
  set_options(curl.get(), url, transfer);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return std::move(transfer.body);
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    throw NetworkError(fmt::format("{}: HTTP status {}", url, status));
  }
  if (transfer.too_long) throw data_error("{}: expected at most {} bytes, more were sent", url, transfer.limit);
  if (code == CURLE_PARTIAL_FILE) throw data_error("{}: truncated after {} bytes", url, transfer.body.size());
  throw NetworkError(fmt::format("{}: {}", url, curl_easy_strerror(code)));
}

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

/// MIRROR/path of at most `limit` bytes from the first mirror whose body passes `check`, which gets body and URL and
/// throws. `name` is for people.
template <class Check>
Bytes download_from_mirrors(std::string_view name, const std::string& path, std::size_t limit,
                            const DownloadOptions& options, const Check& check) {
  bool wrong_content = false;
  std::string reasons;
  for (const std::string& mirror : options.mirrors) {
    const std::string url = fmt::format("{}{}{}", mirror, mirror.ends_with('/') ? "" : "/", path);
    try {
      Transfer transfer{std::string(name), options, limit};
      Bytes body = get(url, transfer);
      check(body, url);
      return body;
    } catch (const Error& error) {
      wrong_content |= dynamic_cast<const NetworkError*>(&error) == nullptr;
      reasons += fmt::format("{}{}", reasons.empty() ? "" : "; ", error.what());
    }
  }
  if (options.mirrors.empty()) reasons = "there is no mirror to ask";
  const std::string sentence = fmt::format("{} could not be downloaded ({})", name, reasons);
  if (wrong_content) throw data_error("{}", sentence);
  throw NetworkError(sentence);
}

}  // namespace

Bytes download(const KnownFile& file, const DownloadOptions& options) {
  return download_from_mirrors(file.name, fmt::format("{}.gz", file.name),
                               static_cast<std::size_t>(file.bytes) + kGzipOverhead, options,
                               [&](const Bytes& body, const std::string& url) { check_content(body, url, file); });
}

Bytes download(const KnownArchive& archive, const DownloadOptions& options) {
  return download_from_mirrors(archive.name, std::string(archive.name), static_cast<std::size_t>(archive.bytes),
                               options,
                               [&](const Bytes& body, const std::string& url) { check_archive(body, url, archive); });
}

}  // namespace gradrace
