#include "daemon/transport/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace chancery::transport {

namespace {

constexpr int kAcceptMs = 100;  // how soon a stop is noticed
constexpr int kWatchMs = 25;    // a flood makes gRPC grow by hundreds of MiB a second

int reserve_descriptor() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

struct Origin {
  std::string name;    // as gRPC writes it (grpc_sockaddr_to_uri)
  std::string source;  // the address alone
};

Origin origin_of(const sockaddr_storage& address, std::uint64_t serial) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {"ipv4:" + std::string(text.data()) + ":" + std::to_string(ntohs(v4.sin_port)), text.data()};
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return {"ipv6:%5B" + std::string(text.data()) + "%5D:" + std::to_string(ntohs(v6.sin6_port)), text.data()};
  }
  return {"unix:" + std::to_string(serial), "unix"};
}

}  // namespace

Listener::Listener(Socket socket, Connections& connections, const Clock& clock, Hand hand, Tick tick)
    : socket_(std::move(socket)),
      connections_(connections),
      clock_(clock),
      hand_(std::move(hand)),
      tick_(std::move(tick)),
      reserve_(reserve_descriptor()),
      accepting_([this] { accept_all(); }),
      watching_([this] { watch(); }) {}

Listener::~Listener() {
  stop_ = true;
  accepting_.join();
  watching_.join();
  if (reserve_ >= 0) ::close(reserve_);
}

void Listener::accept_all() {
  while (!stop_) {
    pollfd entry{socket_.descriptor(), POLLIN, 0};
    if (::poll(&entry, 1, kAcceptMs) > 0) accept_waiting();
  }
}

// Apart from accepting: gRPC, given a connection, may work off what others send before it gives the thread back.
void Listener::watch() {
  while (!stop_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kWatchMs));
    connections_.tick(clock_.now());
    tick_();
  }
}

void Listener::accept_waiting() {
  for (int i = 0; i < 32 && !stop_; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int accepted =
        ::accept4(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) {
      if (errno == EMFILE || errno == ENFILE) turn_one_away();
      return;
    }
    const auto origin = origin_of(address, ++serial_);
    if (address.ss_family != AF_UNIX) {
      const int one = 1;
      ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    if (connections_.add(origin.name, origin.source, accepted))
      hand_(socket_.descriptor(), accepted);
    else
      ::close(accepted);
  }
}

// No descriptor is left: give up the reserve for a moment, take the waiting connection and close it.
void Listener::turn_one_away() {
  if (reserve_ >= 0) ::close(reserve_);
  const int accepted = ::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted >= 0) ::close(accepted);
  reserve_ = reserve_descriptor();
}

}  // namespace chancery::transport
