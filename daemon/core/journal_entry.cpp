#include "daemon/core/journal_entry.h"

namespace chancery::core {

const char* to_string(Act act) {
  switch (act) {
    case Act::start:
      return "start";
    case Act::user_added:
      return "user-added";
    case Act::peer_added:
      return "peer-added";
    case Act::peer_verified:
      return "peer-verified";
    case Act::peer_suspended:
      return "peer-suspended";
    case Act::peer_resumed:
      return "peer-resumed";
    case Act::revocations_recorded:
      return "revocations-recorded";
    case Act::designation_recorded:
      return "designation-recorded";
    case Act::seal_key_issued:
      return "seal-key-issued";
    case Act::draft_recorded:
      return "draft-recorded";
    case Act::release_refused:
      return "release-refused";
    case Act::released:
      return "released";
    case Act::approval_refused:
      return "approval-refused";
    case Act::used:
      return "used";
    case Act::accepted:
      return "accepted";
    case Act::carried:
      return "carried";
    case Act::acceptance_refused:
      return "acceptance-refused";
    case Act::receipt_recorded:
      return "receipt-recorded";
    case Act::conflict_recorded:
      return "conflict-recorded";
    case Act::read:
      return "read";
    case Act::access_refused:
      return "access-refused";
    case Act::acknowledged:
      return "acknowledged";
    case Act::handled:
      return "handled";
    case Act::handling_refused:
      return "handling-refused";
    case Act::voided:
      return "voided";
    case Act::exported:
      return "exported";
    case Act::permit_issued:
      return "permit-issued";
    case Act::permit_refused:
      return "permit-refused";
    case Act::permit_recorded:
      return "permit-recorded";
    case Act::detached_used:
      return "detached-used";
    case Act::copy_locked:
      return "copy-locked";
    case Act::disclosed:
      return "disclosed";
    case Act::copy_unlocked:
      return "copy-unlocked";
    case Act::erasure_proposed:
      return "erasure-proposed";
    case Act::copy_erased:
      return "copy-erased";
    case Act::copy_retained:
      return "copy-retained";
    case Act::passage_shown:
      return "passage-shown";
    case Act::restored:
      return "restored";
    case Act::independent:
      return "independent";
  }
  return "";
}

Result<Act> parse_act(std::string_view text) {
  static constexpr Act all[] = {Act::start,
                                Act::user_added,
                                Act::peer_added,
                                Act::peer_verified,
                                Act::peer_suspended,
                                Act::peer_resumed,
                                Act::revocations_recorded,
                                Act::designation_recorded,
                                Act::seal_key_issued,
                                Act::draft_recorded,
                                Act::release_refused,
                                Act::released,
                                Act::approval_refused,
                                Act::used,
                                Act::accepted,
                                Act::carried,
                                Act::acceptance_refused,
                                Act::receipt_recorded,
                                Act::conflict_recorded,
                                Act::read,
                                Act::access_refused,
                                Act::acknowledged,
                                Act::handled,
                                Act::handling_refused,
                                Act::voided,
                                Act::exported,
                                Act::permit_issued,
                                Act::permit_refused,
                                Act::permit_recorded,
                                Act::detached_used,
                                Act::copy_locked,
                                Act::disclosed,
                                Act::copy_unlocked,
                                Act::erasure_proposed,
                                Act::copy_erased,
                                Act::copy_retained,
                                Act::passage_shown,
                                Act::restored,
                                Act::independent};
  return parse_enumerator(text, all);
}

namespace {

constexpr const char* kFirstLine = "chancery/entry/v1";
constexpr std::string_view kPeer = "peer:";

// A person, a peer, or the daemon itself, which is spelt like a user and is none.
bool is_actor(std::string_view text) {
  if (text.substr(0, kPeer.size()) == kPeer) return is_authority_id(text.substr(kPeer.size()));
  return is_user_name(text);
}

bool is_decision(std::string_view text) { return text == "allow" || text == "refuse" || text == "defer"; }

template <class T>
std::string text_or_empty(const std::optional<T>& value) {
  return value ? to_string(*value) : std::string();
}

}  // namespace

std::string JournalEntry::to_text() const {
  StatementWriter out(kFirstLine);
  out.line("time", to_string(time))
      .line("actor", actor)
      .line("act", to_string(act))
      .line("message", text_or_empty(message))
      .line("subject", subject)
      .line("decision", decision)
      .list("reasons", reasons)
      .line("data", text_or_empty(data))
      .line("plan", text_or_empty(plan))
      .line("content", text_or_empty(content))
      .line("previous", text_or_empty(previous))
      .line("salt", to_hex(salt));
  return out.text();
}

Result<JournalEntry> JournalEntry::parse(std::string_view text) {
  auto in = TRY(StatementReader::open(text, kFirstLine));
  JournalEntry e;
  e.time = TRY(in.field("time", parse_time));
  e.actor = TRY(in.token("actor", is_actor));
  e.act = TRY(in.field("act", parse_act));
  e.message = TRY(in.optional_field("message", parse_message_id));
  e.subject = TRY(in.optional_token("subject", is_word));
  e.decision = TRY(in.optional_token("decision", is_decision));
  e.reasons = TRY(in.tokens("reasons", is_reason_code));
  e.data = TRY(in.optional_field("data", parse_digest));
  e.plan = TRY(in.optional_field("plan", parse_digest));
  e.content = TRY(in.optional_field("content", parse_digest));
  e.previous = TRY(in.optional_field("previous", parse_digest));
  e.salt = TRY(in.field("salt", parse_salt));
  CHECK_OK(in.end());
  if (e.decision == "allow" && !e.reasons.empty()) return fail(Errc::malformed, "reasons: none stand with `allow`");
  CHECK_OK(check_spelling(text, e.to_text()));
  return e;
}

Digest entry_leaf(std::string_view entry) { return statement_digest(entry); }

}  // namespace chancery::core
