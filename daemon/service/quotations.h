// What quoted text is noticed by: the index of the texts of restricted messages held here, kept up to date behind the
// acts, and the look through it before a draft is released.
//
// Promises: whoever looks has waited until everything that was committed before is in the index, or is told that it is
// not; every run of quotation::kRun symbols that a draft, read from either end, shares with a restricted text that can
// be read here is found, whenever that came to be read; what cannot be looked at is an error, never nothing; texts of
// the agreements count nowhere; indicators are compared whole. A thread of its own indexes, writes and merges; who
// looks helps it first, so that nobody waits for its turn. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/service/quotation_look.h"
#include "daemon/store/quote_index.h"

namespace chancery::service {

struct QuotationOptions {
  std::chrono::milliseconds patience = std::chrono::seconds(5);      // of who looks
  std::chrono::milliseconds pause = std::chrono::milliseconds(200);  // of the thread, between two turns
  bool in_background = true;
  store::QuoteIndexOptions index = {};
};

class Quotations {
 public:
  explicit Quotations(Node node, QuotationOptions options = {});
  ~Quotations();  // writes what is indexed
  Quotations(const Quotations&) = delete;
  Quotations& operator=(const Quotations&) = delete;

  // Of a draft that is not released yet. Never from the writer's thread. Errors: those of the store.
  Result<FoundQuotes> look(const core::Draft& draft);
  // Indexes what is committed, and forgets what was erased; false when that took longer than the patience. Errors:
  // those of the store; corrupt when a text does not open.
  Result<bool> catch_up();
  // Writes what is due; of what was forgotten nothing stays on the disk.
  Result<void> tend();

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Ground {
    Digest book;        // of the agreement data
    Digest made_under;  // of that and of what makes skeletons
    quotation::Windows left_out;
  };

  void run();
  std::shared_ptr<const Ground> ground(const std::shared_ptr<const core::AgreementBook>& book);
  Result<bool> index_new(Deadline deadline);
  Result<void> settle(const Ground& ground);
  Result<FoundQuotes> lost(const Error& error, const Ground& ground);
  Result<bool> index_changed(const core::World& world, const Ground& ground, Deadline deadline);
  void pass_open(const store::TextNews& news, const Ground& ground);
  Result<bool> index_recorded(const core::World& world, const Ground& ground, Deadline deadline);
  // None of what is not restricted, or cannot be read here.
  [[nodiscard]] Result<std::vector<std::uint64_t>> fingerprints_of(const core::World& world, const Ground& ground,
                                                                   const store::MessageRow& row) const;
  // Nothing when it has to be looked up again.
  Result<std::optional<FoundQuotes>> look_up(const core::Draft& draft, Deadline deadline);
  void report(const Error& error) const;

  const Node node_;
  const QuotationOptions options_;
  const quotation::Fingerprinter by_;
  std::unique_ptr<store::QuoteIndex> index_;

  std::timed_mutex indexing_;  // held while messages are added
  std::uint64_t seen_ = 0;     // guarded by indexing_: size of the journal when last caught up
  std::optional<std::uint64_t>
      changes_;           // guarded by indexing_: of texts, as the store counted them when last looked at
  bool settled_ = false;  // guarded by indexing_: what the index says of itself was compared
  std::mutex ground_mutex_;
  std::shared_ptr<const Ground> ground_;  // guarded by ground_mutex_
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: uses all the others
};

}  // namespace chancery::service
