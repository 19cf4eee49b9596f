#include "engine/data/https.hpp"

#include <memory>

#include <curl/curl.h>

namespace gradrace {
namespace {

constexpr long kPartialContent = 206, kRangeNotSatisfiable = 416;
constexpr std::size_t kMostHeaders = 1 << 16;  // bytes

struct CurlLibrary {
  CurlLibrary() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~CurlLibrary() { curl_global_cleanup(); }
};

struct Transfer {
  CURL* curl;
  const std::string& name;
  const DownloadOptions& options;
  PartialFile& part;
  bool begun = false;
  std::size_t before = 0;   ///< bytes that there were, and that the server goes on from
  std::size_t headers = 0;  ///< bytes
  bool too_long = false;
};

long status_of(CURL* curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

/// A server that knows no ranges sends all from the start.
void begin(Transfer& transfer) {
  transfer.begun = true;
  if (status_of(transfer.curl) != kPartialContent) transfer.part.clear();
  transfer.before = transfer.part.bytes().size();
}

std::size_t receive(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.begun) begin(transfer);
  transfer.too_long = size > transfer.part.room();
  if (transfer.too_long) return 0;  // stops the transfer
  return transfer.part.append({reinterpret_cast<const std::uint8_t*>(data), size}) ? size : 0;
}

std::size_t count_header(char*, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.headers += size;
  return transfer.headers <= kMostHeaders ? size : 0;
}

int report_progress(void* user, curl_off_t total, curl_off_t bytes, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<Transfer*>(user);
  const auto before = static_cast<Index>(transfer.before);
  if (transfer.begun) transfer.options.progress(transfer.name, before + bytes, total > 0 ? before + total : 0);
  return 0;
}

void set_limits(CURL* curl, const DownloadOptions& options) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // do not wait for a name server that does not answer
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, options.slowest);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(options.total_timeout.count()));
  if (!options.certificates.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.certificates.c_str());
}

void set_options(CURL* curl, const std::string& url, Transfer& transfer) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "gradrace");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &count_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  if (const std::size_t bytes = transfer.part.bytes().size(); bytes > 0)
    curl_easy_setopt(curl, CURLOPT_RANGE, fmt::format("{}-", bytes).c_str());  // libcurl copies it
  if (transfer.options.progress) {
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &report_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  }
}

/// The sentence for a transfer that failed. libcurl's own, which may be empty, goes into details.
std::string reason(CURLcode code, const Transfer& transfer, std::string details) {
  if (code == CURLE_HTTP_RETURNED_ERROR) return fmt::format("HTTP status {}", status_of(transfer.curl));
  if (code == CURLE_UNSUPPORTED_PROTOCOL) return "it leads to another protocol than HTTPS";
  if (transfer.headers > kMostHeaders) return fmt::format("more than {} bytes of headers were sent", kMostHeaders);
  if (details.empty()) details = curl_easy_strerror(code);
  if (code == CURLE_SSL_CACERT_BADFILE || code == CURLE_PEER_FAILED_VERIFICATION)
    details += " (certificates of authorities are taken from ca-certificates or the file that SSL_CERT_FILE names)";
  return details;
}

}  // namespace

HttpsAnswer https_get(const std::string& url, const std::string& name, PartialFile& part,
                      const DownloadOptions& options) {
  static const CurlLibrary library;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) throw NetworkError(url + ": libcurl could not be initialised");
  Transfer transfer{curl.get(), name, options, part};
  char details[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, details);
  set_options(curl.get(), url, transfer);
  set_limits(curl.get(), options);
  const CURLcode code = curl_easy_perform(curl.get());
  part.expect_written();
  if (code == CURLE_OK || transfer.too_long) return {transfer.before > 0, transfer.too_long};
  if (status_of(curl.get()) == kRangeNotSatisfiable && !part.bytes().empty()) return {.goes_on = true};  // it was all
  if (code == CURLE_PARTIAL_FILE) throw data_error("{}: truncated after {} bytes", url, part.bytes().size());
  throw NetworkError(fmt::format("{}: {}", url, reason(code, transfer, details)));
}

}  // namespace gradrace
