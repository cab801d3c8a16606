// The connections the listener accepted: how many, from where, whose they are, and a way to shut each one down. Every
// connection is kept by a second descriptor of its socket, because gRPC owns the first.
#pragma once

#include <chrono>
#include <mutex>

#include "daemon/service/node.h"
#include "daemon/transport/guard.h"
#include "daemon/transport/refusal_log.h"

namespace chancery::transport {

struct ConnectionLimits {
  std::size_t total = 512;
  std::size_t per_source = 128;
  bool by_memory = false;  // the desk: its Unix socket counts no bytes, so all are cut when the process grows
  GuardLimits guard;
};

// Thread-safe. `name` of a connection is what gRPC calls its peer: "ipv4:192.0.2.1:40000".
class Connections {
 public:
  Connections(ConnectionLimits limits, const service::Log& log)
      : limits_(limits), growth_(limits.guard), log_(log), refusals_(log) {
    (void)memory_in_use();
  }
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Takes a duplicate of `descriptor`. False when a limit is reached or no descriptor is left.
  bool add(const std::string& name, const std::string& source, int descriptor);
  // One that we dialled: no limit counts it.
  bool add_dialled(const std::string& name, const std::string& authority, int descriptor);
  // A handshake was accepted for this authority; a call will show on which connection.
  void handshake(const std::string& authority, Instant now);
  // A handshake was refused, and why: ids and codes.
  void refused(const Refusal& refusal, Instant now) { refusals_.note(refusal, now); }
  // A call on this connection came from this authority.
  void claim(const std::string& name, const std::string& authority);
  void credit(const std::string& name, std::uint64_t bytes);
  // What was credited and was of no use after all: of each byte so many are owed as it paid for.
  void charge(const std::string& name, std::uint64_t bytes);
  void in_use(const std::string& name, bool used);
  // A stream on it ended that was of no use: few bytes, but each costs us a greeting and a line in the log.
  void useless(const std::string& name);
  [[nodiscard]] bool barred(const std::string& authority, Instant now) const;
  // Of its connections the one that owes most, in bytes, as of the last tick; to be cut it owes more than the
  // allowance.
  [[nodiscard]] std::uint64_t debt(const std::string& authority) const;

  // Forty times a second: forgets what is closed, samples the others, cuts and charges. Logs what came to nothing.
  void tick(Instant now);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Connection {
    int descriptor = -1;
    std::string source;
    std::string authority;  // empty until a call told
    std::uint64_t useful = 0;
    std::uint64_t charged = 0;  // for useless streams
    unsigned streams = 0;
    bool cut = false;
    Account account;
  };
  struct Handshake {
    std::string authority;
    Instant at;
  };

  std::uint64_t memory_in_use();
  void look(std::uint64_t memory, Instant now);
  void give_back(std::uint64_t memory);
  bool allowed(Connection& connection, std::uint64_t memory, Instant now) const;
  void forget(const std::string& name, const Connection& connection, Instant now);
  void cut(const std::string& name, Connection& connection, Instant now);
  [[nodiscard]] std::string culprit(const Connection& connection) const;

  ConnectionLimits limits_;
  // The watch thread's alone.
  int statm_ = -1;
  std::uint64_t memory_ = 0;  // when it was last read
  Growth growth_;
  std::chrono::steady_clock::time_point trimmed_;
  service::Log log_;
  RefusalLog refusals_;
  mutable std::mutex mutex_;
  std::map<std::string, Connection> connections_;
  std::map<std::string, std::size_t> sources_;
  std::vector<Handshake> unclaimed_;
  std::map<std::string, std::size_t> turned_away_;  // by source, since the last tick
  Penalties penalties_;
};

}  // namespace chancery::transport
