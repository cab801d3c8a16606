// The write verbs. One act is one call sequence on a Transaction inside its own savepoint; every verb that changes what
// the authority did takes the journal entry of that act, so none is without its entry. Reading what one decides on
// belongs here too: what a Transaction shows includes the acts before it in the same group.
//
// Used on the writer's thread only. Errors: conflict (already there with other content), unavailable (disk full, busy),
// corrupt, internal.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "crypto/hpke.h"
#include "daemon/core/joint_act_book.h"
#include "daemon/store/records.h"

namespace chancery::store {

// A statement waiting for the group's signature; valid for the group it was made in.
struct LeafRef {
  std::uint32_t index = 0;
};

class Transaction {
 public:
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // The time of the group; the same for every act in it.
  [[nodiscard]] Instant now() const;
  // Whether `sign` would: not while the store is suspended (Store::suspend), nor while no designation of ours is in
  // force (it ran out, our clock jumped). What is signed then nobody believes, then or later.
  [[nodiscard]] bool can_sign() const;
  [[nodiscard]] crypto::RandomSource& random();
  // Directory and joint acts as of this act.
  [[nodiscard]] const core::Directory& directory() const;
  [[nodiscard]] const core::JointActBook& joint_acts() const;

  // ---- signing
  // Adds a statement to the batch that is signed before COMMIT. Up to the number of leaves the act was posted with.
  // corrupt while the store is suspended, unavailable while no designation of ours is in force that names
  // our key.
  Result<LeafRef> sign(std::string statement);
  // The HPKE context for this recipient key; shared by the messages of two seconds. Its counter never goes back,
  // whatever becomes of the group. The pointer is for the act alone.
  Result<crypto::HpkeSender*> wrapping_context(const core::SealKey& key);

  // ---- the journal
  // Appends an entry (time, previous and salt are filled in here); returns its leaf hash, for receipts.
  Result<Digest> append(core::JournalEntry entry);

  // ---- messages
  // `content` is the MessageRecord without ordinal and signature; the leaf refers to this group's batch.
  Result<std::uint64_t> record_outbound(const MessageRecord& content, LeafRef leaf, const core::JournalEntry& entry);
  // Signs and records the next dispatch to `recipient`; due at once, whatever it waits for.
  Result<std::uint64_t> record_dispatch(const std::string& recipient, const core::DispatchItem& item,
                                        core::Precedence precedence, const std::string& waiting_for = {});
  // In a later epoch than the peer was last written to: signs `restored`, which has to come before any other dispatch.
  // Else nothing. One leaf.
  Result<void> open_epoch(const std::string& peer);
  // The peer was restored and took no more than this of our dispatches: what it had delivered after goes again, under
  // the same dispatches.
  Result<void> send_again(const std::string& peer, std::uint64_t after);
  // What went again, or was closed before it was answered again, was delivered: the row is settled. Whether it went
  // again: true once, however often it is answered.
  Result<bool> settle_again(const std::string& peer, const core::MessageId& message);
  // Queued messages to this peer that wait for this.
  [[nodiscard]] Result<std::uint64_t> waiting(const std::string& peer, const std::string& waiting_for);
  Result<Digest> record_inbound(const MessageRecord& content, const core::JournalEntry& entry);
  // An accepted forward's original. One that was erased, or came without its key, is there again.
  Result<void> record_carried(const MessageRecord& content, const core::JournalEntry& entry);
  [[nodiscard]] Result<std::optional<MessageRow>> find_message(const core::MessageId& id);
  [[nodiscard]] Result<MessageRecord> load_message(const core::MessageId& id);

  // ---- receipts
  // Our own: signs it. The entry is appended by the act that caused it; its digest stands in the receipt.
  Result<LeafRef> issue_receipt(const core::Receipt& receipt);
  // A peer's: stored with the entry; closes or refuses the outbox row. Already known byte for byte: nothing happens.
  Result<void> record_receipt(const ReceiptRecord& record, const core::JournalEntry& entry);
  // One issued in this same group is not signed yet: its signature is empty, its path has only the index of the leaf
  // (Commit::signed_statement gives the rest). The same holds for load_message.
  [[nodiscard]] Result<std::vector<ReceiptRecord>> receipts(const core::MessageId& id);
  // Our answer to a message of this peer, which will not ask for it again: it enters the queue of UnsentReceipt. None:
  // nothing happens.
  Result<void> queue_answer(const std::string& peer, const core::MessageId& id);
  // The originator confirmed a receipt of ours: it leaves the queue of UnsentReceipt. By the digest of its statement;
  // unknown or confirmed before: nothing happens.
  Result<void> mark_receipt_taken(const std::string& peer, const Digest& statement);

  // ---- dispatches of peers
  [[nodiscard]] Result<core::ChainHead> inbound_head(const std::string& sender);
  [[nodiscard]] Result<std::optional<std::string>> inbound_dispatch(const std::string& sender, std::uint64_t epoch,
                                                                    std::uint64_t sequence);
  Result<void> record_inbound_dispatch(const core::Dispatch& dispatch, const SignedStatement& statement);
  // Dispatches recorded ahead of their messages, of this sender.
  [[nodiscard]] Result<std::uint64_t> missing_messages(const std::string& sender);
  // Whether a dispatch of this sender names the message, not voided.
  [[nodiscard]] Result<bool> dispatched(const std::string& sender, const core::MessageId& id);
  Result<void> mark_dispatch_taken(const std::string& peer, std::uint64_t epoch, std::uint64_t up_to_sequence);
  // Not answered yet: when to try again and why.
  Result<void> postpone(const std::string& peer, std::uint64_t epoch, std::uint64_t sequence, std::uint32_t attempts,
                        Instant next_attempt, const std::string& waiting_for);

  // Beside the receipt that asks for it. Known already: nothing happens.
  Result<void> record_waiting_reissue(const WaitingReissue& waiting);
  // Whether it was waiting; it is no more.
  Result<bool> take_waiting_reissue(const WaitingReissue& waiting);

  // ---- consent
  // Statements of consent about this message, oldest first.
  [[nodiscard]] Result<std::vector<MessageRow>> consents_about(const core::MessageId& id);
  // Those of them that a person wrote.
  [[nodiscard]] Result<std::vector<MessageRow>> consents_said_about(const core::MessageId& id);
  // Ours is signed in this group when `leaf` is given. The same once more: nothing happens.
  Result<void> record_permit(const PermitRecord& record, std::optional<LeafRef> leaf, const core::JournalEntry& entry);
  [[nodiscard]] Result<std::vector<PermitRecord>> permits_of_carrier(const core::MessageId& carrier);
  // Whether this message was there at the last sanctioned restore: what was said of it since then may be forgotten.
  [[nodiscard]] Result<bool> is_before_restore(const core::MessageId& id);
  // Of one receiver of one carrier under a grant, the newest whose use was not given back.
  [[nodiscard]] Result<std::optional<PermitRecord>> permit_of_use(const PermittedUse& use);
  // How many uses permits were given for under a grant, each once, and whether this is one of them; without those whose
  // receiver gave them back. The cost does not grow with reports.
  [[nodiscard]] Result<std::uint64_t> permitted_uses(const core::MessageId& grant);
  [[nodiscard]] Result<bool> is_permitted(const PermittedUse& use);
  // Whether permits about this original for this receiver of the carrier are there of which it has reported nothing.
  [[nodiscard]] Result<bool> awaits_report(const core::MessageId& original, const core::MessageId& carrier,
                                           const std::string& receiver);
  // It took the carrier in, or refused it and gives the use back; what it took in it does not give back. A permit that
  // is given again is spent again.
  Result<void> record_reported(const core::MessageId& original, const core::MessageId& carrier,
                               const std::string& receiver, bool refused);
  // Of a detached grant: counted before it goes, or kept beside what came. Known already: nothing happens.
  Result<void> record_detached_use(const UseRecord& use, const core::JournalEntry& entry);
  // Each once: by permits and under detached grants.
  [[nodiscard]] Result<std::vector<UseRecord>> uses_of_grant(const core::MessageId& grant);
  [[nodiscard]] Result<std::vector<UseRecord>> uses_of_carrier(const core::MessageId& carrier);
  // A message to this peer that waited for something is due at once.
  Result<void> make_due(const std::string& peer, const core::MessageId& message);
  // Likewise all that wait for this code.
  Result<void> make_due(const std::string& peer, const std::string& waiting_for);
  // Beside the act that owes it.
  Result<void> record_owed(const OwedReport& report);
  // Whether it was still owed; it is no more.
  Result<bool> settle_owed(std::uint64_t ordinal);
  // Locked before by the same grant: nothing happens, and false.
  Result<bool> lock(const core::MessageId& message, const core::MessageId& grant, const core::JournalEntry& entry);
  [[nodiscard]] Result<bool> locked(const core::MessageId& message);
  // By what it is locked: grants, or the notice of a spill.
  [[nodiscard]] Result<std::vector<core::MessageId>> locks(const core::MessageId& message);
  // Of all its locks. Not locked: nothing happens.
  Result<void> unlock(const core::MessageId& message, const core::JournalEntry& entry);

  // ---- copies
  // Messages that name this one as a source, or send it again, whoever wrote them; also of some that never came here
  // themselves, where a statement beside one that did says so.
  [[nodiscard]] Result<std::vector<core::MessageId>> made_of(const core::MessageId& source);
  // Forwards that carry it and came in.
  [[nodiscard]] Result<std::vector<core::MessageId>> carriers(const core::MessageId& original);
  [[nodiscard]] Result<std::optional<ErasureRecord>> erasure(const core::MessageId& message);
  Result<void> record_erasure(const core::MessageId& message, const ErasureRecord& record,
                              const core::JournalEntry& entry);
  // Deletes content key, parts and wraps, those of its permits and of detached grants about it too; statement,
  // signature and the statements of its sources stay. Before the answers of the group the write-ahead log, which may
  // hold them still, is emptied.
  Result<void> erase(const core::MessageId& message, const std::string& officer, const core::JournalEntry& entry);
  [[nodiscard]] Result<std::vector<DraftRecord>> waiting_drafts();

  // ---- handling
  // Follows the last one about a message of others that is held here, else conflict. Ours: signed in this group.
  Result<void> record_handling(const core::Handling& handling, LeafRef leaf, const core::JournalEntry& entry);
  // Oldest first; the last one counts. One recorded in this same group is not signed yet.
  [[nodiscard]] Result<std::vector<HandlingRecord>> handlings(const core::MessageId& message);

  // Beside the release it belongs to. Signed twice of one source: both stand.
  Result<void> record_independent(const IndependentRecord& record, const core::JournalEntry& entry);

  // ---- attachments
  // Its chunks are complete under its root. Known already: nothing happens.
  Result<void> record_attachment(const AttachmentRecord& record);
  [[nodiscard]] Result<std::optional<AttachmentRecord>> find_attachment(const Digest& root);
  // It is here, and came with a message this peer sent.
  [[nodiscard]] Result<bool> attached_by(const std::string& sender, const Digest& root);
  // Beside the act that records the message, or the draft. Of an attachment that is not recorded: conflict.
  Result<void> attach(const core::MessageId& message, const std::vector<Attached>& attached);
  Result<void> attach_to_draft(std::uint64_t draft, const std::vector<Digest>& roots);
  // Those of an erased message, a decided draft, an upload nobody used. What nothing holds any more is gone: its file
  // is removed before the answers of the group.
  Result<void> detach(const core::MessageId& message);
  Result<void> detach_draft(std::uint64_t draft);
  Result<void> drop_unused_uploads(Instant recorded_before);

  // ---- drafts and idempotency
  Result<std::uint64_t> record_draft(const DraftRecord& draft, const core::JournalEntry& entry);
  Result<void> decide_draft(std::uint64_t id, DraftState state, const std::optional<core::MessageId>& message);
  [[nodiscard]] Result<std::optional<DraftRecord>> find_draft(std::uint64_t id);
  [[nodiscard]] Result<std::optional<SubmitOutcome>> find_submit(const std::string& officer, BytesView key);
  Result<void> record_submit(const std::string& officer, BytesView key, const SubmitOutcome& outcome);
  // The next number of a series and year, gap-free: next_number("CN", 2026) -> 142.
  Result<std::uint64_t> next_number(const std::string& series, int year);

  // ---- directory and people
  // Another anchor than the known one: conflict once it was verified; before, the designations under the old one go.
  Result<void> record_peer(const PeerRecord& peer, const core::JournalEntry& entry);
  // A list that was verified under this anchor. conflict when it is no newer than the last one of the anchor.
  Result<void> record_revocations(const Digest& anchor, const crypto::RevocationList& list,
                                  const core::JournalEntry& entry);
  Result<void> record_designation(const DesignationRecord& record, const core::JournalEntry& entry);
  // Ours is signed in this group when `leaf` is given; a peer's comes signed.
  Result<void> record_seal_key(const SealKeyRecord& record, std::optional<LeafRef> leaf,
                               const core::JournalEntry& entry);
  Result<void> destroy_seal_keys(Instant accept_until_before);
  Result<void> record_user(const UserRecord& record, const core::JournalEntry& entry);  // known name: certificate alone
  [[nodiscard]] Result<std::vector<UserRecord>> users();
  Result<void> record_conflict(const ConflictRecord& conflict, const core::JournalEntry& entry);

  // ---- what is remembered of histories
  // Beside Store::suspend, so that it holds after a restart.
  Result<void> record_suspension(const std::string& why);
  // The last checkpoint of a peer that we saw: a note, in place of the one before.
  Result<void> record_seen(const std::string& peer, const std::string& note);

  class Impl;  // SQLCipher stays in the .cpp
  explicit Transaction(Impl& impl) : impl_(impl) {}

 private:
  Result<void> restore(const MessageRecord& content, std::uint64_t ordinal);
  Result<void> note_text_change(std::uint64_t ordinal);

  Impl& impl_;
};

}  // namespace chancery::store
