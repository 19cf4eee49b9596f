#include "engine/files/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <new>
#include <system_error>

#include "engine/base/error.hpp"

namespace gradrace {
namespace {

struct Closer {
  void operator()(std::FILE* stream) const { std::fclose(stream); }
};
using Stream = std::unique_ptr<std::FILE, Closer>;

/// Throws the failure of the call that has just set errno.
[[noreturn]] void fail(const std::filesystem::path& file) {
  throw data_error("{}: cannot be read: {}", file.string(), std::generic_category().message(errno));
}

/// Opened without waiting: a pipe would have us wait for whoever writes to it.
Stream open_to_read(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail(file);
  Stream stream(::fdopen(descriptor, "rb"));
  if (stream) return stream;
  ::close(descriptor);
  throw std::bad_alloc();
}

/// The size of an open regular file.
std::size_t size_of(std::FILE* stream, const std::filesystem::path& file, std::size_t most) {
  struct stat status;
  if (::fstat(::fileno(stream), &status) != 0) fail(file);
  if (!S_ISREG(status.st_mode)) throw data_error("{}: expected a regular file", file.string());
  if (std::size_t(status.st_size) > most)
    throw data_error("{}: expected at most {} bytes, found {}", file.string(), most, status.st_size);
  return std::size_t(status.st_size);
}

/// Into a container of single bytes. Whoever writes to the file meanwhile is noticed if its size changes.
template <class Contents>
Contents read_whole(const std::filesystem::path& file, std::size_t most) {
  const Stream stream = open_to_read(file);
  Contents contents(size_of(stream.get(), file, most), {});
  const std::size_t read = std::fread(contents.data(), 1, contents.size(), stream.get());
  const bool goes_on = read == contents.size() && std::fgetc(stream.get()) != EOF;
  if (std::ferror(stream.get())) fail(file);
  if (goes_on || read != contents.size())
    throw data_error("{}: expected {} bytes, found {}: the file changes while it is read", file.string(),
                     contents.size(), goes_on ? "more" : fmt::format("{}", read));
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
