#include "daemon/core/permit.h"

namespace chancery::core {

const char* to_string(Verb verb) {
  switch (verb) {
    case Verb::transfer:
      return "transfer";
    case Verb::disclose:
      return "disclose";
  }
  return "";
}

Result<Verb> parse_verb(std::string_view text) {
  static constexpr Verb all[] = {Verb::transfer, Verb::disclose};
  return parse_enumerator(text, all);
}

namespace {

bool is_carrier(std::string_view text) { return parse_message_id(text).has_value() || parse_digest(text).has_value(); }

}  // namespace

std::string Permit::to_text() const {
  StatementWriter out(first_line(StatementKind::permit));
  out.line("provider", provider)
      .line("grant", to_string(grant))
      .line("original", to_string(original))
      .line("carrier", carrier)
      .line("relation", to_string(relation))
      .line("holder", holder)
      .line("receiver", receiver)
      .line("verb", to_string(verb))
      .line("extent", extent.text())
      .line("from", to_string(from))
      .line("until", to_string(until))
      .line("wrap", wrap ? to_string(*wrap) : "")
      .line("salt", to_hex(salt));
  return out.text();
}

Result<Permit> Permit::parse(std::string_view text) {
  auto in = TRY(StatementReader::open(text, first_line(StatementKind::permit)));
  Permit p;
  p.provider = TRY(in.token("provider", is_authority_id));
  p.grant = TRY(in.field("grant", parse_message_id));
  p.original = TRY(in.field("original", parse_message_id));
  p.carrier = TRY(in.token("carrier", is_carrier));
  p.relation = TRY(in.field("relation", parse_relation));
  p.holder = TRY(in.token("holder", is_authority_id));
  p.receiver = TRY(in.optional_token("receiver", is_authority_id));
  p.verb = TRY(in.field("verb", parse_verb));
  p.extent = TRY(in.field("extent", Extent::parse));
  p.from = TRY(in.field("from", parse_time));
  p.until = TRY(in.field("until", parse_time));
  p.wrap = TRY(in.optional_field("wrap", parse_digest));
  p.salt = TRY(in.field("salt", parse_salt));
  CHECK_OK(in.end());
  if (p.from >= p.until) return fail(Errc::malformed, "until: not after from");
  CHECK_OK(check_spelling(text, p.to_text()));
  return p;
}

}  // namespace chancery::core
