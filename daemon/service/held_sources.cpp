#include "daemon/service/held_sources.h"

#include <algorithm>
#include <deque>
#include <set>

#include "daemon/core/consent.h"

namespace chancery::service {

Result<core::Message> stored_message(std::string_view statement) {
  auto message = core::Message::parse(statement);
  if (!message.has_value()) return fail(Errc::corrupt, "stored statement: " + message.error().detail);
  return message;
}

namespace {

Result<std::optional<store::MessageRecord>> held(const core::MessageId& id, const HeldSources::Load& load) {
  auto record = load(id);
  if (record.has_value()) return std::optional(std::move(*record));
  if (record.error().code == Errc::not_found) return std::optional<store::MessageRecord>();
  return tl::unexpected(record.error());
}

void add_reissued(core::SourceStatement& source, const core::Message& reissued) {
  source.reissued_audience = core::audience(reissued);
  source.reissued_originator = reissued.originator;
}

}  // namespace

// Held as a message, or beside the one that reissues it.
Result<void> HeldSources::find_reissued(core::SourceStatement& source, const Load& load) const {
  const auto id = core::reissue_of(source.message);
  if (!id) return {};
  if (const auto beside = statements_.find(*id); beside != statements_.end()) {
    add_reissued(source, beside->second.message);
    return {};
  }
  if (const auto record = TRY(held(*id, load))) add_reissued(source, TRY(stored_message(record->statement.statement)));
  return {};
}

Result<void> HeldSources::take(const store::SignedStatement& statement, const Load& load) {
  const auto digest = core::statement_digest(statement.statement);
  // Beside each of a chain stand all that came before it.
  if (!taken_.insert(digest).second) return {};
  auto message = TRY(stored_message(statement.statement));
  const auto id = core::message_id(digest, message.created);
  core::SourceStatement source{id, digest, std::move(message), {}, {}};
  CHECK_OK(find_reissued(source, load));
  if (statements_.emplace(id, std::move(source)).second) signed_.emplace(id, statement);
  return {};
}

Result<void> HeldSources::visit(const core::MessageId& id, const Load& load) {
  auto record = TRY(held(id, load));
  if (!record) return {};
  for (const auto& source : record->sources) CHECK_OK(take(source, load));
  CHECK_OK(take(record->statement, load));
  records_.emplace(id, std::move(*record));
  return {};
}

Result<HeldSources> HeldSources::gather(const std::vector<core::MessageId>& ids, const Load& load) {
  HeldSources all;
  std::deque<core::MessageId> waiting(ids.begin(), ids.end());
  std::set<core::MessageId> visited;
  // One more than the limit is enough for the decision to see that there are too many.
  while (!waiting.empty() && visited.size() <= core::kMaxClosureStatements) {
    const auto id = waiting.front();
    waiting.pop_front();
    if (!visited.insert(id).second) continue;
    CHECK_OK(all.visit(id, load));
    const auto it = all.statements_.find(id);
    if (it == all.statements_.end()) continue;
    for (const auto& line : it->second.message.sources) waiting.push_back(line.id);
  }
  return all;
}

core::SourceLookup HeldSources::lookup() const {
  return [this](const core::MessageId& id) {
    const auto it = statements_.find(id);
    return it == statements_.end() ? nullptr : &it->second;
  };
}

const store::MessageRecord* HeldSources::record(const core::MessageId& id) const {
  const auto it = records_.find(id);
  return it == records_.end() ? nullptr : &it->second;
}

std::vector<core::Label> HeldSources::handling(const core::Message& message) const {
  std::vector<core::Label> all;
  for (const auto* source : core::provenance(message, lookup()).closure)
    if (const auto* held = record(source->id); held != nullptr && held->handling) all.push_back(*held->handling);
  return all;
}

std::vector<store::SignedStatement> HeldSources::shown_beside(const core::Message& message) const {
  std::vector<store::SignedStatement> all;
  if (const auto decision = core::recalled_by(message))
    if (const auto known = signed_.find(*decision); known != signed_.end()) all.push_back(known->second);
  const auto asked = core::asked_about(message);
  const auto original = asked ? statements_.find(*asked) : statements_.end();
  if (original == statements_.end()) return all;
  const auto within = core::audience(original->second);
  const auto& to = message.recipients;
  if (std::all_of(to.begin(), to.end(), [&](const auto& one) { return within.contains(one); })) return all;
  all.push_back(signed_.at(original->first));
  for (auto& source : closure(original->second.message)) all.push_back(std::move(source));
  return all;
}

std::vector<store::SignedStatement> HeldSources::closure(const core::Message& message) const {
  std::vector<store::SignedStatement> all;
  for (const auto* source : core::provenance(message, lookup()).closure) all.push_back(signed_.at(source->id));
  return all;
}

}  // namespace chancery::service
