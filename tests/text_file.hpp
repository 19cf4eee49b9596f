#pragma once
/// Reading text files in tests.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace gradrace {

/// The whole file; empty if there is none.
inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

}  // namespace gradrace
