// What a connection may cost. gRPC 1.51 keeps memory for streams that are opened and reset at once (HTTP/2 rapid reset)
// and shows none of them to us; so the guard compares what the kernel received on a connection with what was of use.
// Pure: bytes and times go in, verdicts come out.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "crypto/instant.h"

namespace chancery::transport {

struct GuardLimits {
  std::uint64_t allowance = 256 << 10;           // bytes without use that nobody minds
  std::uint64_t factor = 2;                      // of the bytes that were of use
  std::uint64_t frame = (1 << 20) + (64 << 10);  // a frame on its way is not of use yet
  std::uint64_t memory = 32 << 20;          // how far the process may grow while only such a frame explains the bytes
  std::uint64_t idle_rate = 256;            // bytes a second that pings and settings of an honest, quiet peer may take
  std::uint64_t useless_stream = 32 << 10;  // what a stream costs that brought no frame, or one that is none
  std::uint64_t desk_memory = 256 << 20;    // how far the process may grow before everyone at the desk is cut
  std::uint64_t trim_memory = 64 << 20;     // and before it gives free memory back
};

struct Sample {
  std::uint64_t received = 0;  // by the kernel, since the connection opened, and what useless streams cost
  std::uint64_t useful = 0;    // credited by the services, since the connection opened
  std::uint64_t memory = 0;    // of the process
  bool in_use = false;         // an accepted stream is open on it
  Instant now;
};

// The account of one connection. What is of use pays for `factor` times its bytes, time pays for `idle_rate`; nothing
// is saved up, so a long honest past buys no attack. In debt beyond the allowance the connection is cut; while a stream
// is open one frame more may be on its way, as long as memory does not grow beside it.
class Account {
 public:
  explicit Account(GuardLimits limits) : limits_(limits) {}

  // False: cut it. Samples come in order of time.
  [[nodiscard]] bool allows(const Sample& sample);
  [[nodiscard]] std::uint64_t debt() const { return debt_; }

 private:
  GuardLimits limits_;
  Sample last_;
  std::uint64_t debt_ = 0;
  std::uint64_t memory_before_ = 0;  // when the debt last was within the allowance, or first looked at
};

// The memory of the process. It is all that tells what our own people cost, for of a Unix socket the kernel counts no
// bytes. Measured from the least that was seen.
class Growth {
 public:
  explicit Growth(GuardLimits limits) : limits_(limits) {}

  // False: cut everyone at the desk.
  [[nodiscard]] bool allows(std::uint64_t memory);
  // Free memory is worth giving back to the system.
  [[nodiscard]] bool worth_trimming(std::uint64_t memory) const;
  // Nobody is at the desk, and what was free was given back: what stays for long is no flood. Raises the least by a
  // step.
  void raise_least(std::uint64_t memory);

 private:
  GuardLimits limits_;
  std::uint64_t least_ = 0;  // 0: none seen yet
};

// What a frame is worth: its own bytes and those of HTTP/2 and TLS around it.
std::uint64_t credit_received(std::size_t bytes);
// A frame we send makes the peer answer with window updates and pings.
std::uint64_t credit_sent(std::size_t bytes);

// Authorities whose connections were cut: barred for 30 s, doubling to 10 minutes, forgotten after an hour of peace.
class Penalties {
 public:
  void charge(const std::string& authority, Instant now);
  [[nodiscard]] bool barred(const std::string& authority, Instant now) const;

 private:
  struct Strikes {
    unsigned count = 0;
    Instant last;
    Instant until;
  };
  std::map<std::string, Strikes> strikes_;
};

}  // namespace chancery::transport
