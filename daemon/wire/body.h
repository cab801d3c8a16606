// Parts of a body: the bytes that are sealed, and what an opened part says. A part that is not exactly one known
// content in canonical form is malformed: known fields only, valid UTF-8, no control characters but LF and TAB (in
// titles, types, values and numbers not even these), ISO 639 language codes. Text is kept as it came; it is not
// normalised.
#pragma once

#include <optional>

#include "crypto/secret.h"
#include "daemon/core/acceptance.h"

namespace chancery::v1 {
class AttachmentManifest;
class Part;
}  // namespace chancery::v1

namespace chancery::wire {

inline constexpr std::size_t kMaxInlineParts = std::size_t{1} << 20;  // all parts of a message together

// What a part says of one attachment, and the key that opens it.
struct Manifest {
  std::string name;        // of a file: one line without `/`
  std::string media_type;  // "application/pdf", empty when it is not known
  std::uint64_t size = 0;  // of the plaintext
  crypto::SecretBytes key;
  Digest plain_root;
  core::AttachmentLine line;  // the sealed chunks
};

// What opening a body showed.
struct ParsedBody {
  core::OpenedBody opened;
  std::string number;                 // the originator's registry number; empty when it wrote none
  std::vector<Manifest> attachments;  // in the order of their parts
};

// All parts of one message, as they were sealed. Malformed as well: two texts in one language, two registry numbers,
// an attachment twice, more than kMaxInlineParts. Total: never throws.
Result<ParsedBody> parse_body(std::span<const Bytes> parts);

// Nothing where it is a part of another content, or none.
std::optional<Manifest> manifest_of(BytesView bytes);
Bytes manifest_part(const Manifest& manifest);
// What is to be uploaded: name, type, size and plaintext root. Malformed: one of them is not, or more is said.
Result<Manifest> to_upload(const v1::AttachmentManifest& in);
// As persons are shown it: without its key.
void show(const Manifest& manifest, v1::AttachmentManifest& out);
// What a file is called that comes as an attachment: not empty, at most 255 bytes, one line, no folder.
bool is_file_name(std::string_view name);

// What people wrote in a part.
struct Writing {
  std::string text;                     // title, text, note and indicators, in order, each ended by LF
  std::vector<std::string> indicators;  // their values
};
// Nothing of a part that does not read: what is held was checked when it came in.
Writing writing_of(BytesView bytes);

// The part that names our registry number; written as the last one.
Bytes registry_part(std::string_view number);

// One part, strictly.
Result<void> check_part(const v1::Part& part);
Result<void> read_part(BytesView bytes, v1::Part& part);
Bytes part_bytes(const v1::Part& part);

// Fit to be shown: UTF-8 without control characters; LF and TAB only where a text has lines.
enum class Lines { one, many };
bool is_plain_text(std::string_view text, Lines lines);

}  // namespace chancery::wire
