#include "engine/files/file.hpp"

#include <fstream>
#include <system_error>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

/// Into a container of single bytes.
template <class Contents>
Contents read_whole(const std::filesystem::path& file, std::size_t most) {
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(file, error);
  if (error) throw data_error("{}: cannot be read: {}", file.string(), error.message());
  if (!regular) throw data_error("{}: expected a regular file", file.string());
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) throw data_error("{}: cannot be read: {}", file.string(), error.message());
  if (size > most) throw data_error("{}: expected at most {} bytes, found {}", file.string(), most, size);
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw data_error("{}: cannot be read: {}", file.string(), std::generic_category().message(errno));
  Contents contents(static_cast<std::size_t>(size), {});
  stream.read(reinterpret_cast<char*>(contents.data()), static_cast<std::streamsize>(contents.size()));
  if (static_cast<std::size_t>(stream.gcount()) != contents.size())
    throw data_error("{}: expected {} bytes, reading stopped at byte {}", file.string(), size, stream.gcount());
  return contents;
}

}  // namespace

Bytes read_file(const std::filesystem::path& file, std::size_t most) {
  return read_whole<Bytes>(file, most);
}

std::string read_text(const std::filesystem::path& file, std::size_t most) {
  return read_whole<std::string>(file, most);
}

}  // namespace gradrace
