#include "daemon/core/receipt.h"

namespace chancery::core {

const char* to_string(Stage stage) {
  switch (stage) {
    case Stage::delivered:
      return "delivered";
    case Stage::read:
      return "read";
    case Stage::acknowledged:
      return "acknowledged";
    case Stage::answered:
      return "answered";
    case Stage::refused:
      return "refused";
  }
  return "";
}

Result<Stage> parse_stage(std::string_view text) {
  static constexpr Stage all[] = {Stage::delivered, Stage::read, Stage::acknowledged, Stage::answered, Stage::refused};
  return parse_enumerator(text, all);
}

namespace {

Result<void> check(const Receipt& r) {
  if (r.reasons.empty() == (r.stage == Stage::refused))
    return fail(Errc::malformed, "reasons: stand with `refused`, and only there");
  if (r.answer.has_value() != (r.stage == Stage::answered))
    return fail(Errc::malformed, "answer: stands with `answered`, and only there");
  return {};
}

}  // namespace

std::string Receipt::to_text() const {
  StatementWriter out(first_line(StatementKind::receipt));
  out.line("receiver", receiver)
      .line("originator", originator)
      .line("message", to_string(message))
      .line("stage", to_string(stage))
      .line("time", to_string(time))
      .list("reasons", reasons)
      .line("answer", answer ? to_string(*answer) : "")
      .line("entry", to_string(entry))
      .line("salt", to_hex(salt));
  return out.text();
}

Result<Receipt> Receipt::parse(std::string_view text) {
  auto in = TRY(StatementReader::open(text, first_line(StatementKind::receipt)));
  Receipt r;
  r.receiver = TRY(in.token("receiver", is_authority_id));
  r.originator = TRY(in.token("originator", is_authority_id));
  r.message = TRY(in.field("message", parse_message_id));
  r.stage = TRY(in.field("stage", parse_stage));
  r.time = TRY(in.field("time", parse_time));
  r.reasons = TRY(in.tokens("reasons", is_reason_code));
  r.answer = TRY(in.optional_field("answer", parse_message_id));
  r.entry = TRY(in.field("entry", parse_digest));
  r.salt = TRY(in.field("salt", parse_salt));
  CHECK_OK(in.end());
  CHECK_OK(check(r));
  CHECK_OK(check_spelling(text, r.to_text()));
  return r;
}

bool contradict(const Receipt& a, const Receipt& b) {
  if (a.receiver != b.receiver || a.message != b.message) return false;
  if (a.stage == b.stage) return a != b;
  return a.stage == Stage::refused || b.stage == Stage::refused;
}

}  // namespace chancery::core
