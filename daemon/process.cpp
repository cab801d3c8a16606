#include "daemon/process.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "daemon/transport/credentials.h"

namespace chancery {

namespace {

constexpr rlim_t kDescriptors = 4096;
// Database, readers, logs, gRPC's own.
constexpr rlim_t kOtherDescriptors = 64;

sigset_t awaited() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGHUP);
  return set;
}

void raise_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kDescriptors));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// A group of acts takes some MiB and gives them back, many times a second, and so does a frame. glibc would return them
// to the kernel each time and take them anew, page by page, all zeroed.
void keep_freed_memory() {
  ::mallopt(M_MMAP_THRESHOLD, 2 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
  ::mallopt(M_TOP_PAD, 512 << 10);
}

}  // namespace

void prepare_process() {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::umask(077);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  const auto set = awaited();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  raise_descriptors();
  keep_freed_memory();
  transport::prepare_libraries();
}

Wake wait_for_signal(std::chrono::milliseconds wait) {
  const auto set = awaited();
  const timespec timeout{wait.count() / 1000, wait.count() % 1000 * 1'000'000};
  const int signal = ::sigtimedwait(&set, nullptr, &timeout);
  if (signal == SIGTERM || signal == SIGINT) return Wake::stop;
  return signal == SIGHUP ? Wake::reload : Wake::timeout;
}

void stop_process() { ::kill(::getpid(), SIGTERM); }

void end_process_after(std::chrono::milliseconds wait, int code, std::function<void()> say) {
  std::thread([wait, code, say = std::move(say)] {
    std::this_thread::sleep_for(wait);
    say();
    ::_exit(code);
  }).detach();
}

// Two descriptors a connection (ours and gRPC's) and a third to spare.
std::size_t connection_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= kOtherDescriptors + 24) return 8;
  return std::clamp<std::size_t>((limit.rlim_cur - kOtherDescriptors) / 3, 8, 512);
}

}  // namespace chancery
