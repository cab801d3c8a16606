// What quoted text is noticed by: the index of the texts of restricted messages held here, kept up to date behind the
// acts, and the look through it before a draft is released.
//
// Promises: whoever looks has waited until everything that was committed before is in the index, or is told that it is
// not; every run of quotation::kRun symbols that a draft shares with a restricted message we can open is found; texts
// of the agreements count nowhere; indicators are compared whole. A thread of its own indexes, writes and merges; who
// looks helps it first, so that nobody waits for its turn. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/core/draft.h"
#include "daemon/core/quotation.h"
#include "daemon/quotation/fingerprint.h"
#include "daemon/service/node.h"
#include "daemon/store/quote_index.h"

namespace chancery::service {

// What a look found: messages that have to be named, and of each the passages, in the same order.
struct FoundQuotes {
  core::Quotes quotes;
  std::vector<core::Passage> passages;
};

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
  // Its text is found no more, durably, and its entries leave the disk with the next turn of the thread. Never from the
  // writer's thread; after the act that erased it. not_found when there is no such message.
  Result<void> forget(const core::MessageId& id);
  // Indexes what is committed; false when that took longer than the patience.
  Result<bool> catch_up();
  // Writes what is due; what was erased is forgotten.
  Result<void> tend();

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  // The texts of a message as they are compared.
  struct Text {
    std::string text;
    quotation::Skeleton skeleton;
    std::vector<std::string> fields;
    std::vector<std::u32string> field_skeletons;
  };
  struct Ground {
    Digest digest;  // of the agreement data
    quotation::Windows left_out;
  };
  class Look;

  void run();
  Result<void> forget_erased();
  std::shared_ptr<const Ground> ground(const std::shared_ptr<const core::AgreementBook>& book);
  Result<bool> index_new(Deadline deadline);
  Result<void> settle(const Ground& ground);
  Result<FoundQuotes> lost(const Error& error, const Ground& ground);
  void index(const core::World& world, const Ground& ground, const store::MessageRow& row);
  [[nodiscard]] Text text_of(std::span<const Bytes> parts) const;
  // Nothing when we cannot open it: then nobody here can have read it.
  [[nodiscard]] std::optional<Text> text_of(const store::MessageRow& row) const;
  [[nodiscard]] std::vector<std::uint64_t> fingerprints_of(const Text& text, const Ground& ground) const;
  void report(const Error& error) const;

  const Node node_;
  const QuotationOptions options_;
  const quotation::Fingerprinter by_;
  std::unique_ptr<store::QuoteIndex> index_;

  std::timed_mutex indexing_;  // held while messages are added
  std::uint64_t seen_ = 0;     // guarded by indexing_: size of the journal when last caught up
  bool settled_ = false;       // guarded by indexing_: what the index says of itself was compared
  std::mutex ground_mutex_;
  std::shared_ptr<const Ground> ground_;  // guarded by ground_mutex_
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;                     // guarded by mutex_
  std::set<core::MessageId> forgotten_ = {};  // guarded by mutex_
  std::thread thread_;                        // last: uses all the others
};

}  // namespace chancery::service
