// A library to preload (LD_PRELOAD) into a daemon: some of its allocations find no memory.
//
//   FAULTY_AFTER   so many allocations succeed first, so that it gets as far as serving
//   FAULTY_ONE_IN  then one in so many fails, which of them is a function of its number
//   FAULTY_TELL    gets a line when one fails, the first few times
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,readability-identifier-naming): the names of the C
// library are its own
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
}

namespace {

constexpr std::uint64_t kTold = 100;

std::uint64_t after = 0;
std::uint64_t one_in = 0;
const char* tell = nullptr;
std::atomic<std::uint64_t> asked{0};
std::atomic<std::uint64_t> refused{0};

// Before main; until then nothing fails.
[[gnu::constructor]] void read_plan() {
  const char* text = std::getenv("FAULTY_AFTER");
  after = text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
  tell = std::getenv("FAULTY_TELL");
  text = std::getenv("FAULTY_ONE_IN");
  one_in = text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

void say() {
  const long fd = ::syscall(SYS_openat, AT_FDCWD, tell, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  (void)::syscall(SYS_write, fd, "memory\n", std::size_t{7});
  (void)::syscall(SYS_close, fd);
}

bool none_left() {
  if (one_in == 0) return false;
  const auto number = ++asked;
  if (number <= after) return false;
  std::uint64_t mixed = number * 0x9E3779B97F4A7C15ULL;
  mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9ULL;
  if ((mixed >> 32) % one_in != 0) return false;
  if (++refused <= kTold && tell != nullptr) say();
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return none_left() ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) { return none_left() ? nullptr : __libc_calloc(count, size); }
void* realloc(void* old, std::size_t size) { return none_left() ? nullptr : __libc_realloc(old, size); }

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name,readability-identifier-naming)
