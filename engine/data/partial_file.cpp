#include "engine/data/partial_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/files/lock.hpp"

namespace gradrace {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  throw failure("cannot write {}: {}", path.string(), std::generic_category().message(error));
}

}  // namespace

PartialFile::PartialFile(const std::filesystem::path& path, std::size_t most)
    : path_(path), file_(open_locked(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {
  if (file_.is_open()) read(most);
  bytes_.reserve(most);
}

PartialFile::~PartialFile() {
  if (bytes_.empty() && file_.is_open() && is_still_at(file_, AT_FDCWD, path_.c_str())) ::unlink(path_.c_str());
}

void PartialFile::read(std::size_t most) {
  struct stat status;
  if (::fstat(file_.get(), &status) != 0) fail(path_, errno);
  if (!S_ISREG(status.st_mode)) throw failure("cannot write {}: it exists and is not a regular file", path_.string());
  if (std::size_t(status.st_size) > most)
    clear();
  else
    bytes_ = read_file(path_, most);
}

bool PartialFile::append(std::span<const std::uint8_t> more) noexcept {
  bytes_.insert(bytes_.end(), more.begin(), more.end());
  if (!file_.is_open() || write_all(file_, {reinterpret_cast<const char*>(more.data()), more.size()})) return true;
  error_ = errno;
  return false;
}

void PartialFile::clear() noexcept {
  bytes_.clear();
  if (file_.is_open() && ::ftruncate(file_.get(), 0) != 0 && error_ == 0) error_ = errno;
}

void PartialFile::expect_written() const {
  if (error_ != 0) fail(path_, error_);
}

Bytes PartialFile::take() {
  return std::exchange(bytes_, {});
}

}  // namespace gradrace
