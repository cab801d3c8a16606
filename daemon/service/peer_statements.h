// What a peer states beside messages: designations, dispatches, receipts. Each is verified on the link's thread and
// recorded in an act; what excludes something recorded before is kept as evidence.
#pragma once

#include "daemon/service/quota.h"

namespace chancery::service {

// Those of the peer itself, under its pinned anchor; known ones cost nothing. Waits for the writer. The value counts
// what was nobody's.
Result<std::size_t> take_designations(const Node& node, const std::string& peer,
                                      const std::vector<wire::DesignationItem>& items);

struct PeerDispatch {
  core::Dispatch dispatch;
  Digest digest;
  store::SignedStatement statement;
};
struct PeerReceipt {
  core::Receipt receipt;
  Digest digest;
  store::SignedStatement statement;
};

// Verified and addressed to us, or the answer it gets.
std::variant<wire::Answer, PeerDispatch> read_dispatch(const Intake& intake, const wire::Proven& proven,
                                                       FrameVerifier& verifier);
// `sent`: whether we sent this message to this peer.
std::variant<wire::Answer, PeerReceipt> read_receipt(const Intake& intake, const wire::Proven& proven,
                                                     FrameVerifier& verifier,
                                                     const std::function<bool(const core::MessageId&)>& sent);

// What an act over one frame's statements did.
struct Recorded {
  std::vector<wire::Answer> answers;
  std::vector<core::MessageId> settled;  // of ours: delivered or refused
  std::vector<std::string> alarms;       // for the log: evidence that was kept
  std::vector<LogLine> restored;         // what the peer says of its restore
};

// In order, each the next of its chain (protocol section 5); one answer says how far. Who closes a number that was
// answered before gets that answer until it confirms it: closing had no effect. `restores`: how often it may have all
// it took sent again by one statement; beyond, its chain waits.
Result<Recorded> record_dispatches(store::Transaction& tx, const std::string& peer,
                                   const std::vector<PeerDispatch>& dispatches, Quota& restores);
// One that asks for it has the message reissued (reissue.h): kReissueLeaves more.
Result<Recorded> record_receipts(const Node& node, store::Transaction& tx, const std::string& peer,
                                 const std::vector<PeerReceipt>& receipts);

}  // namespace chancery::service
