#include "daemon/reach.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace chancery {

namespace {

// A connection that is under way to this address; -1 when it cannot be begun.
int begin(const addrinfo& address) {
  const int descriptor = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0 || ::connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 || errno == EINPROGRESS)
    return descriptor;
  ::close(descriptor);
  return -1;
}

// To each address its name has: one that answers is enough.
std::vector<int> begin(const std::string& endpoint) {
  const auto colon = endpoint.rfind(':');
  if (colon == std::string::npos) return {};
  auto host = endpoint.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), endpoint.c_str() + colon + 1, &hints, &found) != 0) return {};
  std::vector<int> open;
  for (const auto* address = found; address != nullptr; address = address->ai_next)
    if (const int descriptor = begin(*address); descriptor >= 0) open.push_back(descriptor);
  ::freeaddrinfo(found);
  return open;
}

bool connected(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace

std::set<std::string> unreachable(const std::map<std::string, std::string>& endpoints, std::chrono::milliseconds wait) {
  std::set<std::string> out;
  std::vector<std::pair<std::string, pollfd>> open;
  for (const auto& [name, endpoint] : endpoints) {
    out.insert(name);
    for (const int descriptor : begin(endpoint)) open.push_back({name, {descriptor, POLLOUT, 0}});
  }
  const auto until = std::chrono::steady_clock::now() + wait;
  for (auto& [name, entry] : open) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, left.count()))) > 0 && connected(entry.fd))
      out.erase(name);
    ::close(entry.fd);
  }
  return out;
}

}  // namespace chancery
