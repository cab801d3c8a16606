#include "daemon/service/consents.h"

#include <algorithm>

#include "daemon/core/kind.h"

namespace chancery::service {

StatementsAbout statements_about(store::Store& store) {
  return [&store](const core::MessageId& id) { return store.reader().consents_said_about(id); };
}

StatementsAbout statements_about(store::Transaction& tx) {
  return [&tx](const core::MessageId& id) { return tx.consents_said_about(id); };
}

std::vector<core::MessageId> named_by_facts(const std::vector<core::Fact>& facts) {
  std::vector<core::MessageId> ids;
  for (const auto& fact : facts) {
    if (fact.name != "original" && fact.name != "grant" && fact.name != "request" && fact.name != "copy" &&
        fact.name != "message" && fact.name != "decision")
      continue;
    const auto id = core::parse_message_id(fact.value);
    if (id.has_value()) ids.push_back(*id);
  }
  return ids;
}

void file_statement(const core::Message& message, store::MessageRecord& record) {
  const auto* kind = core::find_kind(message.kind);
  record.joint_act = kind != nullptr && kind->pattern == core::Pattern::joint_act;
  if (kind == nullptr || kind->pattern != core::Pattern::consent) return;
  const auto statement = core::read_consent(record.id, message);
  if (!statement.has_value()) return;  // a patched daemon's own; no honest one takes it in
  record.about = core::subject_of(*statement);
  record.quiet = kind->released_by == core::ReleasedBy::daemon;
}

namespace {

Result<core::Message> parsed(const store::MessageRow& row) {
  auto message = core::Message::parse(row.statement);
  if (!message.has_value()) return fail(Errc::corrupt, "stored statement: " + message.error().detail);
  return message;
}

bool knows(const std::vector<core::Grant>& grants, const core::MessageId& id) {
  return std::any_of(grants.begin(), grants.end(), [&](const core::Grant& grant) { return grant.id == id; });
}

Result<void> add_held(const core::MessageId& original, const StatementsAbout& about, std::vector<core::Grant>& grants) {
  for (const auto& row : TRY(about(original))) {
    if (knows(grants, row.id)) continue;
    const auto statement = core::read_consent(row.id, TRY(parsed(row)));
    const auto* grant = statement.has_value() ? std::get_if<core::Grant>(&*statement) : nullptr;
    if (grant != nullptr) grants.push_back(*grant);
  }
  return {};
}

}  // namespace

Result<bool> is_revoked(const core::Directory& directory, const core::Grant& grant, const StatementsAbout& about) {
  const auto line = core::succession_of(directory, grant.provider);
  for (const auto& row : TRY(about(grant.id))) {
    const auto message = TRY(parsed(row));
    if (message.kind == "consent-revocation" && message.originator == line.answering(message.created)) return true;
  }
  return false;
}

Result<core::Consents> consents_for(const core::Directory& directory, const core::Message& message,
                                    const core::SourceLookup& sources, const StatementsAbout& about,
                                    std::vector<core::Grant> shown) {
  core::Consents out;
  out.grants = std::move(shown);
  std::set<core::MessageId> originals;
  if (message.kind == "consent-request" || message.kind == "disclosure")
    for (const auto& id : named_by_facts(message.facts)) originals.insert(id);
  if (message.sources.empty() && originals.empty()) return out;
  for (const auto* source : core::provenance(message, sources).closure) originals.insert(source->id);
  for (const auto& original : originals) CHECK_OK(add_held(original, about, out.grants));
  for (const auto& grant : out.grants)
    if (TRY(is_revoked(directory, grant, about))) out.revoked.insert(grant.id);
  return out;
}

}  // namespace chancery::service
