#pragma once
/// What has come of a download so far. It outlives an interruption, and the next try goes on from there.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "engine/files/descriptor.hpp"
#include "engine/files/file.hpp"

namespace gradrace {

/// Bytes in memory, and as a file that one download at a time has to itself: meanwhile others of the same keep theirs
/// in memory alone. At the end the file stays if there are bytes, and is removed if there are none. What it holds is
/// not trusted: whoever goes on from it checks the whole.
class PartialFile {
 public:
  /// Opens the file, or makes it, reads what it holds, and takes memory for `most` bytes; of a file with more nothing
  /// is of use. Throws an Error with exit code 1 if there can be no such file.
  PartialFile(const std::filesystem::path& path, std::size_t most);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const Bytes& bytes() const { return bytes_; }
  /// How many more there is memory for.
  std::size_t room() const { return bytes_.capacity() - bytes_.size(); }
  /// At most room() bytes. A callback of C's may do these two, since they throw nothing: expect_written() says
  /// afterwards what went wrong.
  bool append(std::span<const std::uint8_t> more) noexcept;
  void clear() noexcept;
  /// Throws an Error with exit code 1 if something could not be written.
  void expect_written() const;
  /// Hands the bytes over; there are none any more.
  Bytes take();

 private:
  void read(std::size_t most);

  std::filesystem::path path_;
  Descriptor file_;  // locked; closed while another download has it
  Bytes bytes_;
  int error_ = 0;  // the first failure's errno
};

}  // namespace gradrace
