#include "daemon/core/authority.h"
#include "daemon/core/designation.h"

namespace chancery::core {

Digest SealKey::id() const { return crypto::sha256(public_key); }

std::string SealKey::to_text() const {
  StatementWriter out(first_line(StatementKind::seal_key));
  out.line("authority", authority)
      .line("designation", to_string(designation))
      .line("suite", crypto::to_string(suite))
      .line("public", to_base64(public_key))
      .line("from", to_string(from))
      .line("to", to_string(to))
      .line("accept-until", to_string(accept_until));
  return out.text();
}

Result<SealKey> SealKey::parse(std::string_view text) {
  auto in = TRY(StatementReader::open(text, first_line(StatementKind::seal_key)));
  SealKey k;
  k.authority = TRY(in.token("authority", is_authority_id));
  k.designation = TRY(in.field("designation", parse_digest));
  k.suite = TRY(in.field("suite", crypto::parse_suite));
  k.public_key = TRY(in.field("public", parse_base64));
  k.from = TRY(in.field("from", parse_time));
  k.to = TRY(in.field("to", parse_time));
  k.accept_until = TRY(in.field("accept-until", parse_time));
  CHECK_OK(in.end());
  if (k.from >= k.to) return fail(Errc::malformed, "to: not after from");
  if (k.accept_until != k.to + kSealKeyGrace) return fail(Errc::malformed, "accept-until: not 14 days after to");
  CHECK_OK(check_spelling(text, k.to_text()));
  return k;
}

}  // namespace chancery::core
