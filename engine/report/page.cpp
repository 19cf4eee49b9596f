#include "engine/report/page.hpp"

#include "engine/report/thinning.hpp"
#include "kernels/base.hpp"

namespace gradrace {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kPlace = "@RESULTS@";

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
  const std::size_t place = kReportPage.find(kPlace);
  GRADRACE_EXPECT(place, <, kReportPage.size());
  std::string page(kReportPage.substr(0, place));
  page += script_safe(thinned(results));
  page += kReportPage.substr(place + kPlace.size());
  return page;
}

}  // namespace gradrace
