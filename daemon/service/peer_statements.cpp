#include "daemon/service/peer_statements.h"

#include <algorithm>

#include "daemon/core/delivery.h"
#include "daemon/service/reissue.h"

namespace chancery::service {

namespace {

using core::ReasonCode;
using wire::AnswerOutcome;

wire::Answer refused_as(const Digest& digest, AnswerOutcome outcome, ReasonCode code) {
  return answer(digest, outcome, {core::Reason{code, "", "", ""}});
}

core::JournalEntry entry_of(const std::string& peer, core::Act act, const Digest& content) {
  core::JournalEntry entry;
  entry.actor = "peer:" + peer;
  entry.act = act;
  entry.subject = peer;
  entry.content = content;
  return entry;
}

Result<void> keep_conflict(store::Transaction& tx, const char* kind, const std::string& peer, const std::string& first,
                           const std::string& second) {
  return tx.record_conflict({kind, peer, first, second, tx.now()},
                            entry_of(peer, core::Act::conflict_recorded, core::statement_digest(second)));
}

// ---- designations

bool is_known(const core::DirectoryEntry& entry, const std::string& statement) {
  return std::any_of(entry.history.begin(), entry.history.end(),
                     [&](const core::Designation& designation) { return designation.to_text() == statement; });
}

const core::Designation* of_serial(const core::DirectoryEntry& entry, std::uint64_t serial) {
  const auto found = std::find_if(entry.history.begin(), entry.history.end(),
                                  [&](const core::Designation& designation) { return designation.serial == serial; });
  return found == entry.history.end() ? nullptr : &*found;
}

// What its `succeeds` does not fit beside: the newest designation of its predecessor. Whom we do not know yet stands in
// nobody's way: it counts from when it is known.
const core::Designation* excluded_by(const core::Directory& directory, const core::Designation& designation,
                                     const core::DirectoryEntry& entry) {
  const auto fault = core::succession_fault(directory, designation, entry.anchor);
  if (!fault || *fault == ReasonCode::succession_unknown) return nullptr;
  return &directory.find(designation.succeeds)->history.back();
}

Result<void> record_designation(const Node& node, const core::Designation& designation,
                                const wire::DesignationItem& item) {
  return node.store.run<void>(0, [&](store::Transaction& tx) -> Result<void> {
    const auto& peer = designation.authority;
    const auto* entry = tx.directory().find(peer);
    if (entry == nullptr || is_known(*entry, item.statement)) return {};
    const store::SignedStatement statement{item.statement, item.signature, item.path};
    if (const auto* other = excluded_by(tx.directory(), designation, *entry))
      return keep_conflict(tx, "designation", peer, other->to_text(), item.statement);
    if (core::check_next_designation(entry->history, designation).has_value())
      return tx.record_designation({statement, item.certificates}, entry_of(peer, core::Act::designation_recorded,
                                                                            core::statement_digest(item.statement)));
    const auto* other = of_serial(*entry, designation.serial);
    return other == nullptr ? Result<void>() : keep_conflict(tx, "designation", peer, other->to_text(), item.statement);
  });
}

}  // namespace

Result<std::size_t> take_designations(const Node& node, const std::string& peer,
                                      const std::vector<wire::DesignationItem>& items) {
  std::size_t rejected = 0;
  for (const auto& item : items) {
    const auto directory = node.store.directory();
    const auto* entry = directory->find(peer);
    if (entry == nullptr || is_known(*entry, item.statement)) continue;
    const auto designation = verify_designation(item, entry->anchor);
    if (!designation.has_value() || designation->authority != peer) {
      ++rejected;
      continue;
    }
    CHECK_OK(record_designation(node, *designation, item));
  }
  return rejected;
}

// ---- dispatches

std::variant<wire::Answer, PeerDispatch> read_dispatch(const Intake& intake, const wire::Proven& proven,
                                                       FrameVerifier& verifier) {
  const auto finding = verifier.find(proven);
  const auto& digest = finding.digest;
  if (finding.standing == Standing::key_unknown)
    return refused_as(digest, AnswerOutcome::deferred, ReasonCode::key_unknown);
  if (finding.standing != Standing::holds || finding.batch->signer != intake.peer)
    return refused_as(digest, AnswerOutcome::rejected, ReasonCode::verify_failed);
  auto dispatch = core::Dispatch::parse(proven.statement);
  if (!dispatch.has_value()) return refused_as(digest, AnswerOutcome::rejected, ReasonCode::malformed);
  if (dispatch->sender != intake.peer) return refused_as(digest, AnswerOutcome::rejected, ReasonCode::verify_failed);
  if (dispatch->recipient != intake.node.identity.authority)
    return refused_as(digest, AnswerOutcome::rejected, ReasonCode::not_addressed);
  return PeerDispatch{std::move(*dispatch), digest, verifier.evidence(proven)};
}

namespace {

// Walks one sender's chain through the dispatches of a frame.
class Chain {
 public:
  Chain(store::Transaction& tx, const std::string& peer, core::ChainHead head, std::uint64_t missing, Quota& restores)
      : tx_(tx), peer_(peer), head_(head), missing_(missing), restores_(restores) {}

  Result<void> step(const PeerDispatch& item) {
    switch (core::chain_step(head_, item.dispatch)) {
      case core::ChainStep::next:
        return record(item);
      case core::ChainStep::known:
        return compare(item, TRY(tx_.inbound_dispatch(peer_, item.dispatch.epoch, item.dispatch.sequence)));
      case core::ChainStep::gap:
        wanted_ = item.digest;
        return {};
      case core::ChainStep::broken:
        return conflict(item, TRY(tx_.inbound_dispatch(peer_, head_.epoch, head_.sequence)).value_or(""));
    }
    return {};
  }

  Recorded finish() {
    if (taken_) out_.answers.push_back(answer(*taken_, AnswerOutcome::taken, head_));
    if (wanted_) out_.answers.push_back(answer(*wanted_, AnswerOutcome::expected, head_));
    return std::move(out_);
  }

 private:
  Result<void> record(const PeerDispatch& item) {
    const bool message = std::holds_alternative<core::DispatchMessage>(item.dispatch.item);
    const auto* restored = std::get_if<core::DispatchRestored>(&item.dispatch.item);
    const bool beyond = restored != nullptr && restores_.take(peer_, item.digest, tx_.now()) == Quota::Place::beyond;
    if (beyond || (message && core::window_left(missing_) == 0)) {
      wanted_ = item.digest;
      return {};
    }
    CHECK_OK(tx_.record_inbound_dispatch(item.dispatch, item.statement));
    head_ = {item.dispatch.epoch, item.dispatch.sequence, item.digest};
    taken_ = item.digest;
    if (restored != nullptr) {
      out_.restored.push_back(log_line<LogEvent::peer_restored>(peer_, restored->last_sent, restored->last_received));
      CHECK_OK(tx_.send_again(peer_, restored->last_received));
    }
    missing_ = message ? missing_ + 1 : TRY(tx_.missing_messages(peer_));
    return answer_again(item.dispatch);
  }

  Result<void> compare(const PeerDispatch& item, const std::optional<std::string>& recorded) {
    if (recorded && *recorded != item.statement.statement) return conflict(item, *recorded);
    taken_ = item.digest;
    return {};
  }

  // The sender closes what it has no answer to, and will not send it again: if there is an answer, it was lost, and may
  // be lost again while what comes after confirms this number. So it waits until it is confirmed itself.
  Result<void> answer_again(const core::Dispatch& dispatch) {
    const auto* closing = std::get_if<core::DispatchVoid>(&dispatch.item);
    if (closing == nullptr) return {};
    const auto closed = TRY(tx_.inbound_dispatch(peer_, dispatch.epoch, closing->sequence));
    if (!closed) return {};
    const auto before = TRY(core::Dispatch::parse(*closed));
    const auto* message = std::get_if<core::DispatchMessage>(&before.item);
    return message == nullptr ? Result<void>() : tx_.queue_answer(peer_, message->id);
  }

  Result<void> conflict(const PeerDispatch& item, const std::string& first) {
    CHECK_OK(keep_conflict(tx_, "dispatch", peer_, first, item.statement.statement));
    out_.answers.push_back(refused_as(item.digest, AnswerOutcome::rejected, ReasonCode::id_conflict));
    out_.alarms.push_back("dispatch " + std::to_string(item.dispatch.sequence) + " of " + peer_);
    return {};
  }

  store::Transaction& tx_;
  const std::string& peer_;
  core::ChainHead head_;
  std::uint64_t missing_;
  Quota& restores_;
  std::optional<Digest> taken_;
  std::optional<Digest> wanted_;
  Recorded out_;
};

}  // namespace

Result<Recorded> record_dispatches(store::Transaction& tx, const std::string& peer,
                                   const std::vector<PeerDispatch>& dispatches, Quota& restores) {
  Chain chain(tx, peer, TRY(tx.inbound_head(peer)), TRY(tx.missing_messages(peer)), restores);
  for (const auto& item : dispatches) CHECK_OK(chain.step(item));
  return chain.finish();
}

// ---- receipts

std::variant<wire::Answer, PeerReceipt> read_receipt(const Intake& intake, const wire::Proven& proven,
                                                     FrameVerifier& verifier,
                                                     const std::function<bool(const core::MessageId&)>& sent) {
  const auto finding = verifier.find(proven);
  const auto& digest = finding.digest;
  if (finding.standing == Standing::key_unknown)
    return refused_as(digest, AnswerOutcome::deferred, ReasonCode::key_unknown);
  if (finding.standing != Standing::holds || finding.batch->signer != intake.peer)
    return refused_as(digest, AnswerOutcome::rejected, ReasonCode::verify_failed);
  auto receipt = core::Receipt::parse(proven.statement);
  if (!receipt.has_value()) return refused_as(digest, AnswerOutcome::rejected, ReasonCode::malformed);
  if (receipt->receiver != intake.peer || !timely(receipt->time, *finding.batch))
    return refused_as(digest, AnswerOutcome::rejected, ReasonCode::verify_failed);
  if (receipt->originator != intake.node.identity.authority || !sent(receipt->message))
    return refused_as(digest, AnswerOutcome::rejected, ReasonCode::not_addressed);
  return PeerReceipt{std::move(*receipt), digest, verifier.evidence(proven)};
}

namespace {

// Whether only a confirmation stops the peer from sending it again; of others, where their message was closed.
bool is_confirmed(core::Stage stage) {
  switch (stage) {
    case core::Stage::delivered:
    case core::Stage::refused:
      return false;
    case core::Stage::read:
    case core::Stage::acknowledged:
    case core::Stage::answered:
      return true;
  }
  return true;
}

core::JournalEntry entry_of(const std::string& peer, const PeerReceipt& item) {
  auto entry = entry_of(peer, core::Act::receipt_recorded, item.digest);
  entry.message = item.receipt.message;
  entry.decision =
      core::to_string(item.receipt.stage == core::Stage::refused ? core::Verdict::refuse : core::Verdict::allow);
  entry.reasons = item.receipt.reasons;
  return entry;
}

Result<void> keep_receipt_conflict(store::Transaction& tx, const std::string& peer, const std::string& first,
                                   const PeerReceipt& item, Recorded& out) {
  CHECK_OK(keep_conflict(tx, "receipt", peer, first, item.statement.statement));
  out.answers.push_back(refused_as(item.digest, AnswerOutcome::rejected, ReasonCode::id_conflict));
  out.alarms.push_back("receipts of " + peer + " about " + core::to_string(item.receipt.message));
  return {};
}

// The same stage; and only what was delivered goes again, and may then be refused.
bool says_anew(const std::vector<store::ReceiptRecord>& all_before, core::Stage stage) {
  return std::any_of(all_before.begin(), all_before.end(), [&](const store::ReceiptRecord& before) {
    return before.receipt.stage == stage ||
           (before.receipt.stage == core::Stage::delivered && stage == core::Stage::refused);
  });
}

// It had it, and lost it with its store: the receipt it signed then stays the one of record, and where this one asks
// for the message under another key, it goes. What else it refuses now is only told.
Result<void> refused_anew(const Node& node, store::Transaction& tx, const std::string& peer,
                          const core::Receipt& receipt) {
  if (asks_for_reissue(receipt)) return reissue(node, tx, receipt);
  node.log(log_line<LogEvent::send_forgotten>(peer, core::to_string(receipt.message),
                                              receipt.reasons.empty() ? "" : receipt.reasons.front()));
  return {};
}

Result<void> record_one(const Node& node, store::Transaction& tx, const std::string& peer, const PeerReceipt& item,
                        Recorded& out) {
  auto all_before = TRY(tx.receipts(item.receipt.message));
  std::erase_if(all_before, [&](const store::ReceiptRecord& before) { return before.receipt.receiver != peer; });
  // What a restored peer forgot it may say anew, as often as it is asked: the first stays.
  const bool restored = !all_before.empty() && TRY(tx.inbound_head(peer)).epoch > 1;
  bool known = restored && says_anew(all_before, item.receipt.stage);
  const bool went_again =
      known && !is_confirmed(item.receipt.stage) && TRY(tx.settle_again(peer, item.receipt.message));
  if (went_again && item.receipt.stage == core::Stage::refused) CHECK_OK(refused_anew(node, tx, peer, item.receipt));
  for (const auto& before : all_before) {
    if (known) break;
    if (core::contradict(before.receipt, item.receipt))
      return keep_receipt_conflict(tx, peer, before.statement.statement, item, out);
    known = before.receipt == item.receipt;
  }
  if (!known) {
    CHECK_OK(tx.record_receipt({item.receipt, item.statement}, entry_of(peer, item)));
    if (asks_for_reissue(item.receipt)) CHECK_OK(reissue(node, tx, item.receipt));
  }
  // Whatever comes again may wait for it.
  if (known || is_confirmed(item.receipt.stage))
    out.answers.push_back(answer(item.digest, AnswerOutcome::taken, std::vector<core::Reason>{}));
  if (!is_confirmed(item.receipt.stage)) out.settled.push_back(item.receipt.message);
  return {};
}

}  // namespace

Result<Recorded> record_receipts(const Node& node, store::Transaction& tx, const std::string& peer,
                                 const std::vector<PeerReceipt>& receipts) {
  Recorded out;
  for (const auto& item : receipts) CHECK_OK(record_one(node, tx, peer, item, out));
  return out;
}

}  // namespace chancery::service
