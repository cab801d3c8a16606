#include "daemon/supervisor.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace chancery {

namespace {

std::string take(const char* name) {
  const char* value = ::getenv(name);
  std::string out = value == nullptr ? "" : value;
  ::unsetenv(name);
  return out;
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t out = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault != std::errc() || end != text.data() + text.size() || out <= 0) return std::nullopt;
  return out;
}

}  // namespace

Supervisor Supervisor::from_environment() {
  Supervisor out;
  out.socket_ = take("NOTIFY_SOCKET");
  const auto every = number(take("WATCHDOG_USEC"));
  const auto of = take("WATCHDOG_PID");
  if (every && (of.empty() || number(of) == ::getpid())) out.watchdog_ = std::chrono::microseconds(*every);
  return out;
}

void Supervisor::ready(const std::string& status) const { tell("READY=1\nSTATUS=" + status); }
void Supervisor::reloading() const { tell("RELOADING=1\nSTATUS=reading the agreement data"); }
void Supervisor::stopping() const { tell("STOPPING=1\nSTATUS=stopping"); }
void Supervisor::alive() const {
  if (watchdog_) tell("WATCHDOG=1");
}

void Supervisor::tell(const std::string& state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  // '@' stands for the zero byte an abstract name begins with.
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address), size);
  ::close(descriptor);
}

}  // namespace chancery
