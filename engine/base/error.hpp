#pragma once
/// The room base/: what every other room builds on and what knows nothing of training. Errors, options as text and as
/// values, labels, registries, PyTorch's random numbers, memory that is planned before it is taken, named tensors,
/// statistics. Begin with this file, options.hpp and memory.hpp.
///
/// Errors that a user can cause. Each carries one clear sentence and decides the program's exit code.

#include <stdexcept>
#include <string>

#include <fmt/format.h>

namespace gradrace {

enum class ExitCode { kOk = 0, kFailure = 1, kUsage = 2, kCheck = 3, kNumerical = 4, kData = 5 };

class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// A wrong option, name or value: what was given, and what would have been accepted.
template <class... T>
[[nodiscard]] Error usage_error(fmt::format_string<T...> format, T&&... args) {
  return Error(ExitCode::kUsage, fmt::format(format, std::forward<T>(args)...));
}
/// A data file that is missing or wrong: file, offset, what was expected and what was found.
template <class... T>
[[nodiscard]] Error data_error(fmt::format_string<T...> format, T&&... args) {
  return Error(ExitCode::kData, fmt::format(format, std::forward<T>(args)...));
}
/// Everything else that goes wrong while running (a file that cannot be written, threads that cannot be had).
template <class... T>
[[nodiscard]] Error failure(fmt::format_string<T...> format, T&&... args) {
  return Error(ExitCode::kFailure, fmt::format(format, std::forward<T>(args)...));
}

}  // namespace gradrace
