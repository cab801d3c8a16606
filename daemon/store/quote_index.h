// The index of quotations: which held messages have a fingerprint. Files of its own in one folder beside the database,
// written off the path of messages.
//
// New entries wait in memory until there are enough for a run; runs are merged so that few are looked through. Every
// file is encrypted and written whole, synced, then renamed. It says how far it got (`position`); what was not written
// when the process ended is added again, and what was not forgotten is forgotten again. Whatever does not read as
// written empties it: all of it can be made again from the messages held. Thread-safe.
#pragma once

#include <filesystem>
#include <memory>

#include "crypto/random.h"
#include "daemon/store/records.h"

namespace chancery::store {

// The newest message that was looked at, in the order of recording, and the last change of a text (TextChange) after it
// was recorded.
struct QuotePosition {
  std::uint64_t ordinal = 0;
  core::MessageId id;
  std::uint64_t change = 0;
  bool operator==(const QuotePosition&) const = default;
};

struct QuoteIndexOptions {
  std::size_t run_entries = std::size_t{1} << 17;  // that wait in memory before they are written
  std::uint64_t position_every = 1U << 14;         // messages, before the position alone is written
};

class QuoteIndex {
 public:
  // Makes the folder (0700). Under another key, or damaged: empty. unavailable when the folder cannot be used.
  static Result<std::unique_ptr<QuoteIndex>> open(const std::filesystem::path& directory, BytesView key,
                                                  crypto::RandomSource& random, QuoteIndexOptions options = {});
  ~QuoteIndex();
  QuoteIndex(const QuoteIndex&) = delete;
  QuoteIndex& operator=(const QuoteIndex&) = delete;

  // What the entries depend on beside the messages; of an empty index all zero.
  [[nodiscard]] Digest made_under() const;
  [[nodiscard]] QuotePosition position() const;
  // Nothing that was looked at has a fingerprint.
  [[nodiscard]] bool empty() const;
  // Empties it. Changes up to this one are of no interest: whatever is added is as it is after them.
  Result<void> reset(const Digest& made_under, std::uint64_t last_change);

  // The next message; with none it is only passed.
  void add(std::uint64_t ordinal, const core::MessageId& id, const std::vector<std::uint64_t>& fingerprints);
  // The next change: the message of this ordinal is found by these alone from now on. What it had before leaves the
  // disk with the next `tend`, or, when the process ends before, with one after the change was made again. Of a message
  // that was not looked at yet it is only passed.
  void change(const TextChange& change, const std::vector<std::uint64_t>& fingerprints);
  // Ordinals of the messages that have one of these, ascending, each once. `fingerprints` ascend. corrupt: reset it.
  [[nodiscard]] Result<std::vector<std::uint64_t>> find(const std::vector<std::uint64_t>& fingerprints) const;

  // Writes what is due and merges. An error leaves all as it was.
  Result<void> tend();
  // All that waits, and the position.
  Result<void> write();

 private:
  class Impl;
  explicit QuoteIndex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace chancery::store
