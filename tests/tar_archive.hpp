#pragma once
/// Tar archives for tests.

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "tests/data_files.hpp"

namespace gradrace {

struct TarEntry {
  std::string path, content;
  char type = '0';
  std::string size = {};  ///< as the header has it; empty: the content's
};

inline Bytes tar_archive(const std::vector<TarEntry>& entries) {
  Bytes archive;
  for (const TarEntry& entry : entries) {
    std::string header(512, '\0');
    const auto put = [&](std::size_t at, const std::string& text) {
      std::ranges::copy(text, header.begin() + std::ptrdiff_t(at));
    };
    put(0, entry.path);
    put(124, entry.size.empty() ? fmt::format("{:011o}", entry.content.size()) : entry.size);
    put(148, "        ");
    header[156] = entry.type;
    put(257, "ustar");
    const auto sum = [](unsigned total, char c) { return total + static_cast<unsigned char>(c); };
    put(148, fmt::format("{:06o}", std::accumulate(header.begin(), header.end(), 0u, sum)) + '\0');
    const std::string padding((512 - entry.content.size() % 512) % 512, '\0');
    for (const std::string& part : {header, entry.content, padding})
      archive.insert(archive.end(), part.begin(), part.end());
  }
  archive.resize(archive.size() + 1024);
  return archive;
}

}  // namespace gradrace
