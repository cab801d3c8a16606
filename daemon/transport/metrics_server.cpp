#include "daemon/transport/metrics_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>

namespace chancery::transport {

namespace {

using Steady = std::chrono::steady_clock::time_point;

constexpr int kStopLookMs = 200;
constexpr std::size_t kMaxHead = 8 << 10;
// One asks at a time, and may be slow for so long; while others wait, for less.
constexpr std::chrono::milliseconds kPatience{2000}, kPatienceBesideOthers{100};

bool ready(int descriptor, short events, Steady until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  pollfd entry{descriptor, events, 0};
  return left.count() > 0 && ::poll(&entry, 1, static_cast<int>(left.count())) > 0;
}

// The head of a request; nothing when it does not come in time, or is too long.
std::optional<std::string> read_head(int connection, Steady until) {
  std::string head;
  std::array<char, 2048> some{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    if (head.size() > kMaxHead || !ready(connection, POLLIN, until)) return std::nullopt;
    const auto count = ::recv(connection, some.data(), some.size(), MSG_DONTWAIT);
    if (count <= 0) return std::nullopt;
    head.append(some.data(), static_cast<std::size_t>(count));
  }
  return head;
}

void write_all(int connection, std::string_view text, Steady until) {
  while (!text.empty() && ready(connection, POLLOUT, until)) {
    const auto count = ::send(connection, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string response(const char* status, const std::string& type, const std::string& body) {
  return std::string("HTTP/1.1 ") + status + "\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

std::string response_to(const std::string& head, const std::function<std::string()>& text) {
  const auto line = head.substr(0, head.find("\r\n"));
  const auto first = line.find(' '), last = line.rfind(' ');
  if (first == last || line.compare(last + 1, 7, "HTTP/1.") != 0)
    return response("400 Bad Request", "text/plain", "not HTTP/1.1\n");
  if (line.substr(0, first) != "GET") return response("405 Method Not Allowed", "text/plain", "GET alone\n");
  if (line.substr(first + 1, last - first - 1) != "/metrics")
    return response("404 Not Found", "text/plain", "/metrics alone\n");
  return response("200 OK", "text/plain; version=0.0.4; charset=utf-8", text());
}

}  // namespace

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& path,
                                                            std::function<std::string()> text) {
  return std::unique_ptr<MetricsServer>(new MetricsServer(TRY(Socket::unix(path)), std::move(text)));
}

MetricsServer::MetricsServer(Socket socket, std::function<std::string()> text)
    : socket_(std::move(socket)), text_(std::move(text)), thread_([this] { serve(); }) {}

MetricsServer::~MetricsServer() {
  stop_ = true;
  thread_.join();
}

void MetricsServer::serve() {
  while (!stop_) {
    pollfd entry{socket_.descriptor(), POLLIN, 0};
    if (::poll(&entry, 1, kStopLookMs) <= 0) continue;
    const int connection = ::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) {
      // No descriptor: the one who waits is answered when there is one.
      std::this_thread::sleep_for(std::chrono::milliseconds(kStopLookMs));
      continue;
    }
    answer(connection);
    ::close(connection);
  }
}

void MetricsServer::answer(int connection) {
  pollfd others{socket_.descriptor(), POLLIN, 0};
  const auto patience = ::poll(&others, 1, 0) > 0 ? kPatienceBesideOthers : kPatience;
  const auto until = std::chrono::steady_clock::now() + patience;
  const auto head = read_head(connection, until);
  if (head) write_all(connection, response_to(*head, text_), until);
}

}  // namespace chancery::transport
