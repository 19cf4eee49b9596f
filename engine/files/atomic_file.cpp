#include "engine/files/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/files/descriptor.hpp"
#include "engine/files/lock.hpp"

namespace gradrace {
namespace {

/// Throws the failure of the system call that has just set errno.
[[noreturn]] void fail(const std::filesystem::path& path) {
  const int error = errno;
  throw failure("cannot write {}: {}", path.string(), std::generic_category().message(error));
}

/// Repeats a system call for as long as signals interrupt it.
template <class Call>
auto uninterrupted(Call call) {
  decltype(call()) result;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

/// Removes the temporary on the way out, unless it has got its final name.
struct Remover {
  int directory;
  const char* name;
  bool armed;
  ~Remover() {
    if (armed) ::unlinkat(directory, name, 0);
  }
};

std::filesystem::path parent_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

std::string temporary_prefix(const std::filesystem::path& path) {
  return path.filename().string() + ".tmp.";
}

/// A name that is taken by a device, a pipe or a directory must not be replaced by a file.
void refuse_special(int directory, const char* name, const std::filesystem::path& path) {
  struct stat status;
  if (::fstatat(directory, name, &status, 0) == 0 && !S_ISREG(status.st_mode))
    throw failure("cannot write {}: it exists and is not a regular file", path.string());
}

/// A temporary file for `path`, locked as long as it is open, which tells it from those of killed writers.
struct Temporary {
  std::string name;
  Descriptor file;
};

Temporary make_temporary(int directory, const std::filesystem::path& path) {
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  constexpr mode_t kForAll = 0666;  // as far as the umask lets it
  for (std::random_device random;;) {
    std::string name = temporary_prefix(path) + fmt::format("{:08x}", random());
    Descriptor file(::openat(directory, name.c_str(), kNew, kForAll));
    if (!file.is_open() && errno == EEXIST) continue;
    if (!file.is_open()) fail(path);
    // Whoever looked at it before it was locked may have removed it.
    if (try_to_lock(file) != EWOULDBLOCK && is_still_at(file, directory, name.c_str()))
      return {std::move(name), std::move(file)};  // nothing that could throw and leave it behind
  }
}

/// Removes the temporaries that killed writers of `path` left: those that nobody has locked.
void remove_abandoned(const std::filesystem::path& path) {
  const std::string prefix = temporary_prefix(path);
  std::error_code ignored;
  for (std::filesystem::directory_iterator it(parent_of(path), ignored), end; it != end; it.increment(ignored)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(prefix) || name.size() != prefix.size() + 8) continue;
    const Descriptor file(::open(it->path().c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.is_open() && try_to_lock(file) == 0) std::filesystem::remove(it->path(), ignored);
  }
}

}  // namespace

void write_atomically(const std::filesystem::path& path, std::string_view contents) {
  const std::string name = path.filename().string();
  const Descriptor directory(::open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) fail(path);
  refuse_special(directory.get(), name.c_str(), path);
  remove_abandoned(path);

  const Temporary temporary = make_temporary(directory.get(), path);
  Remover remover{directory.get(), temporary.name.c_str(), true};
  if (!write_all(temporary.file, contents)) fail(path);
  if (uninterrupted([&] { return ::fsync(temporary.file.get()); }) != 0) fail(path);
  if (::renameat(directory.get(), temporary.name.c_str(), directory.get(), name.c_str()) != 0) fail(path);
  remover.armed = false;

  // Makes the new name last. File systems that cannot sync a directory say EINVAL.
  if (uninterrupted([&] { return ::fsync(directory.get()); }) != 0 && errno != EINVAL) fail(path);
}

void expect_writable(const std::filesystem::path& path) {
  const Descriptor directory(::open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) fail(path);
  refuse_special(directory.get(), path.filename().c_str(), path);
  remove_abandoned(path);
  const Temporary temporary = make_temporary(directory.get(), path);
  const Remover remover{directory.get(), temporary.name.c_str(), true};
  if (!write_all(temporary.file, "\n")) fail(path);
}

}  // namespace gradrace
