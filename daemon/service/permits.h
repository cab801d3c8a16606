// Permits: the provider's yes to one use of its grant, asked for at the moment of the use (protocol section 8), on the
// holder's side; the provider's is permit_issuing.h.
#pragma once

#include <map>
#include <mutex>

#include "daemon/service/carried.h"
#include "daemon/service/outcome.h"

namespace chancery::service {

// Whether what came beside a permit is the wrap it names, or nothing where it names none.
bool wrap_fits(const core::Permit& permit, BytesView wrap);

// It has some minutes to run, or as long as its grant.
bool lasts(const core::Permit& permit, Instant grant_until, Instant now);

// Requests under way, by provider. Kept in memory only: what waits for a permit stays in the outbox and asks again.
// Thread-safe.
class PermitRequests {
 public:
  explicit PermitRequests(std::function<void(const std::string& peer)> wake) : wake_(std::move(wake)) {}

  // The same request once more is one request.
  void ask(const std::string& provider, const core::PermitRequest& request);
  // Those not sent to it on this stream yet.
  std::vector<core::PermitRequest> take(const std::string& provider, std::size_t at_most);
  void restart(const std::string& provider);  // a new stream: all go again
  // Answered: by the digest of its text, or with a permit. Nothing, or false, when none was under way.
  std::optional<core::PermitRequest> settle(const std::string& provider, const Digest& request);
  bool settle(const core::Permit& permit);
  void wake(const std::string& peer) const { wake_(peer); }

 private:
  struct Asked {
    core::PermitRequest request;
    bool sent = false;
  };
  const std::function<void(const std::string& peer)> wake_;
  std::mutex mutex_;
  std::map<std::string, std::map<Digest, Asked>> asked_;  // guarded by mutex_
};

Digest digest_of(const core::PermitRequest& request);

// What a need is asked of its provider by.
core::PermitRequest request_for(const core::ConsentNeed& need, const core::Grant& grant,
                                const core::MessageId& carrier);

// What a message of ours takes along to this peer: nothing to be asked, everything at hand, something still to be
// asked, or never.
Result<Passage> passage(const Node& node, const std::string& peer, const store::OutgoingMessage& sent);

// A permit that came from its provider for a message of ours: kept, and that message is due.
Result<void> record_permit(const Node& node, store::Transaction& tx, const store::PermitRecord& record);
// The provider said no for good: the number is closed with its code. Signs one leaf.
Result<void> close_refused(store::Transaction& tx, const store::OutboxRow& row, const std::string& code,
                           const std::string& provider);

// What a passage goes by and was not counted before: each use of a detached grant is counted in the act before it goes,
// because nobody else sees all of them. Why it does not go: revoked, run out, or used up.
Result<std::optional<core::ReasonCode>> count_uses(const Node& node, store::Transaction& tx,
                                                   const std::vector<store::UseRecord>& uses);

}  // namespace chancery::service
