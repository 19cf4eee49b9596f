#pragma once
/// A progress bar on standard error.

#include <chrono>
#include <string>
#include <string_view>

namespace gradrace {

class Progress {
 public:
  /// Shows nothing, ever, if not `wanted` or if standard error is no terminal.
  explicit Progress(bool wanted);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Whether it is time to draw again: ten times a second at most. False if nothing is shown.
  bool due() const;
  /// Draws "<title> [====>    ] 45%  <facts>" over what it drew before, cut to the width of the terminal.
  void show(std::string_view title, double fraction, std::string_view facts);
  /// Wipes the bar away, so that lines can be printed in its place.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool enabled_;
  bool visible_ = false;
  Clock::time_point drawn_;
};

}  // namespace gradrace
