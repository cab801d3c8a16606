#include "daemon/store/transaction.h"

#include <algorithm>

#include "daemon/store/encoding.h"
#include "daemon/store/meta.h"
#include "daemon/store/transaction_impl.h"

namespace chancery::store {

namespace {

constexpr Duration kKeepSubmits = days(7);

}  // namespace

Instant Transaction::now() const { return impl_.now; }
bool Transaction::can_sign() const { return impl_.can_sign().has_value(); }
crypto::RandomSource& Transaction::random() { return impl_.seams.random; }
const core::Directory& Transaction::directory() const { return impl_.directory(); }

const core::JointActBook& Transaction::joint_acts() const { return impl_.joint_acts(); }

Result<LeafRef> Transaction::sign(std::string statement) { return impl_.sign(std::move(statement)); }

Result<crypto::HpkeSender*> Transaction::wrapping_context(const core::SealKey& key) {
  return impl_.wrapping_context(key);
}

Result<Digest> Transaction::append(core::JournalEntry entry) { return impl_.append(std::move(entry)); }

// ---- drafts and idempotency

namespace {

core::JournalEntry about(core::JournalEntry entry, std::string_view row) {
  entry.content = core::statement_digest(row);
  return entry;
}

}  // namespace

Result<std::uint64_t> Transaction::record_draft(const DraftRecord& draft, const core::JournalEntry& entry) {
  CHECK_OK(impl_.room());
  CHECK_OK(impl_.database
               .query("INSERT INTO draft (officer, state, plan, sealed, created, message) VALUES (?,?,?,?,?,?)",
                      draft.officer, static_cast<int>(draft.state), draft.plan, draft.sealed, draft.created,
                      draft.message)
               .run());
  auto recorded = draft;
  recorded.id = static_cast<std::uint64_t>(impl_.database.last_id());
  CHECK_OK(append(about(entry, described(recorded))));
  return recorded.id;
}

Result<void> Transaction::decide_draft(std::uint64_t id, DraftState state,
                                       const std::optional<core::MessageId>& message) {
  const auto draft = TRY(find_draft(id));
  if (!draft) return fail(Errc::not_found, "no such draft");
  if (draft->state != DraftState::waiting) return fail(Errc::conflict, "the draft is decided");
  CHECK_OK(detach_draft(id));
  // Empty once decided: `secure_delete` overwrites what stood there.
  return impl_.database
      .query("UPDATE draft SET state = ?, message = ?, sealed = x'' WHERE id = ?", static_cast<int>(state), message, id)
      .run();
}

Result<std::optional<DraftRecord>> Transaction::find_draft(std::uint64_t id) { return impl_.rows.draft(id); }

Result<std::optional<SubmitOutcome>> Transaction::find_submit(const std::string& officer, BytesView key) {
  auto q = impl_.database.query(
      "SELECT draft, id, number, awaiting_approval FROM submit WHERE officer = ? AND key = ? AND recorded > ?", officer,
      key, now() - kKeepSubmits);
  if (!TRY(q.next())) return std::optional<SubmitOutcome>();
  return std::optional<SubmitOutcome>({q.digest(0), q.text(1), q.text(2), q.integer(3) != 0});
}

namespace {

// A few of the oldest go with each new one, so they never pile up and no single act pays for all. Whether any are left.
Result<bool> forget_submits(Database& database, Instant until) {
  {
    auto q = database.query("SELECT 1 FROM submit WHERE recorded <= ? LIMIT 1", until);
    if (!TRY(q.next())) return false;
  }
  CHECK_OK(database
               .query("DELETE FROM submit WHERE (officer, key) IN "
                      "(SELECT officer, key FROM submit WHERE recorded <= ? ORDER BY recorded LIMIT 4)",
                      until)
               .run());
  return true;
}

}  // namespace

Result<void> Transaction::record_submit(const std::string& officer, BytesView key, const SubmitOutcome& outcome) {
  if (impl_.submits_to_forget) impl_.submits_to_forget = TRY(forget_submits(impl_.database, now() - kKeepSubmits));
  const auto insert = [&] {
    return impl_.database
        .query(
            "INSERT INTO submit (officer, key, draft, id, number, awaiting_approval, recorded) VALUES (?,?,?,?,?,?,?)",
            officer, key, outcome.draft, outcome.id, outcome.number, outcome.awaiting_approval, now())
        .run();
  };
  auto inserted = insert();
  if (inserted || inserted.error().code != Errc::conflict) return inserted;
  if (TRY(find_submit(officer, key))) return fail(Errc::conflict, "this idempotency key has its answer");
  // One that is too old to count may still stand there.
  CHECK_OK(impl_.database.query("DELETE FROM submit WHERE officer = ? AND key = ?", officer, key).run());
  return insert();
}

Result<std::uint64_t> Transaction::next_number(const std::string& series, int year) {
  return impl_.next_number(series, year);
}

// ---- directory and people

Result<void> Transaction::record_peer(const PeerRecord& peer, const core::JournalEntry& entry) {
  // An anchor that was compared out of band is not replaced; one that was not may be, and what came under it goes.
  CHECK_OK(impl_.database
               .query("DELETE FROM designation WHERE authority = ?1 AND EXISTS "
                      "(SELECT 1 FROM peer WHERE authority = ?1 AND state = 0 AND anchor <> ?2)",
                      peer.authority, peer.anchor)
               .run());
  CHECK_OK(impl_.database
               .query("INSERT INTO peer (authority, state, anchor, reason) VALUES (?,?,?,?) "
                      "ON CONFLICT (authority) DO UPDATE "
                      "SET state = excluded.state, anchor = excluded.anchor, reason = excluded.reason "
                      "WHERE anchor = excluded.anchor OR state = 0",
                      peer.authority, static_cast<int>(peer.state), peer.anchor, peer.reason)
               .run());
  if (impl_.database.changes() == 0) return fail(Errc::conflict, "the peer has another anchor");
  impl_.known_changed();
  CHECK_OK(append(entry));
  return {};
}

namespace {

// Whether what an older list says stands in the newer one, too, and no weaker: what is only held may be taken back by
// the next list, and a lost key stays lost. What the older one only held may be taken back.
bool is_covered(const crypto::RevocationList& older, const crypto::RevocationList& newer) {
  return std::all_of(older.entries().begin(), older.entries().end(), [&](const auto& item) {
    const auto again = newer.entries().find(item.first);
    if (item.second.hold) return true;
    return again != newer.entries().end() && again->second.since <= item.second.since && !again->second.hold &&
           (again->second.compromised || !item.second.compromised);
  });
}

}  // namespace

Result<void> Transaction::record_revocations(const Digest& anchor, const crypto::RevocationList& list,
                                             const core::JournalEntry& entry) {
  for (const auto& record : TRY(impl_.rows.revocation_lists())) {
    if (record.anchor != anchor) continue;
    const auto older = TRY(crypto::RevocationList::from_der(record.list));
    if (list.this_update() <= older.this_update()) return fail(Errc::conflict, "a newer revocation list is known");
    if (is_covered(older, list))
      CHECK_OK(
          impl_.database
              .query("DELETE FROM revocation_list WHERE anchor = ? AND this_update = ?", anchor, older.this_update())
              .run());
  }
  CHECK_OK(impl_.database
               .query("INSERT INTO revocation_list (anchor, this_update, list) VALUES (?,?,?)", anchor,
                      list.this_update(), list.der())
               .run());
  impl_.known_changed();
  CHECK_OK(append(entry));
  return {};
}

Result<void> Transaction::record_designation(const DesignationRecord& record, const core::JournalEntry& entry) {
  const auto designation = TRY(core::Designation::parse(record.statement.statement));
  {
    auto q = impl_.database.query("SELECT statement FROM designation WHERE authority = ? AND serial = ?",
                                  designation.authority, designation.serial);
    if (TRY(q.next())) {
      if (q.text(0) == record.statement.statement) return {};
      return fail(Errc::conflict, "another designation with this serial");
    }
  }
  const auto place = TRY(impl_.place(record.statement));
  CHECK_OK(impl_.database
               .query("INSERT INTO designation (authority, serial, statement, batch, leaf, path, certificates) "
                      "VALUES (?,?,?,?,?,?,?)",
                      designation.authority, designation.serial, as_bytes(record.statement.statement), place.batch,
                      place.leaf, place.path, encode_list(record.certificates))
               .run());
  impl_.known_changed();
  CHECK_OK(append(entry));
  return {};
}

Result<void> Transaction::record_seal_key(const SealKeyRecord& record, std::optional<LeafRef> leaf,
                                          const core::JournalEntry& entry) {
  const auto key = TRY(core::SealKey::parse(record.statement.statement));
  const auto id = key.id();
  {
    auto q =
        impl_.database.query("SELECT statement FROM seal_key WHERE authority = ? AND valid_from = ? AND key_id = ?",
                             key.authority, key.from, id);
    if (TRY(q.next())) {
      if (q.text(0) == record.statement.statement) return {};
      return fail(Errc::conflict, "another statement about this seal key");
    }
  }
  const auto place = leaf ? impl_.own_place(*leaf) : TRY(impl_.place(record.statement));
  CHECK_OK(
      impl_.database
          .query("INSERT INTO seal_key (authority, valid_from, key_id, accept_until, statement, batch, leaf, path, "
                 "sealed_private_key) VALUES (?,?,?,?,?,?,?,?,?)",
                 key.authority, key.from, id, key.accept_until, as_bytes(record.statement.statement), place.batch,
                 place.leaf, place.path, record.sealed_private_key)
          .run());
  impl_.known_changed();
  CHECK_OK(append(entry));
  return {};
}

Result<void> Transaction::destroy_seal_keys(Instant accept_until_before) {
  return impl_.database
      .query("UPDATE seal_key SET sealed_private_key = x'' WHERE accept_until < ? AND length(sealed_private_key) > 0",
             accept_until_before)
      .run();
}

Result<void> Transaction::record_user(const UserRecord& record, const core::JournalEntry& entry) {
  const auto pin = crypto::sha256(record.certificate);
  const auto known = TRY(impl_.rows.user(pin));
  if (known && known->user == record.user) return {};
  CHECK_OK(impl_.database
               .query("INSERT INTO user (name, role, clearance, certificate, pin, categories) VALUES (?,?,?,?,?,?) "
                      "ON CONFLICT (name) DO UPDATE SET certificate = excluded.certificate, pin = excluded.pin "
                      "WHERE role = excluded.role AND clearance = excluded.clearance "
                      "AND categories = excluded.categories",
                      record.user.name, static_cast<int>(record.user.role), record.user.clearance, record.certificate,
                      pin, join_words(record.user.categories))
               .run());
  if (impl_.database.changes() == 0) return fail(Errc::conflict, "a user of this name with another role or clearance");
  impl_.known_changed();
  CHECK_OK(append(about(entry, described(record))));
  return {};
}

Result<std::vector<UserRecord>> Transaction::users() { return impl_.rows.users(); }

Result<void> Transaction::record_conflict(const ConflictRecord& conflict, const core::JournalEntry& entry) {
  {
    // One contradiction proves it; a peer that signs more of them does not fill the disk.
    auto q = impl_.database.query("SELECT 1 FROM conflict WHERE kind = ? AND subject = ? AND first = ?", conflict.kind,
                                  conflict.subject, as_bytes(conflict.first));
    if (TRY(q.next())) return {};
  }
  CHECK_OK(impl_.database
               .query("INSERT INTO conflict (kind, subject, first, second, recorded) VALUES (?,?,?,?,?)", conflict.kind,
                      conflict.subject, as_bytes(conflict.first), as_bytes(conflict.second), conflict.recorded)
               .run());
  CHECK_OK(append(entry));
  return {};
}

// ---- what is remembered of histories

Result<void> Transaction::record_suspension(const std::string& why) {
  return set_meta(impl_.database, kSuspended, why);
}

Result<void> Transaction::record_seen(const std::string& peer, const std::string& note) {
  return set_meta(impl_.database, seen_name(peer), note);
}

}  // namespace chancery::store
