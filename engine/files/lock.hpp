#pragma once
/// Files and directories that one writer at a time has to itself. The system gives a lock back when its holder ends,
/// however it ends, and knows holders by what they have opened, so that processes with the same number, in containers,
/// are told apart.

#include <filesystem>
#include <string>

#include "engine/files/descriptor.hpp"

namespace gradrace {

/// Locks a file for as long as it stays open. Returns 0, or the errno that says why not: EWOULDBLOCK where somebody has
/// locked it, this process perhaps, and others where the file system knows no locks.
int try_to_lock(const Descriptor& file);
/// Whether the open file still has that name, relative to an open directory or to AT_FDCWD: it may have been removed,
/// and another one may have taken its place. Where the system cannot say, it has.
bool is_still_at(const Descriptor& file, int directory, const char* name);

/// Opens a file, or makes it, and locks it: as long as it stays open others get one that is not. Throws failure if it
/// can be neither opened nor made. flags: those of open(), O_CREAT among them.
Descriptor open_locked(const std::filesystem::path& path, int flags);

/// A directory that one race at a time writes some kind of files into. Where the file system knows no locks there is no
/// such care.
class DirectoryLock {
 public:
  /// Makes the directory if there is none. what: the kind of files, in a word that may be part of a file's name. Throws
  /// failure if another race has the lock, and where no file can be made.
  DirectoryLock(const std::filesystem::path& directory, const std::string& what);
  ~DirectoryLock();
  DirectoryLock(DirectoryLock&&) = default;

 private:
  std::filesystem::path path_;  // of the file that is locked, .WHAT.lock; removed at the end
  Descriptor file_{-1};
};

}  // namespace gradrace
