// The values on the lines of a message that have a type of their own.
#include <algorithm>

#include "daemon/core/message.h"

namespace chancery::core {

namespace {

struct PolicyVersion {
  std::string_view policy;
  std::uint32_t version = 0;
};

Result<PolicyVersion> parse_policy_version(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || !is_identifier(text.substr(0, slash)))
    return fail(Errc::malformed, "not `<policy>/<version>`");
  return PolicyVersion{text.substr(0, slash), TRY(parse_version(text.substr(slash + 1)))};
}

Result<std::uint32_t> parse_part_number(std::string_view text) {
  const auto number = TRY(parse_number(text));
  if (number >= kMaxParts) return fail(Errc::malformed, "no such part");
  return static_cast<std::uint32_t>(number);
}

// Single spaces between words of printable characters.
bool is_fact_value(std::string_view text) {
  const auto words = split(text, ' ');
  return text != "-" && std::none_of(words.begin(), words.end(), [](auto word) { return word.empty(); });
}

}  // namespace

std::string MessageId::short_text() const { return to_hex(view().subspan(6, 5)); }

std::string to_string(const MessageId& id) { return to_hex(id.view()); }

Result<MessageId> parse_message_id(std::string_view text) {
  if (text.size() != 64) return fail(Errc::malformed, "a message id has 64 hex digits");
  const auto bytes = TRY(parse_hex(text));
  MessageId id;
  std::copy(bytes.begin(), bytes.end(), id.value.begin());
  return id;
}

std::string Label::text() const {
  auto text = policy + "/" + std::to_string(version) + " " + classification + " " + (review.empty() ? "-" : review);
  for (const auto& category : categories) text.append(1, ' ').append(category);
  return text;
}

Result<Label> Label::parse(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() < 3) return fail(Errc::malformed, "not `<policy>/<version> <class> <review>`");
  const auto [policy, version] = TRY(parse_policy_version(words[0]));
  if (!is_identifier(words[1])) return fail(Errc::malformed, "not a class");
  if (words[2] != "-" && !is_date(words[2])) return fail(Errc::malformed, "not a review date");
  Label label{std::string(policy), version, std::string(words[1]), std::string(words[2] == "-" ? "" : words[2]), {}};
  label.categories.assign(words.begin() + 3, words.end());
  if (!std::all_of(label.categories.begin(), label.categories.end(), is_identifier) ||
      !strictly_ascending(label.categories))
    return fail(Errc::malformed, "categories not sorted, or not of their form");
  return label;
}

const char* to_string(Precedence precedence) {
  switch (precedence) {
    case Precedence::routine:
      return "routine";
    case Precedence::priority:
      return "priority";
    case Precedence::immediate:
      return "immediate";
    case Precedence::flash:
      return "flash";
  }
  return "";
}

Result<Precedence> parse_precedence(std::string_view text) {
  static constexpr Precedence all[] = {Precedence::routine, Precedence::priority, Precedence::immediate,
                                       Precedence::flash};
  return parse_enumerator(text, all);
}

const char* to_string(Relation relation) {
  switch (relation) {
    case Relation::quotes:
      return "quotes";
    case Relation::extracts:
      return "extracts";
    case Relation::translates:
      return "translates";
    case Relation::compiles:
      return "compiles";
    case Relation::forwards:
      return "forwards";
  }
  return "";
}

Result<Relation> parse_relation(std::string_view text) {
  static constexpr Relation all[] = {Relation::quotes, Relation::extracts, Relation::translates, Relation::compiles,
                                     Relation::forwards};
  return parse_enumerator(text, all);
}

std::string Extent::text() const {
  if (parts.empty()) return "all";
  std::string text;
  for (const auto part : parts) text.append(text.empty() ? "" : ",").append(std::to_string(part));
  return text;
}

bool Extent::contains(const Extent& other) const {
  return is_all() ||
         (!other.is_all() && std::includes(parts.begin(), parts.end(), other.parts.begin(), other.parts.end()));
}

Result<Extent> Extent::parse(std::string_view text) {
  Extent extent;
  if (text == "all") return extent;
  for (const auto number : split(text, ',')) extent.parts.push_back(TRY(parse_part_number(number)));
  if (!strictly_ascending(extent.parts)) return fail(Errc::malformed, "part numbers not ascending");
  return extent;
}

std::string SourceLine::text() const {
  return to_string(id) + " " + to_string(relation) + " " + extent.text() + " " + to_string(digest);
}

Result<SourceLine> SourceLine::parse(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 4) return fail(Errc::malformed, "not `<id> <relation> <extent> <digest>`");
  // A TRY that returns from inside a braced list leaves what stands before it in the list undestroyed.
  SourceLine line;
  line.id = TRY(parse_message_id(words[0]));
  line.relation = TRY(parse_relation(words[1]));
  line.extent = TRY(Extent::parse(words[2]));
  line.digest = TRY(parse_digest(words[3]));
  return line;
}

std::string Fact::text() const { return name + " " + value; }

Result<Fact> Fact::parse(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos || !is_identifier(text.substr(0, space)) ||
      !is_fact_value(text.substr(space + 1)))
    return fail(Errc::malformed, "not `<name> <value>`");
  return Fact{std::string(text.substr(0, space)), std::string(text.substr(space + 1))};
}

std::string AttachmentLine::text() const { return to_string(cipher_root) + " " + std::to_string(length); }

Result<AttachmentLine> AttachmentLine::parse(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 2) return fail(Errc::malformed, "not `<cipher root> <length>`");
  const AttachmentLine line{TRY(parse_digest(words[0])), TRY(parse_number(words[1]))};
  if (line.length > kMaxAttachmentLength) return fail(Errc::malformed, "attachment too large");
  return line;
}

}  // namespace chancery::core
