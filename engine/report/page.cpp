#include "engine/report/page.hpp"

#include <array>

#include <fmt/format.h>

#include "engine/files/base64.hpp"
#include "engine/files/sha256.hpp"
#include "engine/report/thinning.hpp"
#include "kernels/base.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kPolicy = "@POLICY@", kResults = "@RESULTS@";

/// The page before, between and after the two places.
std::array<std::string_view, 3> parts() {
  const std::size_t policy = kReportPage.find(kPolicy), results = kReportPage.find(kResults);
  GRADRACE_EXPECT(policy, <, results);
  GRADRACE_EXPECT(results, <, kReportPage.size());
  const std::size_t between = policy + kPolicy.size();
  return {kReportPage.substr(0, policy), kReportPage.substr(between, results - between),
          kReportPage.substr(results + kResults.size())};
}

/// The hashes by which a browser knows our own elements: of what stands between such tags.
std::string hashes(std::string_view open, std::string_view close) {
  std::string list;
  for (std::size_t at = kReportPage.find(open); at != kReportPage.npos; at = kReportPage.find(open, at)) {
    at += open.size();
    const std::string_view text = kReportPage.substr(at, kReportPage.find(close, at) - at);
    const Sha256 digest = sha256_digest({{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}});
    list += fmt::format(" 'sha256-{}'", base64(digest));
  }
  return list;
}

/// Nothing runs or styles the page but what is its own, nothing is fetched or sent, and no text becomes markup.
std::string policy() {
  return fmt::format(
      "default-src 'none'; script-src{}; style-src{}; img-src data:; base-uri 'none'; form-action 'none'; "
      "require-trusted-types-for 'script'; trusted-types 'none'",
      hashes("<script>", "</script>"), hashes("<style>", "</style>"));
}

/// JSON in which no '<' stands, so that neither "</script" nor "<!--" can.
std::string script_safe(const ordered_json& json) {
  const std::string text = json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

}  // namespace

std::string report_page(std::span<const ordered_json> results) {
  static const std::string own = policy();  // the same for every page, of which a race writes one after each epoch
  const auto [head, between, end] = parts();
  return fmt::format("{}{}{}{}{}", head, own, between, script_safe(thinned(results)), end);
}

}  // namespace gradrace
