// The message statement and what is derived from its bytes: leaf, message id, header digest, plan.
#pragma once

#include <array>
#include <compare>
#include <optional>

#include "daemon/core/authority.h"
#include "daemon/core/statement.h"

namespace chancery::core {

// 6 bytes of `created` in milliseconds, then the first 26 bytes of the leaf: time-ordered and still the
// content itself. 64 hex digits in text; people see the first 10 hex digits of the digest part.
struct MessageId {
  std::array<std::uint8_t, 32> value{};
  auto operator<=>(const MessageId&) const = default;
  [[nodiscard]] BytesView view() const { return value; }
  [[nodiscard]] std::string short_text() const;
};

std::string to_string(const MessageId& id);
Result<MessageId> parse_message_id(std::string_view text);

// Limits of one statement (protocol section 6).
inline constexpr std::size_t kMaxRecipients = 64;
inline constexpr std::size_t kMaxProviders = 64;
inline constexpr std::size_t kMaxAttachments = 100;
inline constexpr std::uint64_t kMaxAttachmentLength = (std::uint64_t{16} << 30) + (1 << 20);  // 16 GiB, sealed
inline constexpr std::uint64_t kMaxAttachedLength = 2 * kMaxAttachmentLength;                 // all of one message
inline constexpr std::uint32_t kMaxParts = 1024;

// One label line: a class of a policy of one authority's Party, as its originator wrote it.
struct Label {
  std::string policy;                   // "cn-example"
  std::uint32_t version = 0;            // 1
  std::string classification;           // "restricted"
  std::string review;                   // "2027-01-01", empty when none
  std::vector<std::string> categories;  // sorted
  bool operator==(const Label&) const = default;
  // Ordered as statements sort them: by text.
  std::strong_ordering operator<=>(const Label& other) const { return text() <=> other.text(); }

  [[nodiscard]] std::string text() const;  // "cn-example/1 restricted - alpha beta"
  static Result<Label> parse(std::string_view text);
};

enum class Precedence { routine, priority, immediate, flash };
const char* to_string(Precedence precedence);
Result<Precedence> parse_precedence(std::string_view text);

enum class Relation { quotes, extracts, translates, compiles, forwards };
const char* to_string(Relation relation);
Result<Relation> parse_relation(std::string_view text);

// Which parts of a message: all, or an ascending list of part numbers.
struct Extent {
  std::vector<std::uint32_t> parts;  // empty means all
  auto operator<=>(const Extent&) const = default;
  [[nodiscard]] std::string text() const;  // "all" or "0,2"
  [[nodiscard]] bool is_all() const { return parts.empty(); }
  // All contains every extent and is contained in nothing else, whatever the number of parts.
  [[nodiscard]] bool contains(const Extent& other) const;
  static Result<Extent> parse(std::string_view text);
};

struct SourceLine {
  MessageId id;
  Relation relation = Relation::quotes;
  Extent extent;
  Digest digest;  // of the source's statement
  bool operator==(const SourceLine&) const = default;
  // Ordered as statements sort them: by text.
  std::strong_ordering operator<=>(const SourceLine& other) const { return text() <=> other.text(); }
  [[nodiscard]] std::string text() const;
  static Result<SourceLine> parse(std::string_view text);
};

struct Fact {
  std::string name;   // [a-z][a-z0-9-]*
  std::string value;  // printable ASCII, may hold inner single spaces; never `-`
  auto operator<=>(const Fact&) const = default;
  [[nodiscard]] std::string text() const;  // "reissue-of <id>"
  static Result<Fact> parse(std::string_view text);
};

// The fact by which a forward names each wrap its originator made for a recipient of his own (protocol section 3), and
// a detached grant each it carries (GrantWrap).
inline constexpr std::string_view kWrapFact = "wrap";           // sha256:<digest of the wrap>, once for each
inline constexpr std::string_view kReissueFact = "reissue-of";  // <message id>, at most once
// <authority>, once for each that provided a part of it beside its originator and its sources.
inline constexpr std::string_view kJointProviderFact = "joint-provider";
inline constexpr std::string_view kSubjectFact = "subject";     // of a joint act
inline constexpr std::string_view kKilledByFact = "killed-by";  // <message id>: what ended the version accepted before

struct AttachmentLine {
  Digest cipher_root;
  std::uint64_t length = 0;  // of the sealed chunks together
  bool operator==(const AttachmentLine&) const = default;
  [[nodiscard]] std::string text() const;
  static Result<AttachmentLine> parse(std::string_view text);
};

// The signed statement, line by line (protocol section 2). Lists are kept sorted and without duplicates.
struct Message {
  std::string originator;
  std::vector<std::string> recipients;  // authority ids, 1 to 64
  std::string agreement;                // "sco-2009"
  std::uint32_t agreement_version = 0;
  std::string kind;
  std::vector<std::string> directions;
  std::vector<std::string> threats;
  std::vector<Label> labels;  // the originator's first, then inherited ones, sorted
  Digest label_policy;        // of the originator's policy data
  std::vector<std::string> releasable_to;
  Precedence precedence = Precedence::routine;
  bool exercise = false;
  Instant created;
  std::optional<Instant> expires;
  std::optional<MessageId> thread;
  std::optional<MessageId> in_reply_to;
  std::optional<MessageId> supersedes;
  std::vector<std::string> providers;
  std::vector<SourceLine> sources;
  std::vector<Fact> facts;
  std::vector<std::string> languages;
  std::vector<AttachmentLine> attachments;
  std::uint32_t parts = 0;
  Digest body_root;
  Digest cek_commit;
  Digest cipher_root;
  Digest wraps;
  bool operator==(const Message&) const = default;

  [[nodiscard]] std::string to_text() const;
  // Strict: grammar, order, limits of protocol section 6. Unknown kinds and facts parse; decisions refuse them.
  static Result<Message> parse(std::string_view text);
};

// SHA-256 of the lines above `body-root`, each with its LF. Of a text that parses.
Digest header_digest(std::string_view statement);
MessageId message_id(std::string_view statement, Instant created);
MessageId message_id(const Digest& statement, Instant created);  // its digest
// `created` of the statement an id was made of.
Instant created_of(const MessageId& id);

// A held message whose text a draft has, too, and of which its officer says that he has it from elsewhere.
struct IndependentSource {
  MessageId id;
  std::string reason;  // a sentence of his
  auto operator<=>(const IndependentSource&) const = default;
};

// What the officer previewed and the approver released. SHA-256 over
//   chancery/plan/v1 LF
//   the lines of the statement known at preview: all but created, parts, body-root, cek-commit, cipher-root, wraps and
//   `fact wrap`, which names a wrap made in the sealing act
//   `part sha256:<digest of the plaintext>` a line, for each part the officer wrote (not the registry part)
//   `independent <message id> sha256:<digest of the reason>` a line, for each source he says his text is independent of
Digest plan_digest(const Message& message, std::span<const Digest> part_digests,
                   std::span<const IndependentSource> independent = {});

}  // namespace chancery::core
