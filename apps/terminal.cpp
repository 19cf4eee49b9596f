#include "apps/terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

namespace gradrace {
namespace {

int first_error = 0;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  return ::isatty(::fileno(stream)) && environment("TERM") != "dumb";
}

bool is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale = environment(name);
    if (locale.empty()) continue;  // the first that is set counts
    std::ranges::transform(locale, locale.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return locale.ends_with("utf-8") || locale.ends_with("utf8");
  }
  return false;
}

std::string bold(std::string_view text) {
  const bool plain = !is_terminal(stdout) || !environment("NO_COLOR").empty();
  return plain ? std::string(text) : fmt::format("\x1b[1m{}\x1b[0m", text);
}

void say(std::string_view text) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written && first_error == 0) first_error = errno ? errno : EIO;
}

int output_error() {
  return first_error;
}

void print_error(std::string_view sentence) {
  std::string line = fmt::format("gradrace: error: {}", sentence);
  std::ranges::replace(line, '\n', ' ');
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace gradrace
