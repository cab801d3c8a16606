#include "daemon/config/agreement_file.h"

#include <algorithm>

#include "daemon/config/reader.h"

namespace chancery::config {

namespace {

constexpr std::uint32_t kMaxDays = 3660;

core::ItemKind to_item_kind(std::string_view word) {
  if (word == "direction") return core::ItemKind::direction;
  if (word == "term") return core::ItemKind::concept_term;
  if (word == "definition") return core::ItemKind::definition;
  return core::ItemKind::threat;
}

// What one file is read with.
struct Reading {
  const Clauses& clauses;
  Faults& faults;
  core::Agreement agreement{};
  std::vector<Place> items{};

  void read(Reader& root);
  void read_deadline(Reader& row);
  void read_ground(Reader& row);
  void read_item(Reader& row);
  std::string clause(Reader& row);
  void check_definitions();
  void check_profile_directions(const Reader& root);
};

std::string Reading::clause(Reader& row) {
  auto id = row.text("clause");
  if (id.empty() || clauses.contains(id)) return id;
  row.fault("clause", "'" + id + "' is no clause of clauses.tsv");
  return {};
}

void Reading::read_deadline(Reader& row) {
  core::Deadline deadline;
  deadline.id = row.text("id", core::is_identifier, "lower-case words joined by hyphens");
  deadline.from = row.text("from");
  deadline.limit_days = row.number("limit_days", 1, kMaxDays);
  deadline.clause = clause(row);
  const auto same = [&](const core::Deadline& other) { return !deadline.id.empty() && other.id == deadline.id; };
  if (std::any_of(agreement.deadlines.begin(), agreement.deadlines.end(), same))
    row.fault("id", "deadline '" + deadline.id + "' stands here twice");
  agreement.deadlines.push_back(std::move(deadline));
}

void Reading::read_ground(Reader& row) {
  const auto code = row.text("reason");
  const auto reason = core::parse_reason(code);
  auto clause_id = clause(row);
  auto article = row.text("article");
  if (code.empty()) return;
  if (!reason) return row.fault("reason", "'" + code + "' is no reason code");
  const auto same = [&](const core::Ground& other) { return other.reason == *reason; };
  if (std::any_of(agreement.grounds.begin(), agreement.grounds.end(), same))
    row.fault("reason", "the ground of '" + code + "' stands here twice");
  agreement.grounds.push_back({*reason, std::move(clause_id), std::move(article)});
}

void Reading::read_item(Reader& row) {
  core::AgreementItem item;
  item.code = row.text("code", core::is_code, "a code, written like sco-2009/2/3");
  item.kind = to_item_kind(row.one_of("kind", {"threat", "direction", "term", "definition"}));
  item.article = row.text("article");
  item.confidence = row.one_of("confidence", {"A", "B"});
  item.note = row.text_or("note", {});
  item.text = row.localized("text");
  const bool named = item.kind == core::ItemKind::threat || item.kind == core::ItemKind::direction;
  if (row.has("short") || named) item.short_text = row.localized("short");
  if (!item.code.empty() && !agreement.id.empty() && !item.code.starts_with(agreement.id + "/"))
    row.fault("code", "'" + item.code + "' does not begin with '" + agreement.id + "/'");
  if (!item.code.empty() && agreement.find(item.code) != nullptr)
    row.fault("code", "'" + item.code + "' stands here twice");
  agreement.items.push_back(std::move(item));
  items.push_back(row.place("code"));
}

void Reading::check_definitions() {
  constexpr std::string_view suffix = "/def";
  for (std::size_t i = 0; i < agreement.items.size(); ++i) {
    const auto& item = agreement.items[i];
    if (item.kind != core::ItemKind::definition || item.code.empty()) continue;
    const bool suffixed = item.code.size() > suffix.size() && item.code.ends_with(suffix);
    const auto term = suffixed ? item.code.substr(0, item.code.size() - suffix.size()) : std::string();
    const auto* found = agreement.find(term);
    if (found == nullptr || found->kind != core::ItemKind::concept_term)
      faults.add(items[i], "'" + item.code + "' must be the code of a term and /def");
  }
}

void Reading::check_profile_directions(const Reader& root) {
  for (const auto& code : agreement.profile_directions) {
    const auto* item = agreement.find(code);
    if (item == nullptr || item->kind != core::ItemKind::direction)
      faults.add(root.place("profile_directions"), "'" + code + "' is no direction of this agreement");
  }
}

void Reading::read(Reader& root) {
  auto& a = agreement;
  a.id = root.text("id", core::is_identifier, "lower-case words and numbers joined by hyphens");
  a.version = root.number("version", 1, UINT32_MAX);
  a.title = root.localized("title");
  a.signed_on = root.date("signed_on");
  a.signed_at = root.text("signed_at");
  a.parties = root.texts("parties", core::is_party_code, "a Party: two capital letters");
  if (root.has("parties") && a.parties.empty()) root.fault("parties", "an agreement has parties");
  a.languages_any = root.texts("languages_any", core::is_language, "a language code");
  // Article 6(2): only an agreement that defines a procedure lets one pass, and that is signed, not configured.
  a.bars_state_secrets =
      root.always_true("bars_state_secrets", "a procedure for State secrets is signed by all concerned, never data");
  a.protects_restricted = root.flag("protects_restricted");
  a.consent_needs_crypto_policy = root.flag("consent_needs_crypto_policy");
  a.profile_directions = root.texts("profile_directions", core::is_code, "a code, written like sco-2009/3/15");
  a.designation_channel = root.one_of("designation_channel", {"depositary", "diplomatic"});
  root.each("deadline", [this](Reader& row) { read_deadline(row); });
  root.each("ground", [this](Reader& row) { read_ground(row); });
  root.each("item", [this](Reader& row) { read_item(row); });
  root.inside("article", [&a](Reader& table) { a.articles = table.all_localized(); });
  check_definitions();
  check_profile_directions(root);
}

}  // namespace

Clauses read_clauses(const Source& source, Faults& faults) {
  Clauses clauses;
  std::uint32_t number = 0;
  for (const auto line : core::split(as_text(source.bytes), '\n')) {
    ++number;
    const Place at{source.file, number, "id"};
    const auto id = line.substr(0, line.find('\t'));
    if (number == 1) {
      if (id != "id") faults.add(at, "the first line must name the columns, beginning with id");
    } else if (!line.empty()) {
      if (!core::is_word(id)) faults.add(at, "a line begins with the id of a clause");
      if (!clauses.emplace(id).second) faults.add(at, "clause '" + std::string(id) + "' stands here twice");
    }
  }
  return clauses;
}

std::optional<AgreementFile> read_agreement(const Source& source, const Clauses& clauses, Faults& faults) {
  Reading reading{clauses, faults};
  Place id;
  const auto parsed = read_document(source, faults, [&](Reader& root) {
    reading.read(root);
    id = root.place("id");
  });
  if (!parsed) return std::nullopt;
  return AgreementFile{std::move(reading.agreement), std::move(id)};
}

}  // namespace chancery::config
