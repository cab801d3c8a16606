#include "daemon/core/message.h"

#include <algorithm>

namespace chancery::core {

namespace {

struct AgreementLine {
  std::string id;
  std::uint32_t version = 0;
};

Result<AgreementLine> parse_agreement(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 2 || !is_identifier(words[0])) return fail(Errc::malformed, "not `<agreement> <version>`");
  const auto version = TRY(parse_version(words[1]));
  return AgreementLine{std::string(words[0]), version};
}

Result<bool> parse_yes_or_no(std::string_view text) {
  if (text != "yes" && text != "no") return fail(Errc::malformed, "neither `yes` nor `no`");
  return text == "yes";
}

template <class T>
std::string optional_text(const std::optional<T>& value) {
  return value ? to_string(*value) : std::string();
}

template <class T>
void write_each(StatementWriter& out, std::string_view name, const std::vector<T>& values) {
  for (const auto& value : values) out.line(name, value.text());
}

void write_above_created(StatementWriter& out, const Message& m) {
  out.line("originator", m.originator)
      .list("recipients", m.recipients)
      .line("agreement", m.agreement + " " + std::to_string(m.agreement_version))
      .line("kind", m.kind)
      .list("directions", m.directions)
      .list("threats", m.threats);
  write_each(out, "label", m.labels);
  out.line("label-policy", to_string(m.label_policy))
      .list("releasable-to", m.releasable_to)
      .line("precedence", to_string(m.precedence))
      .line("exercise", m.exercise ? "yes" : "no");
}

bool any_fact(const Fact& /*fact*/) { return true; }
bool known_at_preview(const Fact& fact) { return fact.name != kWrapFact; }

template <class Wanted>
void write_between_created_and_parts(StatementWriter& out, const Message& m, Wanted wanted) {
  out.line("expires", optional_text(m.expires))
      .line("thread", optional_text(m.thread))
      .line("in-reply-to", optional_text(m.in_reply_to))
      .line("supersedes", optional_text(m.supersedes))
      .list("providers", m.providers);
  write_each(out, "source", m.sources);
  for (const auto& fact : m.facts)
    if (wanted(fact)) out.line("fact", fact.text());
  out.list("languages", m.languages);
  write_each(out, "attachment", m.attachments);
}

void write_from_parts(StatementWriter& out, const Message& m) {
  out.line("parts", std::to_string(m.parts))
      .line("body-root", to_string(m.body_root))
      .line("cek-commit", to_string(m.cek_commit))
      .line("cipher-root", to_string(m.cipher_root))
      .line("wraps", to_string(m.wraps));
}

Result<void> read_above_created(StatementReader& in, Message& m) {
  m.originator = TRY(in.token("originator", is_authority_id));
  m.recipients = TRY(in.tokens("recipients", is_authority_id));
  auto agreement = TRY(in.field("agreement", parse_agreement));
  m.agreement = std::move(agreement.id);
  m.agreement_version = agreement.version;
  m.kind = TRY(in.token("kind", is_identifier));
  m.directions = TRY(in.tokens("directions", is_code));
  m.threats = TRY(in.tokens("threats", is_code));
  m.labels = TRY(in.repeated("label", Label::parse));
  m.label_policy = TRY(in.field("label-policy", parse_digest));
  m.releasable_to = TRY(in.tokens("releasable-to", is_authority_id));
  m.precedence = TRY(in.field("precedence", parse_precedence));
  m.exercise = TRY(in.field("exercise", parse_yes_or_no));
  return {};
}

Result<void> read_from_created(StatementReader& in, Message& m) {
  m.created = TRY(in.field("created", parse_time));
  m.expires = TRY(in.optional_field("expires", parse_time));
  m.thread = TRY(in.optional_field("thread", parse_message_id));
  m.in_reply_to = TRY(in.optional_field("in-reply-to", parse_message_id));
  m.supersedes = TRY(in.optional_field("supersedes", parse_message_id));
  m.providers = TRY(in.tokens("providers", is_authority_id));
  m.sources = TRY(in.repeated("source", SourceLine::parse));
  m.facts = TRY(in.repeated("fact", Fact::parse));
  m.languages = TRY(in.tokens("languages", is_language));
  m.attachments = TRY(in.repeated("attachment", AttachmentLine::parse));
  m.parts = TRY(in.field("parts", parse_version));
  m.body_root = TRY(in.field("body-root", parse_digest));
  m.cek_commit = TRY(in.field("cek-commit", parse_digest));
  m.cipher_root = TRY(in.field("cipher-root", parse_digest));
  m.wraps = TRY(in.field("wraps", parse_digest));
  return in.end();
}

// The originator's label stands first whatever its text; those inherited from sources follow sorted.
bool in_label_order(const std::vector<Label>& labels) {
  if (labels.empty()) return true;
  const std::vector<Label> inherited(labels.begin() + 1, labels.end());
  return strictly_ascending(inherited) &&
         std::find(inherited.begin(), inherited.end(), labels.front()) == inherited.end();
}

// In manifest order, so not sorted; each is sealed under a key of its own, so none can stand twice.
bool has_repeated_attachment(const std::vector<AttachmentLine>& attachments) {
  std::vector<Digest> roots;
  for (const auto& attachment : attachments) roots.push_back(attachment.cipher_root);
  std::sort(roots.begin(), roots.end());
  return !strictly_ascending(roots);
}

Result<void> check_lists(const Message& m) {
  const auto contains = [](const auto& list, const auto& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  if (m.recipients.empty()) return fail(Errc::malformed, "recipients: none");
  if (contains(m.recipients, m.originator)) return fail(Errc::malformed, "recipients: the originator is among them");
  if (!in_label_order(m.labels)) return fail(Errc::malformed, "label: not in order, or one twice");
  if (!strictly_ascending(m.sources)) return fail(Errc::malformed, "source: not sorted, or one twice");
  if (!strictly_ascending(m.facts)) return fail(Errc::malformed, "fact: not sorted, or one twice");
  if (has_repeated_attachment(m.attachments)) return fail(Errc::malformed, "attachment: one twice");
  return {};
}

Result<void> check_limits(const Message& m) {
  if (m.recipients.size() > kMaxRecipients) return fail(Errc::malformed, "recipients: too many");
  if (m.providers.size() > kMaxProviders) return fail(Errc::malformed, "providers: too many");
  if (m.attachments.size() > kMaxAttachments) return fail(Errc::malformed, "attachment: too many");
  if (m.parts > kMaxParts) return fail(Errc::malformed, "parts: too many");
  if (m.expires && *m.expires <= m.created) return fail(Errc::malformed, "expires: not after created");
  return {};
}

}  // namespace

std::string Message::to_text() const {
  StatementWriter out(first_line(StatementKind::message));
  write_above_created(out, *this);
  out.line("created", to_string(created));
  write_between_created_and_parts(out, *this, any_fact);
  write_from_parts(out, *this);
  return out.text();
}

Result<Message> Message::parse(std::string_view text) {
  Message m;
  auto in = TRY(StatementReader::open(text, first_line(StatementKind::message)));
  CHECK_OK(read_above_created(in, m));
  CHECK_OK(read_from_created(in, m));
  CHECK_OK(check_lists(m));
  CHECK_OK(check_limits(m));
  CHECK_OK(check_spelling(text, m.to_text()));
  return m;
}

Digest header_digest(std::string_view statement) {
  // No value holds an LF, so the first line of this name is the only one.
  const auto lf = statement.find("\nbody-root ");
  return crypto::sha256(as_bytes(statement.substr(0, lf == std::string_view::npos ? lf : lf + 1)));
}

MessageId message_id(std::string_view statement, Instant created) {
  return message_id(statement_digest(statement), created);
}

MessageId message_id(const Digest& statement, Instant created) {
  MessageId id;
  const auto time = u64be(static_cast<std::uint64_t>(created.ms));
  std::copy(time.begin() + 2, time.end(), id.value.begin());
  std::copy(statement.value.begin(), statement.value.begin() + 26, id.value.begin() + 6);
  return id;
}

Instant created_of(const MessageId& id) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id.value[i];
  return {ms};
}

Digest plan_digest(const Message& message, std::span<const Digest> part_digests,
                   std::span<const IndependentSource> independent) {
  StatementWriter out(first_line(StatementKind::message));
  write_above_created(out, message);
  write_between_created_and_parts(out, message, known_at_preview);
  for (const auto& digest : part_digests) out.line("part", to_string(digest));
  for (const auto& source : independent)
    out.line("independent", to_string(source.id) + " " + to_string(crypto::sha256(as_bytes(source.reason))));
  return crypto::sha256({as_bytes("chancery/plan/v1\n"), as_bytes(out.text())});
}

}  // namespace chancery::core
