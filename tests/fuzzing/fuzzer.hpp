#pragma once
/// A fuzzer: one reader of what comes from outside, which libFuzzer (https://llvm.org/docs/LibFuzzer.html) feeds with
/// inputs that it changes until they reach every line. Each file of this folder is one, and defines these functions.

#include <string>
#include <string_view>
#include <vector>

#include "tests/data_files.hpp"

namespace gradrace {

/// Has the reader read an input. That it throws an Error is its way to refuse it; whatever else it throws, breaks or
/// takes more memory or time for than it should is found by the sanitizers and by libFuzzer.
void fuzz(std::string_view input);

/// Inputs to begin with, of every kind that the reader takes.
std::vector<std::string> seeds();

/// Words that the reader knows and that would take long to come by. In the form of a C string.
std::vector<std::string> words();

inline std::string text_of(const Bytes& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace gradrace
