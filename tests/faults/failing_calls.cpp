// A library for LD_PRELOAD that makes calls to the C library fail as they do on a full disk, without memory, ...
//
//   GRADRACE_FAULT=KIND:N       of the calls of that kind after main began, the N-th fails, counted from 1; of thread
//                               and clock, the N-th and all that follow
//   GRADRACE_FAULT_COUNTS=FILE  at the exit, how many calls of each kind there were goes into that file, in lines of
//                               KIND and number, and in lines of "place" and number, which allocation was the first
//                               that was made in each place of the program, as the functions under way tell it
//
// Calls that the C library makes of itself do not come here, so that each function that others call is listed below.
#include <dirent.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace {

enum Kind {
  kOpen,
  kRead,
  kWrite,
  kShortWrite,
  kFsync,
  kRename,
  kClose,
  kMkdir,
  kStat,
  kMap,
  kThread,
  kAllocation,
  kClock
};
constexpr std::array<std::string_view, 13> kNames = {"open",   "read",       "write", "short_write", "fsync",
                                                     "rename", "close",      "mkdir", "stat",        "mmap",
                                                     "thread", "allocation", "clock"};

std::array<std::atomic<long>, kNames.size()> counts;
std::atomic<bool> main_began{false};
int failing_kind = -1;
long failing_call = 0;
int (*real_main)(int, char**, char**) = nullptr;

/// The function that the program would have called without this library; `own` gives its type.
template <class Function>
Function* next(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Which allocation was the first in each place. Itself it allocates nothing.
class Places {
 public:
  void note(long call) {
    static thread_local bool is_busy = false;
    if (is_busy) return;
    is_busy = true;
    std::array<void*, 8> frames;
    const int depth = ::backtrace(frames.data(), int(frames.size()));
    std::size_t place = 1;
    for (int i = 0; i < depth; ++i) place = (place ^ std::size_t(frames[std::size_t(i)])) * 0x9e3779b97f4a7c15;
    add(place, call);
    is_busy = false;
  }
  void print(std::FILE* file) const {
    for (const long call : first_)
      if (call > 0) std::fprintf(file, "place %ld\n", call);
  }

 private:
  void add(std::size_t place, long call) {
    std::size_t slot = (place >> 16) % first_.size();
    while (hash_[slot] != 0 && hash_[slot] != place) slot = (slot + 1) % hash_.size();
    if (hash_[slot] == 0) first_[slot] = call;
    hash_[slot] = place;
  }

  std::array<std::size_t, 65536> hash_ = {};
  std::array<long, 65536> first_ = {};
};
Places* places = nullptr;

/// Counts a call, and says whether it is to fail.
bool fails(Kind kind) {
  if (!main_began) return false;
  const long call = ++counts[kind];
  if (kind == kAllocation && places) places->note(call);
  return kind == failing_kind && (call == failing_call || (call > failing_call && (kind == kThread || kind == kClock)));
}

template <class Result>
Result failed(int error, Result result) {
  errno = error;
  return result;
}

void choose_fault() {
  const char* fault = std::getenv("GRADRACE_FAULT");
  const char* colon = fault ? std::strchr(fault, ':') : nullptr;
  if (!colon) return;
  const std::string_view kind(fault, std::size_t(colon - fault));
  failing_call = std::strtol(colon + 1, nullptr, 10);
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == kind) failing_kind = int(i);
}

int counted_main(int argc, char** argv, char** environment) {
  choose_fault();
  static Places all;
  if (std::getenv("GRADRACE_FAULT_COUNTS")) {
    std::array<void*, 1> once;
    ::backtrace(once.data(), 1);  // loads what it needs
    places = &all;
  }
  main_began = true;
  return real_main(argc, argv, environment);
}

__attribute__((destructor)) void write_counts() {
  main_began = false;
  const char* path = std::getenv("GRADRACE_FAULT_COUNTS");
  if (!path) return;
  std::FILE* file = std::fopen(path, "w");
  if (!file) std::abort();
  for (std::size_t i = 0; i < kNames.size(); ++i) std::fprintf(file, "%s %ld\n", kNames[i].data(), counts[i].load());
  places->print(file);
  std::fclose(file);
}

/// The mode, which the caller has given where a file may be made.
mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | __O_TMPFILE)) ? mode_t(va_arg(arguments, unsigned)) : 0;
}

/// Half of what is to be written.
std::size_t half(std::size_t size) {
  return size / 2 + size % 2;
}

/// A clock that jumps back by a year.
template <class Time>
void set_back(Time* seconds) {
  if (fails(kClock)) *seconds -= 365 * 24 * 3600;
}

}  // namespace

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*unload)(), void* stack_end) {
  real_main = main;
  return next(&__libc_start_main, "__libc_start_main")(counted_main, argc, argv, init, fini, unload, stack_end);
}

// Files

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return fails(kOpen) ? failed(EMFILE, -1) : next(&open, "open")(path, flags, mode);
}
int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return fails(kOpen) ? failed(EMFILE, -1) : next(&openat, "openat")(directory, path, flags, mode);
}
std::FILE* fopen(const char* path, const char* mode) {
  return fails(kOpen) ? failed<std::FILE*>(EMFILE, nullptr) : next(&fopen, "fopen")(path, mode);
}
std::FILE* fopen64(const char* path, const char* mode) {
  return fails(kOpen) ? failed<std::FILE*>(EMFILE, nullptr) : next(&fopen64, "fopen64")(path, mode);
}
DIR* opendir(const char* path) {
  return fails(kOpen) ? failed<DIR*>(EMFILE, nullptr) : next(&opendir, "opendir")(path);
}
DIR* fdopendir(int file) {
  return fails(kOpen) ? failed<DIR*>(EMFILE, nullptr) : next(&fdopendir, "fdopendir")(file);
}

ssize_t read(int file, void* bytes, std::size_t size) {
  return fails(kRead) ? failed<ssize_t>(EIO, -1) : next(&read, "read")(file, bytes, size);
}
dirent* readdir(DIR* directory) {
  return fails(kRead) ? failed<dirent*>(EIO, nullptr) : next(&readdir, "readdir")(directory);
}

ssize_t write(int file, const void* bytes, std::size_t size) {
  if (fails(kWrite)) return failed<ssize_t>(ENOSPC, -1);
  return next(&write, "write")(file, bytes, fails(kShortWrite) ? half(size) : size);
}
ssize_t writev(int file, const iovec* parts, int count) {
  if (fails(kWrite)) return failed<ssize_t>(ENOSPC, -1);
  const bool is_short = fails(kShortWrite);
  return is_short ? next(&write, "write")(file, parts->iov_base, half(parts->iov_len))
                  : next(&writev, "writev")(file, parts, count);
}
std::size_t fwrite(const void* values, std::size_t size, std::size_t count, std::FILE* stream) {
  return fails(kWrite) ? failed<std::size_t>(ENOSPC, 0) : next(&fwrite, "fwrite")(values, size, count, stream);
}

int fsync(int file) {
  return fails(kFsync) ? failed(EIO, -1) : next(&fsync, "fsync")(file);
}

int rename(const char* from, const char* to) noexcept {
  return fails(kRename) ? failed(EIO, -1) : next(&rename, "rename")(from, to);
}
int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  return fails(kRename) ? failed(EIO, -1) : next(&renameat, "renameat")(from_directory, from, to_directory, to);
}

// What is closed is closed, even if closing it says that something went wrong.
int close(int file) {
  const int result = next(&close, "close")(file);
  return fails(kClose) ? failed(EIO, -1) : result;
}
int fclose(std::FILE* stream) {
  const int result = next(&fclose, "fclose")(stream);
  return fails(kClose) ? failed(EIO, EOF) : result;
}
int closedir(DIR* directory) {
  const int result = next(&closedir, "closedir")(directory);
  return fails(kClose) ? failed(EIO, -1) : result;
}

int mkdir(const char* path, mode_t mode) noexcept {
  return fails(kMkdir) ? failed(EACCES, -1) : next(&mkdir, "mkdir")(path, mode);
}

int stat(const char* path, struct stat* status) noexcept {
  return fails(kStat) ? failed(EIO, -1) : next<int(const char*, struct stat*)>(nullptr, "stat")(path, status);
}
int lstat(const char* path, struct stat* status) noexcept {
  return fails(kStat) ? failed(EIO, -1) : next(&lstat, "lstat")(path, status);
}
int fstat(int file, struct stat* status) noexcept {
  return fails(kStat) ? failed(EIO, -1) : next(&fstat, "fstat")(file, status);
}
int fstat64(int file, struct stat64* status) noexcept {
  return fails(kStat) ? failed(EIO, -1) : next(&fstat64, "fstat64")(file, status);
}
int fstatat(int directory, const char* path, struct stat* status, int flags) noexcept {
  return fails(kStat) ? failed(EIO, -1) : next(&fstatat, "fstatat")(directory, path, status, flags);
}

// Memory and threads

void* mmap(void* address, std::size_t size, int protection, int flags, int file, off_t offset) noexcept {
  return fails(kMap) ? failed(ENOMEM, MAP_FAILED) : next(&mmap, "mmap")(address, size, protection, flags, file, offset);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*work)(void*), void* argument) noexcept {
  return fails(kThread) ? EAGAIN : next(&pthread_create, "pthread_create")(thread, attributes, work, argument);
}

// By these names they can be called before this library is ready to look others up.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  return fails(kAllocation) ? failed<void*>(ENOMEM, nullptr) : __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  return fails(kAllocation) ? failed<void*>(ENOMEM, nullptr) : __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  return fails(kAllocation) ? failed<void*>(ENOMEM, nullptr) : __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return fails(kAllocation) ? failed<void*>(ENOMEM, nullptr) : __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  if (fails(kAllocation)) return ENOMEM;
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : ENOMEM;
}

// The time of day

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = next(&clock_gettime, "clock_gettime")(clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) set_back(&time->tv_sec);
  return result;
}
std::time_t time(std::time_t* result) noexcept {
  std::time_t now = next(&time, "time")(nullptr);
  set_back(&now);
  if (result) *result = now;
  return now;
}

}  // extern "C"
