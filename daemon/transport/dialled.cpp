#include "daemon/transport/dialled.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <memory>
#include <set>

namespace chancery::transport {

namespace {

// "192.0.2.1 8443"; an address mapped into IPv6 is the same one. Empty for what is not IP.
std::string text_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return std::string(text.data()) + " " + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family != AF_INET6) return {};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
    ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
  else
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return std::string(text.data()) + " " + std::to_string(ntohs(v6.sin6_port));
}

std::set<std::string> addresses_of(const std::string& endpoint) {
  std::set<std::string> all;
  const auto colon = endpoint.rfind(':');
  if (colon == std::string::npos) return all;
  auto host = endpoint.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(host.c_str(), endpoint.c_str() + colon + 1, &hints, &found) != 0) return all;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    sockaddr_storage address{};
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen, reinterpret_cast<char*>(&address));
    all.insert(text_of(address));
  }
  return all;
}

template <class Ask>
std::string asked(Ask ask, int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return ask(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? text_of(address) : std::string();
}

std::string find(const std::set<std::string>& wanted, const std::string& authority, Connections& connections) {
  std::string last;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const auto file = it->path().filename().string();
    int descriptor = -1;
    std::from_chars(file.data(), file.data() + file.size(), descriptor);
    const auto there = asked(::getpeername, descriptor);
    if (there.empty() || !wanted.contains(there)) continue;
    const auto name = "dialled " + asked(::getsockname, descriptor) + " to " + there;
    if (connections.add_dialled(name, authority, descriptor)) last = name;
  }
  return last;
}

}  // namespace

std::string find_connected(const std::string& uri, const std::string& authority, Connections& connections) {
  const auto scheme = uri.find(':'), port = uri.rfind(':');
  if (scheme == port) return {};
  auto host = uri.substr(scheme + 1, port - scheme - 1);
  if (host.rfind("%5B", 0) == 0 && host.size() > 6) host = host.substr(3, host.size() - 6);
  return find(addresses_of("[" + host + "]" + uri.substr(port)), authority, connections);
}

std::string find_dialled(const std::string& endpoint, const std::string& authority, Connections& connections) {
  return find(addresses_of(endpoint), authority, connections);
}

}  // namespace chancery::transport
