// A person's program that submits many drafts over Desk.SubmitMany and remembers what was acknowledged. Used by the
// kill tests and the benchmark; drives a real daemon over its real socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chancery::test {

struct DeskAddress {
  std::string socket;      // path of the Unix socket
  std::string anchor_pem;  // file: the authority's anchor certificate
  std::string key_pem;     // file: the person's key
  std::string certificate_pem;
};

struct LoadOptions {
  std::vector<std::string> recipients;
  bool in_turn = false;  // each draft to one of them, instead of to all
  std::string label = "open";
  std::size_t body_bytes = 1024;
  std::uint64_t count = 1000;  // drafts
  std::uint32_t per_frame = 64;
  std::uint32_t frames_in_flight = 8;
  std::uint64_t key_seed = 1;  // idempotency keys are a function of this and the draft's number
  std::uint64_t first = 0;     // number of the first draft
};

// One answer: accepted with id and number, or refused with the first code.
struct LoadAnswer {
  std::uint64_t draft = 0;
  bool accepted = false;
  bool repeated = false;
  std::string id;
  std::string number;
  std::string code;
};

// Runs until all are answered or the stream breaks; `answered` is called as answers come, in order. Returns whether
// every draft was answered; `error` then holds what the stream said.
bool run_load(const DeskAddress& desk, const LoadOptions& options,
              const std::function<void(const LoadAnswer&)>& answered, std::string& error);

// Asks a running daemon what became of things.
class DeskProbe {
 public:
  explicit DeskProbe(const DeskAddress& desk);
  ~DeskProbe();
  DeskProbe(const DeskProbe&) = delete;
  DeskProbe& operator=(const DeskProbe&) = delete;

  // Submits one draft, unary; its id, empty when it was not accepted.
  std::string submit(const LoadOptions& options, std::uint64_t number);
  // Messages of the outbox that no receipt has answered yet; nothing when the daemon does not answer.
  std::optional<std::uint64_t> queued();
  // Whether every recipient's `delivered` receipt is stored.
  bool delivered(const std::string& id);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chancery::test
