// A library to preload (LD_PRELOAD) into a daemon: one system call of its store fails, or does other than it says.
//
//   FAULTY_CALL  write (pwrite and write), fdatasync, fsync, truncate, open, rename; several with commas
//   FAULTY_PATH  only calls on paths that contain this
//   FAULTY_COUNT a file of two numbers of 64 bits, shared with whoever makes the fault: how many of these calls there
//                were, of all threads together, and which of them fails, the first being 1. Without it each of them
//                fails
//   FAULTY_HOW   eio enospc    is not done, and says so
//                short         half of it is done, and says so
//                torn-kill     half of it is done, then the process is killed
//                kill          is not done, and the process is killed
//                done-eio      is done, and says that it failed
//                ignored       is not done, and says that it was, and so with all after it: as if nobody looked
//                held          write and pread alone: done in memory only, so that a kill loses it
//   FAULTY_TELL  gets a line with call and path when one fails
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace {

enum class How { off, eio, enospc, cut, torn_kill, kill, done_eio, ignored, held };

How read_how(const char* text) {
  struct Name {
    const char* text;
    How how;
  };
  static constexpr Name kNames[] = {
      {"eio", How::eio},   {"enospc", How::enospc},     {"short", How::cut},       {"torn-kill", How::torn_kill},
      {"kill", How::kill}, {"done-eio", How::done_eio}, {"ignored", How::ignored}, {"held", How::held}};
  for (const auto& name : kNames)
    if (text != nullptr && std::strcmp(text, name.text) == 0) return name.how;
  return How::off;
}

// Read before main, so that no call allocates.
struct Plan {
  How how = How::off;
  const char* calls = "";
  const char* path = "";
  const char* tell = nullptr;
};
Plan plan;

struct Count {
  std::atomic<std::uint64_t> seen;
  std::atomic<std::uint64_t> at;
};
static_assert(sizeof(Count) == 16 && std::atomic<std::uint64_t>::is_always_lock_free);
Count* counted = nullptr;

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

void tell(const char* call, const char* path) {
  if (plan.tell == nullptr) return;
  char line[4200];
  const int size = std::snprintf(line, sizeof line, "%s %s\n", call, path);
  const long fd = ::syscall(SYS_openat, AT_FDCWD, plan.tell, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  (void)::syscall(SYS_write, fd, line, static_cast<std::size_t>(size));
  (void)::syscall(SYS_close, fd);
}

Count* share(const char* path) {
  if (path == nullptr) return nullptr;
  const long fd = ::syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (fd < 0) std::abort();
  auto* shared = ::mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED, static_cast<int>(fd), 0);
  if (shared == MAP_FAILED) std::abort();
  (void)::syscall(SYS_close, fd);
  return static_cast<Count*>(shared);
}

[[gnu::constructor]] void read_plan() {
  const char* calls = std::getenv("FAULTY_CALL");
  const char* path = std::getenv("FAULTY_PATH");
  plan.calls = calls == nullptr ? "" : calls;
  plan.path = path == nullptr ? "" : path;
  plan.tell = std::getenv("FAULTY_TELL");
  counted = share(std::getenv("FAULTY_COUNT"));
  plan.how = read_how(std::getenv("FAULTY_HOW"));
}

bool names(const char* call) {
  const std::size_t size = std::strlen(call);
  for (const char* at = plan.calls; (at = std::strstr(at, call)) != nullptr; at += size)
    if ((at == plan.calls || at[-1] == ',') && (at[size] == '\0' || at[size] == ',')) return true;
  return false;
}

// What this call is to do.
How fate(const char* call, const char* path) {
  if (plan.how == How::off || plan.how == How::held || !names(call) || std::strstr(path, plan.path) == nullptr)
    return How::off;
  if (counted != nullptr) {
    const std::uint64_t number = ++counted->seen, at = counted->at;
    if (number < at || (number > at && plan.how != How::ignored)) return How::off;
  }
  tell(call, path);
  if (plan.how == How::kill) ::kill(::getpid(), SIGKILL);
  return plan.how;
}

struct PathOf {
  char text[4096];
  explicit PathOf(int fd) {
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const auto size = ::readlink(link, text, sizeof text - 1);
    text[size < 0 ? 0 : size] = '\0';
  }
};

int failed(How how) {
  errno = how == How::enospc ? ENOSPC : EIO;
  return -1;
}

// A call without a size: done or not.
template <typename Call>
int with_fate(How how, Call call) {
  if (how == How::off || how == How::cut) return call();
  if (how == How::ignored) return 0;
  if (how == How::done_eio && call() < 0) return -1;
  return failed(how);
}

// A call that writes so many bytes.
template <typename Call>
ssize_t with_fate(How how, std::size_t size, Call call) {
  switch (how) {
    case How::off:
    case How::held:
      return call(size);
    case How::ignored:
      return static_cast<ssize_t>(size);
    case How::cut:
      return call(size - size / 2);
    case How::torn_kill:
      (void)call(size / 2);
      ::kill(::getpid(), SIGKILL);
      break;
    case How::done_eio:
      (void)call(size);
      break;
    case How::eio:
    case How::enospc:
    case How::kill:
      break;
  }
  return failed(how);
}

// ---- held: the contents of one file, as the process sees it

struct Held {
  std::mutex mutex;
  ino_t file = 0;
  char* bytes = nullptr;
  std::size_t size = 0;
};
Held held;

bool is_held(int fd) {
  if (plan.how != How::held || std::strstr(PathOf(fd).text, plan.path) == nullptr) return false;
  struct stat now {};
  if (::fstat(fd, &now) != 0 || (held.file != 0 && held.file != now.st_ino)) return false;
  held.file = now.st_ino;
  return true;
}

bool grow_held(std::size_t size) {
  if (size <= held.size) return true;
  auto* grown = static_cast<char*>(std::realloc(held.bytes, size));
  if (grown == nullptr) return false;
  std::memset(grown + held.size, 0, size - held.size);
  held.bytes = grown;
  held.size = size;
  return true;
}

ssize_t hold(const void* from, std::size_t size, off64_t at) {
  if (!grow_held(static_cast<std::size_t>(at) + size)) return failed(How::enospc);
  std::memcpy(held.bytes + at, from, size);
  return static_cast<ssize_t>(size);
}

ssize_t read_held(void* to, std::size_t size, off64_t at) {
  const auto start = static_cast<std::size_t>(at);
  if (start >= held.size) return 0;
  const auto count = size < held.size - start ? size : held.size - start;
  std::memcpy(to, held.bytes + start, count);
  return static_cast<ssize_t>(count);
}

}  // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the names of the C library are its own
extern "C" {

ssize_t pwrite64(int fd, const void* from, std::size_t size, off64_t at) {
  static auto* const next = real<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
  if (plan.how == How::held) {
    const std::lock_guard lock(held.mutex);
    if (is_held(fd)) return hold(from, size, at);
  }
  return with_fate(fate("write", PathOf(fd).text), size, [&](std::size_t part) { return next(fd, from, part, at); });
}

ssize_t pread64(int fd, void* to, std::size_t size, off64_t at) {
  static auto* const next = real<ssize_t(int, void*, std::size_t, off64_t)>("pread64");
  if (plan.how == How::held) {
    const std::lock_guard lock(held.mutex);
    if (held.bytes != nullptr && is_held(fd)) return read_held(to, size, at);
  }
  return next(fd, to, size, at);
}

ssize_t pwrite(int fd, const void* from, std::size_t size, off_t at) { return pwrite64(fd, from, size, at); }
ssize_t pread(int fd, void* to, std::size_t size, off_t at) { return pread64(fd, to, size, at); }

ssize_t write(int fd, const void* from, std::size_t size) {
  static auto* const next = real<ssize_t(int, const void*, std::size_t)>("write");
  if (plan.how == How::off || plan.how == How::held) return next(fd, from, size);
  return with_fate(fate("write", PathOf(fd).text), size, [&](std::size_t part) { return next(fd, from, part); });
}

int fdatasync(int fd) {
  static auto* const next = real<int(int)>("fdatasync");
  return with_fate(fate("fdatasync", PathOf(fd).text), [&] { return next(fd); });
}

int fsync(int fd) {
  static auto* const next = real<int(int)>("fsync");
  return with_fate(fate("fsync", PathOf(fd).text), [&] { return next(fd); });
}

int ftruncate64(int fd, off64_t size) noexcept {
  static auto* const next = real<int(int, off64_t)>("ftruncate64");
  return with_fate(fate("truncate", PathOf(fd).text), [&] { return next(fd, size); });
}

int rename(const char* from, const char* to) noexcept {
  static auto* const next = real<int(const char*, const char*)>("rename");
  return with_fate(fate("rename", to), [&] { return next(from, to); });
}

// A descriptor that was opened and is reported as failed stays open, as it would.
int open64(const char* path, int flags, ...) {
  static auto* const next = real<int(const char*, int, ...)>("open64");
  std::va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  const auto how = fate("open", path);
  if (how == How::ignored) return failed(How::eio);
  return with_fate(how, [&] { return next(path, flags, mode); });
}

int open(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open64(path, flags, mode);
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
