#include "engine/files/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "engine/base/error.hpp"

namespace gradrace {

int try_to_lock(const Descriptor& file) {
  return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

bool is_still_at(const Descriptor& file, int directory, const char* name) {
  struct stat opened, named;
  if (::fstat(file.get(), &opened) != 0) return true;
  if (::fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) != 0) return errno != ENOENT;
  return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

Descriptor open_locked(const std::filesystem::path& path, int flags) {
  constexpr mode_t kForAll = 0666;  // as far as the umask lets it
  for (;;) {
    Descriptor file(::open(path.c_str(), flags, kForAll));
    if (!file.is_open()) throw failure("cannot write {}: {}", path.string(), std::generic_category().message(errno));
    if (try_to_lock(file) == EWOULDBLOCK) return Descriptor(-1);
    if (is_still_at(file, AT_FDCWD, path.c_str())) return file;  // else its last holder removed it as it ended
  }
}

DirectoryLock::DirectoryLock(const std::filesystem::path& directory, const std::string& what)
    : path_(directory / fmt::format(".{}.lock", what)) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw failure("cannot make the directory {}: {}", directory.string(), error.message());
  file_ = open_locked(path_, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC);
  if (!file_.is_open())
    throw failure("{}: another race is writing {} there; let it end, or name another directory", directory.string(),
                  what);
}

DirectoryLock::~DirectoryLock() {
  if (file_.is_open() && is_still_at(file_, AT_FDCWD, path_.c_str())) ::unlink(path_.c_str());
}

}  // namespace gradrace
