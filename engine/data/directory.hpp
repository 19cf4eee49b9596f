#pragma once
/// Data directories as a whole: what the `gradrace data` subcommands do.

#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/download.hpp"
#include "engine/data/set_files.hpp"

namespace gradrace {

/// Where downloads are kept: $XDG_CACHE_HOME/gradrace/NAME (the set's) if that is absolute, else
/// ~/.cache/gradrace/NAME. Empty if HOME is not set either.
std::filesystem::path cache_directory(const KnownSet& set = kMnist);

/// Makes `directory` if needed and downloads the files that it lacks, by themselves or in the set's archive. A file
/// appears there complete and checked, or not at all; what came of one that was interrupted waits in name.part for the
/// next time. Several may fetch into one directory at once. A file that is there already and is not the set's is left
/// alone: Error, exit code 5. Throws as download() does, and an Error with exit code 1 when a file cannot be written.
void fetch(const KnownSet& set, const std::filesystem::path& directory, DownloadOptions options);

/// What verify_directory() found out about one file.
struct FileCheck {
  std::string name;
  std::filesystem::path path;  ///< empty if the file is missing
  Index bytes = 0;             ///< uncompressed
  std::string sha256;          ///< uncompressed; empty if the file is missing or damaged
  bool is_known = false;       ///< the checksum is the set's
  std::string problem;         ///< one sentence; empty if the file can be used
};

/// Checks each of the set's files by itself.
std::vector<FileCheck> verify_directory(const KnownSet& set, const std::filesystem::path& directory);

/// Makes `directory` if needed and writes the `digits` set there as four .gz files. Never overwrites: if one of them is
/// there already, Error with exit code 5; if one cannot be written, exit code 1.
void make_digits(const std::filesystem::path& directory);

}  // namespace gradrace
