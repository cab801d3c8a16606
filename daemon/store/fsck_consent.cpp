#include "daemon/core/consent.h"
#include "daemon/core/kind.h"
#include "daemon/core/provenance.h"
#include "daemon/store/encoding.h"
#include "daemon/store/fsck_check.h"

namespace chancery::store {

namespace {

// Where a statement of consent has to be filed; nothing for every other kind.
std::optional<core::MessageId> filed_under(const core::MessageId& id, std::string_view statement) {
  const auto message = core::Message::parse(statement);
  if (!message) return std::nullopt;  // told where messages are checked
  const auto* kind = core::find_kind(message->kind);
  if (kind == nullptr || kind->pattern != core::Pattern::consent) return std::nullopt;
  const auto consent = core::read_consent(id, *message);
  return consent ? std::optional(core::subject_of(*consent)) : std::nullopt;
}

}  // namespace

// Who reported what, for the permits it counts against.
void FsckCheck::keep_report(const core::MessageId& id, std::string_view statement) {
  const auto message = core::Message::parse(statement);
  if (!message || message->kind != "transfer-report") return;
  const auto said = core::read_consent(id, *message);
  const auto* told = said ? std::get_if<core::TransferReport>(&*said) : nullptr;
  if (told != nullptr)
    reports_.emplace(told->original, to_string(told->carrier), message->originator, told->refused.has_value());
}

// A revocation that is filed nowhere would revoke nothing.
Result<void> FsckCheck::consents() {
  auto q = database_.query(
      "SELECT m.id, m.statement, c.about FROM message m LEFT JOIN consent c ON c.message = m.id WHERE m.direction <> ? "
      "ORDER BY m.ordinal",
      static_cast<int>(Direction::carried));  // what came inside a forward says nothing here
  while (TRY(q.next())) {
    const auto id = q.message_id(0);
    keep_report(id, as_text(q.view(1)));
    if (filed_under(id, as_text(q.view(1))) != q.optional_id(2))
      find(place_of("consent", to_string(id)), "filed under another message");
  }
  auto rows = database_.query("SELECT message FROM consent");
  while (TRY(rows.next()))
    if (!messages_.contains(rows.message_id(0)))
      find(place_of("consent", to_string(rows.message_id(0))), "of a message that is not there");
  return {};
}

// A statement that is not counted would change what is agreed.
Result<void> FsckCheck::joint_acts() {
  auto q = database_.query(
      "SELECT m.id, m.statement, j.message IS NOT NULL FROM message m LEFT JOIN joint_act j ON j.message = m.id "
      "WHERE m.direction <> ? ORDER BY m.ordinal",
      static_cast<int>(Direction::carried));
  while (TRY(q.next())) {
    const auto message = core::Message::parse(as_text(q.view(1)));
    if (!message) continue;  // told where messages are checked
    const auto* kind = core::find_kind(message->kind);
    const bool joint = kind != nullptr && kind->pattern == core::Pattern::joint_act;
    if (joint != (q.number(2) != 0))
      find(place_of("joint act", to_string(q.message_id(0))), "not counted as it should be");
  }
  auto rows = database_.query("SELECT message FROM joint_act");
  while (TRY(rows.next()))
    if (!messages_.contains(rows.message_id(0)))
      find(place_of("joint act", to_string(rows.message_id(0))), "of a message that is not there");
  return {};
}

Result<bool> FsckCheck::is_locked(const core::MessageId& message, const core::MessageId& by) {
  auto q = database_.query("SELECT 1 FROM locked WHERE message = ? AND grant_id = ?", message, by);
  return q.next();
}

// What a statement held here ends is locked by it: copies under the grant, by a permit of its signer or of one it
// answers for, or what was spilled.
Result<void> FsckCheck::check_ended(const core::Directory& directory, const core::MessageId& id,
                                    const core::Message& message, const core::ConsentStatement& said) {
  if (const auto* revocation = std::get_if<core::Revocation>(&said))
    for (const auto& use : TRY(rows_.uses_of_grant(revocation->grant))) {
      const auto known = messages_.find(use.carrier);
      if (use.receiver != self_) continue;
      if (core::answering(directory, use.provider, message.created) != message.originator) continue;
      if (known == messages_.end() || known->second != Direction::incoming) continue;
      if (!TRY(is_locked(use.carrier, revocation->grant)))
        find(place_of("message", to_string(use.carrier)), "its grant is revoked, and it is not locked");
    }
  const auto* notice = std::get_if<core::SpillNotice>(&said);
  const auto row = notice != nullptr ? TRY(rows_.message_row(notice->message)) : std::optional<MessageRow>();
  if (!row) return {};
  const auto spilled = core::Message::parse(row->statement);
  if (!spilled) return {};
  const bool may_say = core::audience(*spilled).contains(message.originator) ||
                       core::answering(directory, spilled->originator, message.created) == message.originator;
  // Sent again to one whose key had run out, it says here what the first one said.
  const auto first = core::reissue_of(message);
  if (may_say && !TRY(is_locked(row->id, id)) && !(first && TRY(is_locked(row->id, *first))))
    find(place_of("message", to_string(row->id)), "it was spilled, and it is not locked");
  return {};
}

Result<void> FsckCheck::locks() {
  const auto directory = TRY(load_directory(rows_, self_));
  auto q = database_.query(
      "SELECT m.id, m.statement FROM message m JOIN consent c ON c.message = m.id WHERE m.direction <> ? AND c.quiet = "
      "0",
      static_cast<int>(Direction::carried));
  while (TRY(q.next())) {
    const auto message = core::Message::parse(as_text(q.view(1)));
    if (!message) continue;  // told where messages are checked
    const auto said = core::read_consent(q.message_id(0), *message);
    if (said) CHECK_OK(check_ended(directory, q.message_id(0), *message, *said));
  }
  return {};
}

// Issued, given to us or shown to us: each its provider's, with the wrap it names, and told in the journal.
Result<void> FsckCheck::permits() {
  auto q = database_.query(
      "SELECT p.grant_id, p.carrier, p.receiver, p.statement, p.batch, p.leaf, p.path, p.wrap, coalesce(e.state, 0), "
      "p.reported FROM permit p LEFT JOIN erasure e ON e.message = p.carrier ORDER BY p.grant_id");
  while (TRY(q.next())) {
    const auto where = place_of("permit under", to_string(q.message_id(0))) + " for " + q.text(2);
    const auto permit = core::Permit::parse(q.text(3));
    if (!permit) {
      find(where, permit.error().detail);
      continue;
    }
    if (permit->grant != q.message_id(0) || permit->carrier != to_string(q.message_id(1)) ||
        permit->receiver != q.text(2))
      find(where, "filed under another key");
    const auto wrap = q.blob(7);
    const bool erased = q.integer(8) == static_cast<int>(ErasureState::erased);
    const bool right = wrap.empty() ? erased || !permit->wrap : permit->wrap == crypto::sha256(wrap);
    if (!right) find(where, "its wrap is another one");
    const auto reported = q.integer(9);
    if (reported != 0 && !reports_.contains({permit->original, permit->carrier, permit->receiver, reported == 2}))
      find(where, "counted as reported, and no report says so");
    check_signed(q, 3, where, permit->provider);
    check_told(permit->provider == self_ ? core::Act::permit_issued : core::Act::permit_recorded, where, q.text(3));
  }
  return {};
}

// Each told in the journal, and of a message that is there.
Result<void> FsckCheck::detached_uses() {
  auto q = database_.query("SELECT grant_id, carrier, receiver, provider FROM detached_use ORDER BY grant_id");
  while (TRY(q.next())) {
    UseRecord use;
    use.grant = q.message_id(0);
    use.carrier = q.message_id(1);
    use.receiver = q.text(2);
    use.provider = q.text(3);
    const auto where = place_of("use under", to_string(use.grant)) + " for " + use.receiver;
    check_told(core::Act::detached_used, where, described(use));
    if (!messages_.contains(use.carrier)) find(where, "of a message that is not there");
  }
  return {};
}

// Of a detached grant: those it names, or none since what it is about was erased; that may have come again since.
void FsckCheck::check_made_wraps(const Query& q, const std::string& where, const core::Message& message) {
  if (message.kind != "consent-grant") return;
  const auto said = core::read_consent({}, message);
  const auto* grant = said ? std::get_if<core::Grant>(&*said) : nullptr;
  const auto wraps = q.blob(13);
  if (grant == nullptr ? wraps.empty() : are_wraps_of(*grant, wraps)) return;
  if (!wraps.empty())
    find(where, "the wraps it carries are others");
  else if (!erased_.contains(grant->terms.original))
    find(where, "its wraps are gone, and no entry says that what they open was erased");
}

}  // namespace chancery::store
