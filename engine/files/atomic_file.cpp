#include "engine/files/atomic_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "engine/base/error.hpp"

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

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }
  /// Closes now, to learn of errors. An interrupted close has closed all the same.
  bool close() { return ::close(std::exchange(number_, -1)) == 0 || errno == EINTR; }

 private:
  int number_;
};

/// Removes the temporary on the way out, unless it has got its final name.
struct Remover {
  int directory;
  const char* name;
  bool armed;
  ~Remover() {
    if (armed) ::unlinkat(directory, name, 0);
  }
};

bool write_all(int file, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(file, rest.data(), rest.size()); });
    if (written < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A name that is taken by a device, a pipe or a directory must not be replaced by a file.
void refuse_special(int directory, const char* name, const std::filesystem::path& path) {
  struct stat status;
  if (::fstatat(directory, name, &status, 0) == 0 && !S_ISREG(status.st_mode))
    throw failure("cannot write {}: it exists and is not a regular file", path.string());
}

/// Removes what killed writers left: files with the name <prefix><pid> of a process that is no more.
void remove_abandoned(const std::filesystem::path& parent, const std::string& prefix) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator it(parent, ignored), end; it != end; it.increment(ignored)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    pid_t pid = 0;
    const auto [stop, status] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), pid);
    const bool is_pid = status == std::errc() && stop == name.data() + name.size() && pid > 0;
    if (is_pid && ::kill(pid, 0) != 0 && errno == ESRCH) std::filesystem::remove(it->path(), ignored);
  }
}

}  // namespace

void write_atomically(const std::filesystem::path& path, std::string_view contents) {
  const std::string parent = path.has_parent_path() ? path.parent_path().string() : ".";
  const std::string name = path.filename().string(), prefix = name + ".tmp.";
  const std::string temporary = fmt::format("{}{}", prefix, ::getpid());

  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) fail(path);
  refuse_special(directory.get(), name.c_str(), path);
  remove_abandoned(parent, prefix);

  Descriptor file(::openat(directory.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                           S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH));
  if (file.get() < 0) fail(path);
  Remover remover{directory.get(), temporary.c_str(), true};
  if (!write_all(file.get(), contents)) fail(path);
  if (uninterrupted([&] { return ::fsync(file.get()); }) != 0) fail(path);
  if (!file.close()) fail(path);
  if (::renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) != 0) fail(path);
  remover.armed = false;

  // Makes the new name last. File systems that cannot sync a directory say EINVAL.
  if (uninterrupted([&] { return ::fsync(directory.get()); }) != 0 && errno != EINVAL) fail(path);
}

}  // namespace gradrace
