#include "crypto/checkpoint.h"

#include <algorithm>
#include <charconv>

namespace chancery::crypto {
namespace {

constexpr std::string_view kSignatureLine = "\u2014 ";  // em dash, space
constexpr std::string_view kMapLine = "map ";
constexpr std::size_t kMaxNote = 64 * 1024;
constexpr std::size_t kMaxOrigin = 255;
constexpr std::size_t kKeyHashSize = 4;
constexpr std::uint8_t kEd25519Note = 0x01;

// A note's key name must not hold spaces or plus signs; ours is plain ASCII.
bool is_origin(std::string_view text) {
  return !text.empty() && text.size() <= kMaxOrigin &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '+'; });
}

// The line at the front, taken off with its LF.
Result<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return fail(Errc::malformed, "checkpoint: line without end");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

Result<TreeSize> parse_tree_size(std::string_view text) {
  TreeSize size;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size.value);
  if (error != std::errc() || end != text.data() + text.size()) return fail(Errc::malformed, "checkpoint: size");
  return size;
}

// c2sp.org/signed-note: the first 4 bytes of SHA-256(name || LF || type || key).
Bytes key_hash(std::string_view name, const PublicKey& key) {
  constexpr std::uint8_t line_feed = '\n';
  const auto digest = sha256({as_bytes(name), BytesView(&line_feed, 1), BytesView(&kEd25519Note, 1), key.raw()});
  return {digest.value.begin(), digest.value.begin() + kKeyHashSize};
}

struct NoteSignature {
  std::string_view name;
  Bytes key_hash;
  Bytes signature;
};

Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignatureLine)) return fail(Errc::malformed, "note: not a signature line");
  line.remove_prefix(kSignatureLine.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return fail(Errc::malformed, "note: signature without name");
  const auto bytes = TRY(parse_base64(line.substr(space + 1)));
  if (bytes.size() <= kKeyHashSize) return fail(Errc::malformed, "note: signature too short");
  const auto split = bytes.begin() + kKeyHashSize;
  return NoteSignature{line.substr(0, space), {bytes.begin(), split}, {split, bytes.end()}};
}

// The name under which `key` signed `text`. A line that claims to be this key's and does not verify spoils the note;
// those of other keys are not ours to judge.
Result<std::string_view> signer_name(std::string_view text, std::string_view lines, const PublicKey& key) {
  std::string_view found;
  while (!lines.empty()) {
    const auto one = TRY(parse_signature(TRY(take_line(lines))));
    if (one.key_hash != key_hash(one.name, key)) continue;
    if (!found.empty() || !key.verify(as_bytes(text), one.signature))
      return fail(Errc::unauthenticated, "note: signature of this key does not verify, or stands twice");
    found = one.name;
  }
  if (found.empty()) return fail(Errc::unauthenticated, "note: not signed by this key");
  return found;
}

}  // namespace

std::string Checkpoint::to_text() const {
  auto text = origin + "\n" + std::to_string(size.value) + "\n" + to_base64(root.view()) + "\n";
  if (map_root) text.append(kMapLine).append(chancery::to_string(*map_root)).append("\n");
  return text;
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  auto rest = text;
  Checkpoint checkpoint;
  checkpoint.origin = TRY(take_line(rest));
  if (!is_origin(checkpoint.origin)) return fail(Errc::malformed, "checkpoint: origin");
  checkpoint.size = TRY(parse_tree_size(TRY(take_line(rest))));
  checkpoint.root = TRY(to_digest(TRY(parse_base64(TRY(take_line(rest))))));
  if (rest.starts_with(kMapLine)) checkpoint.map_root = TRY(parse_digest(TRY(take_line(rest)).substr(kMapLine.size())));
  if (checkpoint.to_text() != text) return fail(Errc::malformed, "checkpoint: not canonical");
  return checkpoint;
}

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, Signer& log_key) {
  if (log_key.suite() != Suite::ed25519) return fail(Errc::malformed, "checkpoint: log keys are Ed25519");
  if (!is_origin(checkpoint.origin)) return fail(Errc::malformed, "checkpoint: origin");
  const auto text = checkpoint.to_text();
  const auto signature = TRY(log_key.sign(as_bytes(text)));
  const auto hash = key_hash(checkpoint.origin, log_key.public_key());
  return text + "\n" + std::string(kSignatureLine) + checkpoint.origin + " " + to_base64(concat({hash, signature})) +
         "\n";
}

Result<Checkpoint> open_checkpoint(std::string_view note, const PublicKey& log_key) {
  if (log_key.suite() != Suite::ed25519) return fail(Errc::unauthenticated, "checkpoint: log keys are Ed25519");
  if (note.size() > kMaxNote) return fail(Errc::malformed, "note: too long");
  const auto gap = note.rfind("\n\n");
  if (gap == std::string_view::npos) return fail(Errc::malformed, "note: no signatures");
  const auto text = note.substr(0, gap + 1);
  const auto name = TRY(signer_name(text, note.substr(gap + 2), log_key));
  auto checkpoint = TRY(Checkpoint::parse(text));
  if (checkpoint.origin != name) return fail(Errc::unauthenticated, "checkpoint: signed for another origin");
  return checkpoint;
}

}  // namespace chancery::crypto
