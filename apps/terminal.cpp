#include "apps/terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace gradrace {
namespace {

int first_error = 0;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// The bytes of the character that `text` begins with; 0 if that is a control character, or no UTF-8.
std::size_t plain_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  if (byte(0) < 0x80) return byte(0) >= ' ' && byte(0) != 0x7f;
  if (byte(0) < 0xc2 || byte(0) > 0xf4) return 0;
  const std::size_t bytes = byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  for (std::size_t i = 1; i < bytes; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool is_control_or_overlong =
      (byte(0) == 0xc2 || byte(0) == 0xe0) ? byte(1) < 0xa0 : byte(0) == 0xf0 && byte(1) < 0x90;
  return is_control_or_overlong ? 0 : bytes;
}

std::string escaped(char c) {
  return c == '\n' ? "\\n" : c == '\t' ? "\\t" : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

}  // namespace

void keep_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // the lowest
}

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

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t bytes = plain_bytes(text);
    shown += bytes > 0 ? std::string(text.substr(0, bytes)) : escaped(text.front());
    text.remove_prefix(std::max(bytes, std::size_t(1)));
  }
  return shown;
}

std::string json_text(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
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
  const std::string line = fmt::format("gradrace: error: {}\n", printable(sentence));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace gradrace
