#include "daemon/wire/draft.h"

#include <algorithm>
#include <map>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include "chancery/v1/desk.pb.h"
#include "daemon/core/kind.h"
#include "daemon/wire/body.h"

namespace chancery::wire {

namespace {

constexpr std::size_t kMaxList = 256;  // entries of any list an officer writes
constexpr std::size_t kMaxReason = 1024;
// A draft is its parts and lines that have to fit a statement, names of messages in place of ids.
constexpr std::size_t kRegistryPart = 256;  // at most; written by the daemon beside the officer's parts
constexpr std::size_t kMaxDraft = kMaxInlineParts + 2 * core::kMaxStatementSize;

using Field = const google::protobuf::RepeatedPtrField<std::string>&;

tl::unexpected<Error> wrong_draft(const std::string& field, std::string_view what) {
  return fail(Errc::malformed, "draft." + field + ": " + std::string(what));
}

std::string at(const std::string& field, int index) { return field + "[" + std::to_string(index + 1) + "]"; }

template <class T>
std::vector<T> sorted(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

Result<void> check_count(const std::string& field, int count, std::size_t limit) {
  if (static_cast<std::size_t>(count) > limit) return wrong_draft(field, "too many");
  return {};
}

Result<std::string> token(const std::string& field, const std::string& value, core::Form form) {
  if (!form(value)) return wrong_draft(field, "not of its form");
  return value;
}

Result<std::string> optional_token(const std::string& field, const std::string& value, core::Form form) {
  return value.empty() ? value : TRY(token(field, value, form));
}

Result<std::vector<std::string>> tokens(const std::string& field, Field values, core::Form form,
                                        std::size_t limit = kMaxList) {
  CHECK_OK(check_count(field, values.size(), limit));
  std::vector<std::string> all;
  for (int i = 0; i < values.size(); ++i) all.push_back(TRY(token(at(field, i), values[i], form)));
  return sorted(std::move(all));
}

template <class T>
Result<T> named(const std::string& field, Result<T> value) {
  if (!value.has_value()) return wrong_draft(field, "not of its form");
  return value;
}

Result<core::MessageId> resolved(const std::string& field, const std::string& name, const Resolve& resolve) {
  if (!core::is_word(name)) return wrong_draft(field, "not a name of a message");
  auto id = resolve(name);
  if (!id.has_value() && id.error().code == Errc::malformed) return wrong_draft(field, "not a name of a message");
  return id;
}

Result<std::optional<core::MessageId>> optional_id(const std::string& field, const std::string& name,
                                                   const Resolve& resolve) {
  if (name.empty()) return std::optional<core::MessageId>();
  return std::optional<core::MessageId>(TRY(resolved(field, name, resolve)));
}

Result<void> read_codes(const v1::Draft& in, core::Draft& out) {
  out.recipients = TRY(tokens("recipients", in.recipients(), core::is_authority_id, core::kMaxRecipients));
  if (out.recipients.empty() && !core::asks_providers(in.kind())) return wrong_draft("recipients", "none");
  out.agreement = TRY(token("agreement", in.agreement(), core::is_identifier));
  out.kind = TRY(token("kind", in.kind(), core::is_identifier));
  out.directions = TRY(tokens("directions", in.directions(), core::is_code));
  out.threats = TRY(tokens("threats", in.threats(), core::is_code));
  out.classification = TRY(optional_token("label", in.label(), core::is_identifier));
  out.review = TRY(optional_token("review", in.review(), core::is_date));
  out.categories = TRY(tokens("categories", in.categories(), core::is_identifier));
  out.releasable_to = TRY(tokens("releasable_to", in.releasable_to(), core::is_authority_id));
  out.providers = TRY(tokens("providers", in.providers(), core::is_authority_id));
  const auto* kind = core::find_kind(out.kind);
  if (!out.providers.empty() && kind != nullptr && !core::may_state(*kind, core::kJointProviderFact))
    return wrong_draft("providers", "none are named in a message of this kind");
  return {};
}

Result<void> read_values(const v1::Draft& in, const Resolve& resolve, core::Draft& out) {
  if (!in.precedence().empty()) out.precedence = TRY(named("precedence", core::parse_precedence(in.precedence())));
  out.exercise = in.exercise();
  if (!in.expires().empty()) out.expires = TRY(named("expires", core::parse_time(in.expires())));
  out.thread = TRY(optional_id("thread", in.thread(), resolve));
  out.in_reply_to = TRY(optional_id("in_reply_to", in.in_reply_to(), resolve));
  out.supersedes = TRY(optional_id("supersedes", in.supersedes(), resolve));
  return {};
}

Result<void> read_sources(const v1::Draft& in, const Resolve& resolve, core::Draft& out) {
  CHECK_OK(check_count("sources", in.sources_size(), core::kMaxClosureStatements));
  for (int i = 0; i < in.sources_size(); ++i) {
    const auto& source = in.sources(i);
    const auto field = at("sources", i);
    const auto relation = TRY(named(field + ".relation", core::parse_relation(source.relation())));
    auto extent = TRY(named(field + ".extent", core::Extent::parse(source.extent().empty() ? "all" : source.extent())));
    out.sources.push_back({TRY(resolved(field + ".message", source.message(), resolve)), relation, std::move(extent)});
  }
  return {};
}

Result<void> read_independent(const v1::Draft& in, const Resolve& resolve, core::Draft& out) {
  CHECK_OK(check_count("independent", in.independent_size(), core::kMaxClosureStatements));
  for (int i = 0; i < in.independent_size(); ++i) {
    const auto& reason = in.independent(i).reason();
    const auto field = at("independent", i);
    if (reason.empty() || reason.size() > kMaxReason || !is_plain_text(reason, Lines::one))
      return wrong_draft(field + ".reason", "not one line");
    out.independent.push_back({TRY(resolved(field + ".message", in.independent(i).message(), resolve)), reason});
  }
  out.independent = sorted(std::move(out.independent));
  return {};
}

Result<void> read_facts(const v1::Draft& in, core::Draft& out) {
  CHECK_OK(check_count("facts", in.facts_size(), kMaxList));
  for (int i = 0; i < in.facts_size(); ++i) {
    auto fact = TRY(named(at("facts", i), core::Fact::parse(in.facts(i).name() + " " + in.facts(i).value())));
    if (fact.name == core::kWrapFact || fact.name == core::kReissueFact || fact.name == core::kJointProviderFact)
      return wrong_draft(at("facts", i), "written by the daemon");
    out.facts.push_back(std::move(fact));
  }
  out.facts = sorted(std::move(out.facts));
  return {};
}

Result<void> add_part(const std::string& field, const v1::Part& part, core::Draft& out) {
  const auto checked = check_part(part);
  if (!checked.has_value()) return wrong_draft(field, checked.error().detail);
  out.parts.push_back(part_bytes(part));
  return {};
}

Result<void> read_texts(const v1::Draft& in, core::Draft& out) {
  std::map<std::string, const v1::Text*> by_language;
  for (const auto& text : in.texts())
    if (!by_language.emplace(text.language(), &text).second) return wrong_draft("texts", "two texts in one language");
  for (const auto& [language, text] : by_language) {
    v1::Part part;
    *part.mutable_text() = *text;
    CHECK_OK(add_part("texts", part, out));
    out.languages.push_back(language);
  }
  return {};
}

Result<void> read_indicators(const v1::Draft& in, core::Draft& out) {
  if (in.indicators().empty()) return {};
  v1::Part part;
  *part.mutable_indicators()->mutable_indicators() = in.indicators();
  return add_part("indicators", part, out);
}

Result<void> read_notes(const v1::Draft& in, core::Draft& out) {
  for (int i = 0; i < in.notes_size(); ++i) {
    v1::Part part;
    *part.mutable_note() = in.notes(i);
    CHECK_OK(add_part(at("notes", i), part, out));
  }
  return {};
}

// What a caller may say of an attachment beside its root is what he was shown.
bool is_as_shown(const v1::AttachmentReference& reference, const Manifest& manifest) {
  if (!reference.has_manifest()) return true;
  v1::AttachmentManifest shown;
  show(manifest, shown);
  return reference.manifest().SerializeAsString() == shown.SerializeAsString();
}

Result<void> read_attachments(const v1::Draft& in, const ResolveAttachment& resolve, core::Draft& out) {
  CHECK_OK(check_count("attachments", in.attachments_size(), core::kMaxAttachments));
  for (int i = 0; i < in.attachments_size(); ++i) {
    const auto field = at("attachments", i);
    const auto root = TRY(named(field, parse_digest(in.attachments(i).root())));
    auto found = resolve(root);
    if (!found.has_value() && found.error().code == Errc::not_found) return wrong_draft(field, "not uploaded");
    auto uploaded = TRY(std::move(found));
    const auto manifest = manifest_of(uploaded.part);
    if (!manifest || manifest->line.cipher_root != root || !is_as_shown(in.attachments(i), *manifest))
      return wrong_draft(field, "not what was uploaded");
    if (std::any_of(out.attachments.begin(), out.attachments.end(),
                    [&](const core::DraftAttachment& other) { return other.line == manifest->line; }))
      return wrong_draft(field, "one twice");
    out.attachments.push_back({manifest->line, std::move(uploaded.chunks)});
    out.parts.push_back(std::move(uploaded.part));
  }
  return {};
}

Result<void> read_parts(const v1::Draft& in, const ResolveAttachment& attachment, core::Draft& out) {
  CHECK_OK(read_texts(in, out));
  CHECK_OK(read_indicators(in, out));
  CHECK_OK(read_notes(in, out));
  CHECK_OK(read_attachments(in, attachment, out));
  std::size_t size = 0;
  for (const auto& part : out.parts) size += part.size();
  if (size > kMaxInlineParts - kRegistryPart) return wrong_draft("texts", "more than 1 MiB");
  // One more is written by the daemon: the registry number.
  if (out.parts.size() >= core::kMaxParts) return wrong_draft("notes", "too many");
  return {};
}

// What the statement will be at least: the lines the officer wrote.
Result<void> check_statement_size(const core::Draft& draft) {
  core::Message lines;
  lines.recipients = draft.recipients;
  lines.directions = draft.directions;
  lines.threats = draft.threats;
  lines.labels = {{"", 1, draft.classification, draft.review, draft.categories}};
  lines.releasable_to = draft.releasable_to;
  lines.providers = draft.providers;
  for (const auto& source : draft.sources) lines.sources.push_back({source.id, source.relation, source.extent, {}});
  lines.facts = draft.facts;
  for (const auto& attachment : draft.attachments) lines.attachments.push_back(attachment.line);
  if (lines.to_text().size() > core::kMaxStatementSize)
    return wrong_draft("facts", "the statement would exceed 64 KiB");
  return {};
}

// In the message or in any inside it.
bool has_unknown_fields(const google::protobuf::Message& message) {
  const auto& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated() && has_unknown_fields(reflection.GetMessage(message, field))) return true;
    for (int i = 0; field->is_repeated() && i < reflection.FieldSize(message, field); ++i)
      if (has_unknown_fields(reflection.GetRepeatedMessage(message, field, i))) return true;
  }
  return false;
}

template <class To>
void write_list(const std::vector<std::string>& values, To* to) {
  to->Assign(values.begin(), values.end());
}

void write_codes(const core::Draft& in, v1::Draft& out) {
  write_list(in.recipients, out.mutable_recipients());
  out.set_agreement(in.agreement);
  out.set_kind(in.kind);
  write_list(in.directions, out.mutable_directions());
  write_list(in.threats, out.mutable_threats());
  out.set_label(in.classification);
  out.set_review(in.review);
  write_list(in.categories, out.mutable_categories());
  write_list(in.releasable_to, out.mutable_releasable_to());
  write_list(in.providers, out.mutable_providers());
}

std::string text_of(const std::optional<core::MessageId>& id) { return id ? core::to_string(*id) : std::string(); }

void write_values(const core::Draft& in, v1::Draft& out) {
  out.set_precedence(core::to_string(in.precedence));
  out.set_exercise(in.exercise);
  if (in.expires) out.set_expires(to_string(*in.expires));
  out.set_thread(text_of(in.thread));
  out.set_in_reply_to(text_of(in.in_reply_to));
  out.set_supersedes(text_of(in.supersedes));
  for (const auto& source : in.sources) {
    auto& line = *out.add_sources();
    line.set_message(core::to_string(source.id));
    line.set_relation(core::to_string(source.relation));
    line.set_extent(source.extent.text());
  }
  for (const auto& source : in.independent) {
    auto& line = *out.add_independent();
    line.set_message(core::to_string(source.id));
    line.set_reason(source.reason);
  }
  for (const auto& fact : in.facts) {
    auto& line = *out.add_facts();
    line.set_name(fact.name);
    line.set_value(fact.value);
  }
}

void write_part(const Bytes& bytes, v1::Draft& out) {
  v1::Part part;
  if (!part.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  if (part.has_text()) *out.add_texts() = part.text();
  if (part.has_indicators()) out.mutable_indicators()->MergeFrom(part.indicators().indicators());
  if (part.has_note()) *out.add_notes() = part.note();
  const auto manifest = manifest_of(bytes);
  if (!manifest) return;
  auto& reference = *out.add_attachments();
  reference.set_root(to_string(manifest->line.cipher_root));
  show(*manifest, *reference.mutable_manifest());
}

}  // namespace

Result<Uploaded> no_attachment(const Digest& root) { return fail(Errc::not_found, to_string(root)); }

Result<core::Draft> to_draft(const v1::Draft& message, const Resolve& resolve, const ResolveAttachment& attachment) {
  if (message.ByteSizeLong() > kMaxDraft) return wrong_draft("texts", "too large");
  if (has_unknown_fields(message)) return wrong_draft("draft", "unknown fields");
  core::Draft draft;
  CHECK_OK(read_codes(message, draft));
  CHECK_OK(read_facts(message, draft));
  CHECK_OK(read_parts(message, attachment, draft));
  CHECK_OK(read_values(message, resolve, draft));
  CHECK_OK(read_sources(message, resolve, draft));
  CHECK_OK(read_independent(message, resolve, draft));
  CHECK_OK(check_statement_size(draft));
  return draft;
}

void to_proto(const core::Draft& draft, v1::Draft& message) {
  write_codes(draft, message);
  write_values(draft, message);
  for (const auto& part : draft.parts) write_part(part, message);
}

Bytes carried_bytes(const v1::Draft& message) { return to_bytes(message.SerializeAsString()); }

Result<core::Draft> decode_draft(BytesView bytes, const Resolve& resolve, const ResolveAttachment& attachment) {
  if (bytes.size() > kMaxDraft) return wrong_draft("texts", "too large");
  v1::Draft message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return wrong_draft("draft", "not a draft");
  return to_draft(message, resolve, attachment);
}

Bytes encode_draft(const core::Draft& draft) {
  v1::Draft message;
  to_proto(draft, message);
  return carried_bytes(message);
}

Result<core::MessageId> full_id(std::string_view name) { return core::parse_message_id(name); }

std::vector<Digest> part_digests(const core::Draft& draft) {
  std::vector<Digest> all;
  for (const auto& part : draft.parts) all.push_back(crypto::sha256(part));
  return all;
}

}  // namespace chancery::wire
