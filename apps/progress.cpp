#include "apps/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "apps/terminal.hpp"

namespace gradrace {
namespace {

constexpr std::chrono::milliseconds kInterval{100};
constexpr std::size_t kNarrowest = 6, kWidest = 24;  // of the bar

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

Progress::Progress(bool wanted) : enabled_(wanted && is_terminal(stderr)) {}

bool Progress::due() const {
  return enabled_ && Clock::now() - drawn_ >= kInterval;
}

void Progress::show(std::string_view title, double fraction, std::string_view facts) {
  if (!enabled_) return;
  const std::size_t columns = terminal_columns() - 1;  // a full line would wrap
  const std::size_t others = title.size() + facts.size() + sizeof " [] 100%  " - 1;
  const std::size_t width = std::clamp(columns - std::min(columns, others), kNarrowest, kWidest);
  const auto filled = std::size_t(std::clamp(fraction, 0.0, 1.0) * double(width));
  const std::string bar = std::string(filled, '=') + (filled < width ? ">" : "");
  std::string line = fmt::format("{} [{:<{}}] {:3.0f}%  {}", title, bar, width, 100 * fraction, facts);
  line.resize(std::min(line.size(), columns));
  write("\r" + line + "\x1b[K");
  visible_ = true;
  drawn_ = Clock::now();
}

void Progress::clear() {
  if (visible_) write("\r\x1b[K");
  visible_ = false;
}

}  // namespace gradrace
