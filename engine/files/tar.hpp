#pragma once
/// Tar archives, as far as data sets need them: plain files. What comes in is not trusted, and nothing is written.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gradrace {

/// A plain file in an archive.
struct TarFile {
  std::string path;                       ///< as the archive has it, which may be anything
  std::span<const std::uint8_t> content;  ///< in the archive
};

/// The plain files of an archive in the formats v7, ustar or GNU, in order. Entries of other kinds (directories, links)
/// and what pax and GNU archives add for names beyond 100 letters are passed over. Throws data_error, with `name` and
/// the offset, where a header's checksum or size cannot be right or the archive ends too early.
std::vector<TarFile> tar_files(std::span<const std::uint8_t> archive, const std::string& name);

}  // namespace gradrace
