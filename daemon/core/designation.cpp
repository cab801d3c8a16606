#include "daemon/core/designation.h"

#include "daemon/core/authority.h"

namespace chancery::core {

const char* to_string(KeyRole role) {
  switch (role) {
    case KeyRole::anchor:
      return "anchor";
    case KeyRole::tls:
      return "tls";
    case KeyRole::sign:
      return "sign";
    case KeyRole::evidence:
      return "evidence";
    case KeyRole::seal:
      return "seal";
    case KeyRole::log:
      return "log";
    case KeyRole::witness:
      return "witness";
  }
  return "";
}

bool comes_with_certificate(KeyRole role) {
  switch (role) {
    case KeyRole::anchor:
    case KeyRole::tls:
    case KeyRole::sign:
    case KeyRole::evidence:
      return true;
    case KeyRole::seal:
    case KeyRole::log:
    case KeyRole::witness:
      return false;
  }
  return false;
}

Result<KeyRole> parse_key_role(std::string_view text) {
  static constexpr KeyRole all[] = {KeyRole::anchor, KeyRole::tls, KeyRole::sign,   KeyRole::evidence,
                                    KeyRole::seal,   KeyRole::log, KeyRole::witness};
  return parse_enumerator(text, all);
}

const char* to_string(KeyState state) {
  switch (state) {
    case KeyState::active:
      return "active";
    case KeyState::retired:
      return "retired";
    case KeyState::compromised:
      return "compromised";
  }
  return "";
}

Result<KeyState> parse_key_state(std::string_view text) {
  static constexpr KeyState all[] = {KeyState::active, KeyState::retired, KeyState::compromised};
  return parse_enumerator(text, all);
}

bool DesignatedKey::valid_at(Instant time) const {
  // Compromised without a known beginning: it never spoke for the authority.
  if (state == KeyState::compromised && !since) return false;
  return from <= time && time < to && (!since || time < *since);
}

std::string DesignatedKey::text() const {
  std::string text = to_string(role);
  for (const auto& word : {std::string(crypto::to_string(suite)), to_string(id), to_string(from), to_string(to),
                           std::string(to_string(state)), since ? to_string(*since) : std::string("-")})
    text.append(1, ' ').append(word);
  return text;
}

Result<DesignatedKey> DesignatedKey::parse(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 7) return fail(Errc::malformed, "not `<role> <suite> <id> <from> <to> <state> <since>`");
  DesignatedKey key{TRY(parse_key_role(words[0])),
                    TRY(crypto::parse_suite(words[1])),
                    TRY(parse_digest(words[2])),
                    TRY(parse_time(words[3])),
                    TRY(parse_time(words[4])),
                    TRY(parse_key_state(words[5])),
                    std::nullopt};
  if (words[6] != "-") key.since = TRY(parse_time(words[6]));
  if (key.from >= key.to) return fail(Errc::malformed, "ends before it begins");
  if (key.since.has_value() != (key.state == KeyState::compromised))
    return fail(Errc::malformed, "`since` stands with `compromised`, and only there");
  return key;
}

namespace {

// Sorted by text, and one line about one key.
bool in_key_order(const std::vector<DesignatedKey>& keys) {
  for (std::size_t i = 1; i < keys.size(); ++i) {
    const auto &a = keys[i - 1], &b = keys[i];
    if (a.text() >= b.text() || (a.role == b.role && a.suite == b.suite && a.id == b.id)) return false;
  }
  return true;
}

Result<void> check(const Designation& d) {
  if (d.agreements.empty()) return fail(Errc::malformed, "agreements: none");
  if (d.valid_from >= d.valid_to) return fail(Errc::malformed, "valid-to: not after valid-from");
  if (d.succeeds == d.authority) return fail(Errc::malformed, "succeeds: the authority itself");
  if (!in_key_order(d.keys)) return fail(Errc::malformed, "key: not sorted, or one twice");
  return {};
}

}  // namespace

std::string Designation::to_text() const {
  StatementWriter out(first_line(StatementKind::designation));
  out.line("authority", authority)
      .line("party", party)
      .line("kind", kind)
      .list("agreements", agreements)
      .line("serial", std::to_string(serial))
      .line("supersedes", supersedes ? to_string(*supersedes) : "")
      .line("succeeds", succeeds)
      .line("valid-from", to_string(valid_from))
      .line("valid-to", to_string(valid_to))
      .list("directions", directions)
      .list("languages", languages)
      .line("endpoint", endpoint)
      .line("channel", channel);
  for (const auto& key : keys) out.line("key", key.text());
  return out.text();
}

Result<Designation> Designation::parse(std::string_view text) {
  auto in = TRY(StatementReader::open(text, first_line(StatementKind::designation)));
  Designation d;
  d.authority = TRY(in.token("authority", is_authority_id));
  d.party = TRY(in.token("party", is_party_code));
  d.kind = TRY(in.token("kind", is_identifier));
  d.agreements = TRY(in.tokens("agreements", is_identifier));
  d.serial = TRY(in.field("serial", parse_ordinal));
  d.supersedes = TRY(in.optional_field("supersedes", parse_digest));
  d.succeeds = TRY(in.optional_token("succeeds", is_authority_id));
  d.valid_from = TRY(in.field("valid-from", parse_time));
  d.valid_to = TRY(in.field("valid-to", parse_time));
  d.directions = TRY(in.tokens("directions", is_code));
  d.languages = TRY(in.tokens("languages", is_language));
  d.endpoint = TRY(in.token("endpoint", is_endpoint));
  d.channel = TRY(in.token("channel", is_identifier));
  d.keys = TRY(in.repeated("key", DesignatedKey::parse));
  CHECK_OK(in.end());
  CHECK_OK(check(d));
  CHECK_OK(check_spelling(text, d.to_text()));
  return d;
}

}  // namespace chancery::core
