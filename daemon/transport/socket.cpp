#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "daemon/transport/listener.h"

namespace chancery::transport {

namespace {

constexpr int kBacklog = 256;

auto system_error(Errc code, const std::string& what) { return fail(code, what + ": " + std::strerror(errno)); }

struct HostPort {
  std::string host;
  std::string port;
};

std::optional<HostPort> split(const std::string& endpoint) {
  const auto colon = endpoint.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == endpoint.size()) return std::nullopt;
  auto host = endpoint.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  auto port = endpoint.substr(colon + 1);
  // getaddrinfo would take a larger number modulo 65536.
  if (port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos || std::stoul(port) > 65535)
    return std::nullopt;
  return HostPort{std::move(host), std::move(port)};
}

std::string bound_port(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  const auto port = address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                                  : reinterpret_cast<sockaddr_in&>(address).sin_port;
  return std::to_string(ntohs(port));
}

Result<int> bind_tcp(const addrinfo& info) {
  const int descriptor = ::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return system_error(Errc::unavailable, "socket");
  const int one = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (info.ai_family == AF_INET6) ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (::bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 && ::listen(descriptor, kBacklog) == 0) return descriptor;
  auto error = system_error(Errc::unavailable, "listen");
  ::close(descriptor);
  return error;
}

// The folder decides who can put a socket of his own in place of ours.
Result<void> check_folder(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  struct stat info {};
  if (::lstat(folder.empty() ? "." : folder.c_str(), &info) != 0) return system_error(Errc::unavailable, folder);
  if (!S_ISDIR(info.st_mode)) return fail(Errc::forbidden, folder.string() + ": is not a folder");
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return fail(Errc::forbidden, folder.string() + ": belongs to somebody else");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(Errc::forbidden, folder.string() + ": can be written by others");
  return {};
}

bool somebody_answers(const sockaddr_un& address) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return true;
  const bool answers =
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
  ::close(descriptor);
  return answers;
}

Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0)
    return errno == ENOENT ? Result<void>() : system_error(Errc::unavailable, path);
  if (!S_ISSOCK(info.st_mode) || info.st_uid != ::geteuid())
    return fail(Errc::forbidden, path + ": is not a socket of ours");
  if (somebody_answers(address)) return fail(Errc::conflict, path + ": another daemon answers there");
  if (::unlink(path.c_str()) != 0) return system_error(Errc::unavailable, path);
  return {};
}

}  // namespace

Result<Socket> Socket::tcp(const std::string& endpoint) {
  const auto parts = split(endpoint);
  if (!parts) return fail(Errc::malformed, endpoint + ": is not host:port");
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found) != 0)
    return fail(Errc::malformed, endpoint + ": is not a numeric address and port");
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  const int descriptor = TRY(bind_tcp(*found));
  const auto address = endpoint.substr(0, endpoint.rfind(':') + 1) + bound_port(descriptor);
  return Socket(descriptor, address, {});
}

Result<Socket> Socket::unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return fail(Errc::malformed, path + ": is too long");
  path.copy(address.sun_path, path.size());
  CHECK_OK(check_folder(path));
  CHECK_OK(remove_stale(path, address));
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return system_error(Errc::unavailable, "socket");
  Socket socket(descriptor, path, {});
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return system_error(Errc::unavailable, path);
  socket.file_ = path;
  // Nobody can connect before listen(), so there is no moment with another mode.
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0 || ::listen(descriptor, kBacklog) != 0)
    return system_error(Errc::unavailable, path);
  return socket;
}

Socket::Socket(Socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      address_(std::move(other.address_)),
      file_(std::exchange(other.file_, {})) {}

Socket::~Socket() {
  if (descriptor_ < 0) return;
  if (!file_.empty()) ::unlink(file_.c_str());
  ::close(descriptor_);
}

}  // namespace chancery::transport
