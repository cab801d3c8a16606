// Journal entries: every act appends one; entries are leaves of the authority's append-only tree
// (protocol section 10). `chancery/entry/v1` is never sent: peers see only its salted digest.
#pragma once

#include "daemon/core/message.h"

namespace chancery::core {

enum class Act {
  start,  // the daemon opened this store
  user_added,
  peer_added,
  peer_verified,
  peer_suspended,  // `content` is the digest of the reason that was given
  peer_resumed,
  revocations_recorded,  // of the anchor of the authority that is the subject; `content` is the digest of the list
  designation_recorded,
  seal_key_issued,
  draft_recorded,
  release_refused,
  released,
  approval_refused,
  used,  // a source of a message we released, whose digest is `content`
  accepted,
  carried,  // the original inside a forward we accepted, whose digest is `content`
  acceptance_refused,
  receipt_recorded,
  conflict_recorded,
  read,
  access_refused,
  acknowledged,
  handled,  // marked by an own handling record, whose digest is `content`
  handling_refused,
  voided,
  exported,
  permit_issued,  // to the peer that is the actor, for the original
  permit_refused,
  permit_recorded,  // given to us for a message of ours
  detached_used,    // a message goes, or came, under a detached grant: `content` is the digest of who, what and whose
  copy_locked,  // after the revocation of the grant it came under, or a spill: `content` is the statement that says so
  copy_unlocked,  // came again under a grant that lives
  erasure_proposed,
  copy_erased,    // `content` is the statement, which stays
  copy_retained,  // locked still, and not to be erased: `subject` is the ground
  disclosed,      // taken out to where the subject says; `content` is the disclosure's digest
  passage_shown,  // of a message whose text a draft has, too, to the officer who wrote the draft
  restored,       // this store goes on in a new epoch, whose number is the subject
  independent,    // what we released is said not to come from this message; `content` is the digest of the reason
};
const char* to_string(Act act);
Result<Act> parse_act(std::string_view text);

struct JournalEntry {
  Instant time;
  std::string actor;  // user name, `peer:<authority>`, or `daemon`
  Act act = Act::start;
  std::optional<MessageId> message;
  std::string subject;               // authority, user or draft concerned; empty when none
  std::string decision;              // allow | refuse | defer, empty when nothing was decided
  std::vector<std::string> reasons;  // codes, sorted
  std::optional<Digest> data;        // agreement data the decision used
  std::optional<Digest> plan;        // plan digest that was previewed or released
  std::optional<Digest> content;     // digest of the statement concerned
  std::optional<Digest> previous;    // leaf hash of the previous entry about the same message
  Bytes salt;                        // 32 bytes
  bool operator==(const JournalEntry&) const = default;

  [[nodiscard]] std::string to_text() const;
  static Result<JournalEntry> parse(std::string_view text);
};

// Leaf hash of an entry: SHA-256(00 || text). The salt inside keeps it from being guessed.
Digest entry_leaf(std::string_view entry);

}  // namespace chancery::core
