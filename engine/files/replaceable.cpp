#include "engine/files/replaceable.hpp"

#include <fstream>
#include <string>

#include "engine/base/error.hpp"

namespace gradrace {

void expect_replaceable(const std::filesystem::path& path, std::string_view mark) {
  constexpr std::size_t kStart = 1024;
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return;
  if (error) throw failure("cannot write {}: {}", path.string(), error.message());
  if (!std::filesystem::is_regular_file(status))
    throw failure("cannot write {}: it exists and is not a regular file", path.string());
  std::string start(kStart, '\0');
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw failure("cannot write {}: it exists and cannot be read", path.string());
  stream.read(start.data(), std::streamsize(start.size()));
  start.resize(std::size_t(stream.gcount()));
  if (!start.empty() && start.find(mark) == start.npos)
    throw failure("cannot write {}: it exists, and what it holds is of another kind and would be lost", path.string());
}

}  // namespace gradrace
