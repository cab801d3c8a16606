#include "daemon/transport/connections.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace chancery::transport {

namespace {

// gRPC shuts a socket down before it closes its descriptor, so that ours shows it.
bool closed_elsewhere(int descriptor) {
  pollfd entry{descriptor, POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

bool tcp_state(int descriptor, tcp_info& info) {
  socklen_t size = sizeof info;
  return ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
}

// What the kernel still holds of a connection that was shut down: gRPC would work it off, and grow by it.
void drain(int descriptor) {
  std::array<char, 64 << 10> sink;  // NOLINT(cppcoreguidelines-pro-type-member-init): never read
  while (::recv(descriptor, sink.data(), sink.size(), MSG_DONTWAIT) > 0) {
  }
}

constexpr std::size_t kSourcesListed = 64;
constexpr const char* kUnix = "unix";
constexpr const char* kDialled = "dialled";

}  // namespace

// Resident. Asking the allocator instead would wait for its locks, just when a flood holds them. By a descriptor that
// is kept, because a flood may leave none; what cannot be read is as it was.
std::uint64_t Connections::memory_in_use() {
  if (statm_ < 0) statm_ = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  std::array<char, 128> text{};
  if (::pread(statm_, text.data(), text.size() - 1, 0) <= 0) return memory_;
  std::uint64_t all = 0, resident = 0;
  std::istringstream(text.data()) >> all >> resident;
  memory_ = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return memory_;
}

Connections::~Connections() {
  if (statm_ >= 0) ::close(statm_);
  for (auto& [name, connection] : connections_) {
    ::shutdown(connection.descriptor, SHUT_RDWR);
    ::close(connection.descriptor);
  }
}

bool Connections::add(const std::string& name, const std::string& source, int descriptor) {
  const std::lock_guard lock(mutex_);
  const auto of_source = sources_.find(source);
  const bool room =
      connections_.size() < limits_.total && (of_source == sources_.end() || of_source->second < limits_.per_source);
  const int duplicate = room ? ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0) : -1;
  if (duplicate < 0) {
    ++turned_away_[turned_away_.size() < kSourcesListed ? source : "others"];
    return false;
  }
  if (const auto old = connections_.find(name); old != connections_.end()) {  // the port was used again already
    ::close(old->second.descriptor);
    --sources_[old->second.source];
    connections_.erase(old);
  }
  ++sources_[source];
  connections_.emplace(name, Connection{duplicate, source, {}, 0, 0, 0, false, Account(limits_.guard)});
  return true;
}

bool Connections::add_dialled(const std::string& name, const std::string& authority, int descriptor) {
  const std::lock_guard lock(mutex_);
  if (connections_.contains(name)) return false;
  const int duplicate = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) return false;
  ++sources_[kDialled];
  connections_.emplace(name, Connection{duplicate, kDialled, authority, 0, 0, 0, false, Account(limits_.guard)});
  return true;
}

void Connections::handshake(const std::string& authority, Instant now) {
  const std::lock_guard lock(mutex_);
  if (unclaimed_.size() >= limits_.total) unclaimed_.erase(unclaimed_.begin());
  unclaimed_.push_back({authority, now});
}

void Connections::claim(const std::string& name, const std::string& authority) {
  const std::lock_guard lock(mutex_);
  const auto it = connections_.find(name);
  if (it == connections_.end() || !it->second.authority.empty()) return;
  it->second.authority = authority;
  const auto first =
      std::find_if(unclaimed_.begin(), unclaimed_.end(), [&](const Handshake& h) { return h.authority == authority; });
  if (first != unclaimed_.end()) unclaimed_.erase(first);
}

void Connections::credit(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (const auto it = connections_.find(name); it != connections_.end()) it->second.useful += bytes;
}

void Connections::charge(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (const auto it = connections_.find(name); it != connections_.end())
    it->second.charged += limits_.guard.factor * bytes;
}

void Connections::in_use(const std::string& name, bool used) {
  const std::lock_guard lock(mutex_);
  const auto it = connections_.find(name);
  if (it == connections_.end()) return;
  if (used)
    ++it->second.streams;
  else if (it->second.streams > 0)
    --it->second.streams;
}

void Connections::useless(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto it = connections_.find(name); it != connections_.end())
    it->second.charged += limits_.guard.useless_stream;
}

bool Connections::barred(const std::string& authority, Instant now) const {
  const std::lock_guard lock(mutex_);
  return penalties_.barred(authority, now);
}

std::uint64_t Connections::debt(const std::string& authority) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t most = 0;
  for (const auto& [name, connection] : connections_)
    if (connection.authority == authority) most = std::max(most, connection.account.debt());
  return most;
}

bool Connections::allowed(Connection& connection, std::uint64_t memory, Instant now) const {
  tcp_info info{};
  if (!tcp_state(connection.descriptor, info)) return true;  // a Unix socket: see Growth
  return connection.account.allows(
      {info.tcpi_bytes_received + connection.charged, connection.useful, memory, connection.streams > 0, now});
}

// Whose connection it is: what a call told, else the only authority whose handshake no call has claimed.
std::string Connections::culprit(const Connection& connection) const {
  if (!connection.authority.empty() || unclaimed_.empty()) return connection.authority;
  const auto& only = unclaimed_.front().authority;
  const bool alone = std::all_of(unclaimed_.begin(), unclaimed_.end(),
                                 [&](const Handshake& handshake) { return handshake.authority == only; });
  return alone ? only : std::string();
}

void Connections::cut(const std::string& name, Connection& connection, Instant now) {
  connection.cut = true;
  ::shutdown(connection.descriptor, SHUT_RDWR);
  drain(connection.descriptor);
  const auto authority = culprit(connection);
  if (!authority.empty()) penalties_.charge(authority, now);
  log_(service::log_line<service::LogEvent::guard_cut>(name, authority.empty() ? "-" : authority,
                                                       connection.account.debt(), memory_ >> 20));
}

// glibc keeps what gRPC freed of reset streams.
void Connections::give_back(std::uint64_t memory) {
  const auto time = std::chrono::steady_clock::now();
  if (!growth_.worth_trimming(memory) || time - trimmed_ < std::chrono::seconds(1)) return;
  ::malloc_trim(0);
  trimmed_ = time;
  if (size() == 0) growth_.raise_least(memory_in_use());
}

void Connections::tick(Instant now) {
  const auto memory = memory_in_use();
  look(memory, now);
  if (limits_.by_memory) give_back(memory);
}

void Connections::look(std::uint64_t memory, Instant now) {
  const bool desk = !limits_.by_memory || growth_.allows(memory);
  const std::lock_guard lock(mutex_);
  std::erase_if(unclaimed_, [&](const Handshake& handshake) { return now - handshake.at > minutes(1); });
  for (auto it = connections_.begin(); it != connections_.end();) {
    const bool kept = desk && allowed(it->second, memory, now);
    if (!it->second.cut && !kept) cut(it->first, it->second, now);
    if (it->second.cut || closed_elsewhere(it->second.descriptor)) {
      forget(it->first, it->second, now);
      it = connections_.erase(it);
    } else {
      ++it;
    }
  }
  for (const auto& [source, count] : turned_away_) refusals_.note({"limit", source, count}, now);
  turned_away_.clear();
  refusals_.tick(now);
}

void Connections::forget(const std::string& name, const Connection& connection, Instant now) {
  // Of a Unix socket nobody claims connections.
  if (!connection.cut && connection.authority.empty() && connection.source != kUnix)
    refusals_.note({"no-call", name}, now);
  ::close(connection.descriptor);
  if (--sources_[connection.source] == 0) sources_.erase(connection.source);
}

std::size_t Connections::size() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

}  // namespace chancery::transport
