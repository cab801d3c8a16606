#include "daemon/wire/body.h"

#include <algorithm>

#include "chancery/v1/message.pb.h"
#include "crypto/attachment.h"
#include "daemon/core/registry_number.h"

namespace chancery::wire {

namespace {

tl::unexpected<Error> wrong(std::string field, std::string_view what) {
  return fail(Errc::malformed, std::move(field.append(": ").append(what)));
}

// Length of the UTF-8 sequence at the front, 0 when there is none (RFC 3629: shortest form, no surrogates).
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return at(i) >= low && at(i) <= high;
  };
  const auto first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  if (first >= 0xf0 && first <= 0xf4)
    return follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

// C0, DEL and C1.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

Result<void> check_plain(const std::string& field, std::string_view text, Lines lines) {
  if (!is_plain_text(text, lines)) return wrong(field, "not UTF-8, or a control character");
  return {};
}

Result<void> check_language(const std::string& field, const std::string& language) {
  if (!core::is_language(language)) return wrong(field, "not a language code");
  return {};
}

Result<void> check(const v1::Text& text) {
  CHECK_OK(check_language("text.language", text.language()));
  if (text.status() == v1::TEXT_STATUS_UNSPECIFIED || !v1::TextStatus_IsValid(text.status()))
    return wrong("text.status", "not a status");
  CHECK_OK(check_plain("text.title", text.title(), Lines::one));
  CHECK_OK(check_plain("text.body", text.body(), Lines::many));
  if (text.title().empty() && text.body().empty()) return wrong("text.body", "empty");
  return {};
}

Result<void> check(const v1::Indicators& all) {
  if (all.indicators().empty()) return wrong("indicators", "none");
  for (const auto& one : all.indicators()) {
    if (!core::is_identifier(one.type())) return wrong("indicators.type", "not an identifier");
    if (one.value().empty()) return wrong("indicators.value", "empty");
    CHECK_OK(check_plain("indicators.value", one.value(), Lines::one));
    CHECK_OK(check_plain("indicators.comment", one.comment(), Lines::many));
  }
  return {};
}

Result<void> check(const v1::RegistryNumber& number) {
  // Officers name messages by it: nothing that could be taken for an id.
  if (!core::RegistryNumber::parse(number.number())) return wrong("registry_number", "not a number");
  return {};
}

Result<void> check(const v1::Note& note) {
  if (!core::is_identifier(note.purpose())) return wrong("notes.purpose", "not a code");
  CHECK_OK(check_language("notes.language", note.language()));
  if (note.text().empty()) return wrong("notes.text", "empty");
  return check_plain("notes.text", note.text(), Lines::many);
}

constexpr std::size_t kMaxFileName = 255;
constexpr std::size_t kMaxMediaType = 127;

// RFC 6838 4.2: a type, a slash, a subtype, each of letters, digits and a few signs.
bool is_media_type(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || text.size() > kMaxMediaType) return false;
  const auto is_name = [](std::string_view name) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
      return is_letter(c) || std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
    });
  };
  return is_name(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

Result<void> check_file(const v1::AttachmentManifest& manifest) {
  if (!is_file_name(manifest.name())) return wrong("attachment.name", "not the name of a file");
  if (!manifest.media_type().empty() && !is_media_type(manifest.media_type()))
    return wrong("attachment.media_type", "not a media type");
  if (manifest.size() > crypto::kMaxPlainLength) return wrong("attachment.size", "too large");
  if (!to_digest(as_bytes(manifest.plaintext_root()))) return wrong("attachment.plaintext_root", "not a digest");
  return {};
}

Result<void> check(const v1::AttachmentManifest& manifest) {
  CHECK_OK(check_file(manifest));
  if (manifest.key().size() != crypto::kAeadKeySize) return wrong("attachment.key", "not a key");
  if (!to_digest(as_bytes(manifest.ciphertext_root()))) return wrong("attachment.ciphertext_root", "not a digest");
  return {};
}

// Of a part that was checked.
Manifest to_manifest(const v1::AttachmentManifest& in) {
  Manifest out;
  out.name = in.name();
  out.media_type = in.media_type();
  out.size = in.size();
  out.key = crypto::SecretBytes(to_bytes(in.key()));
  out.plain_root = to_digest(as_bytes(in.plaintext_root())).value_or(Digest());
  out.line = {to_digest(as_bytes(in.ciphertext_root())).value_or(Digest()), crypto::sealed_length(in.size())};
  return out;
}

Result<void> add_attachment(std::vector<Manifest>& all, const v1::AttachmentManifest& in) {
  auto manifest = to_manifest(in);
  if (std::any_of(all.begin(), all.end(), [&](const Manifest& other) { return other.line == manifest.line; }))
    return wrong("attachment", "one twice");
  all.push_back(std::move(manifest));
  return {};
}

Result<void> add_language(std::vector<std::string>& languages, const std::string& language) {
  const auto at = std::lower_bound(languages.begin(), languages.end(), language);
  if (at != languages.end() && *at == language) return wrong("text.language", "two texts in one language");
  languages.insert(at, language);
  return {};
}

Result<void> take(ParsedBody& body, const v1::Part& part) {
  if (part.has_text()) return add_language(body.opened.languages, part.text().language());
  if (part.has_attachment()) return add_attachment(body.attachments, part.attachment());
  if (!part.has_registry_number()) return {};
  if (!body.number.empty()) return wrong("registry_number", "two of them");
  body.number = part.registry_number().number();
  return {};
}

}  // namespace

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxFileName && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && is_plain_text(name, Lines::one);
}

bool is_plain_text(std::string_view text, Lines lines) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) return false;
    const bool layout = lines == Lines::many && (text[0] == '\n' || text[0] == '\t');
    if (!layout && is_control(text.substr(0, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

Result<void> check_part(const v1::Part& part) {
  switch (part.content_case()) {
    case v1::Part::kText:
      return check(part.text());
    case v1::Part::kIndicators:
      return check(part.indicators());
    case v1::Part::kRegistryNumber:
      return check(part.registry_number());
    case v1::Part::kNote:
      return check(part.note());
    case v1::Part::kAttachment:
      return check(part.attachment());
    case v1::Part::CONTENT_NOT_SET:
      return wrong("part", "no content");
  }
  return wrong("part", "no content");
}

// Written again and compared: unknown fields, fields twice and other spellings do not come back the same.
Result<void> read_part(BytesView bytes, v1::Part& part) {
  if (bytes.size() > kMaxInlineParts) return wrong("part", "too large");
  if (!part.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return wrong("part", "not a part");
  CHECK_OK(check_part(part));
  part.DiscardUnknownFields();
  const auto again = part_bytes(part);
  if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()))
    return wrong("part", "not in its one spelling");
  return {};
}

Bytes part_bytes(const v1::Part& part) { return to_bytes(part.SerializeAsString()); }

Result<ParsedBody> parse_body(std::span<const Bytes> parts) {
  ParsedBody body;
  std::size_t size = 0;
  for (const auto& bytes : parts) {
    size += bytes.size();
    if (size > kMaxInlineParts) return wrong("parts", "too large");
    v1::Part part;
    CHECK_OK(read_part(bytes, part));
    CHECK_OK(take(body, part));
  }
  return body;
}

Writing writing_of(BytesView bytes) {
  Writing out;
  v1::Part part;
  if (!part.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return out;
  if (part.has_text()) out.text.append(part.text().title()).append("\n");
  // Covering words often say the same twice: said once, they are too short to be a quotation of one another.
  if (part.has_text() && part.text().body() != part.text().title()) out.text.append(part.text().body()).append("\n");
  if (part.has_note()) out.text.append(part.note().text()).append("\n");
  for (const auto& indicator : part.indicators().indicators()) {
    // Nothing keeps a sentence out of a type or a value: they are compared as text, too.
    for (const auto* words : {&indicator.type(), &indicator.value(), &indicator.comment()})
      out.text.append(*words).append("\n");
    out.indicators.push_back(indicator.value());
  }
  return out;
}

std::optional<Manifest> manifest_of(BytesView bytes) {
  v1::Part part;
  if (!part.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !part.has_attachment() ||
      !check(part.attachment()))
    return std::nullopt;
  return to_manifest(part.attachment());
}

Result<Manifest> to_upload(const v1::AttachmentManifest& in) {
  CHECK_OK(check_file(in));
  if (!in.key().empty() || !in.ciphertext_root().empty()) return wrong("attachment", "sealed already");
  return to_manifest(in);
}

void show(const Manifest& manifest, v1::AttachmentManifest& out) {
  out.set_name(manifest.name);
  out.set_media_type(manifest.media_type);
  out.set_size(manifest.size);
  out.set_plaintext_root(std::string(as_text(manifest.plain_root.view())));
  out.set_ciphertext_root(std::string(as_text(manifest.line.cipher_root.view())));
}

Bytes manifest_part(const Manifest& manifest) {
  v1::Part part;
  show(manifest, *part.mutable_attachment());
  part.mutable_attachment()->set_key(std::string(as_text(manifest.key.view())));
  return part_bytes(part);
}

Bytes registry_part(std::string_view number) {
  v1::Part part;
  part.mutable_registry_number()->set_number(std::string(number));
  return part_bytes(part);
}

}  // namespace chancery::wire
