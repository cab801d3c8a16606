#include "daemon/service/disclosing.h"

#include <algorithm>
#include <thread>

#include "daemon/core/handling.h"
#include "daemon/service/consents.h"
#include "daemon/service/copies.h"
#include "daemon/service/read.h"

namespace chancery::service {

namespace {

constexpr std::chrono::milliseconds kWait{5000}, kLook{50}, kAskOften{1000};

// A disclosure of ours and what it is about.
struct OwnDisclosure {
  core::MessageId id;
  core::Message message;
  core::Disclosure disclosure;
  HeldSources sources;
  std::string agreement;
};

// Nothing: it is no disclosure of ours.
Result<std::optional<OwnDisclosure>> find_disclosure(const Node& node, const core::MessageId& id) {
  const auto row = TRY(node.store.reader().message_row(id));
  auto message = TRY(core::Message::parse(row.statement));
  const auto statement = core::read_consent(row.id, message);
  const auto* disclosure = statement.has_value() ? std::get_if<core::Disclosure>(&*statement) : nullptr;
  if (disclosure == nullptr || row.direction != store::Direction::outgoing) return std::optional<OwnDisclosure>();
  auto sources = TRY(HeldSources::gather({disclosure->original},
                                         [&](const core::MessageId& of) { return node.store.reader().message(of); }));
  auto agreement = message.agreement;
  return std::optional(
      OwnDisclosure{row.id, std::move(message), *disclosure, std::move(sources), std::move(agreement)});
}

// What each need came to: a permission that does not hold, permits still to be asked for, or all there.
struct Permitted {
  core::Decision decision;
  std::vector<std::pair<std::string, core::PermitRequest>> missing;  // with the provider to ask
};

Result<Permitted> permitted_now(const core::World& world, const OwnDisclosure& subject, const StatementsAbout& about,
                                const std::vector<store::PermitRecord>& permits) {
  Permitted out;
  // OwnDisclosure for now, not for the day it was released.
  auto today = subject.message;
  today.created = world.now;
  auto consents = TRY(consents_for(world.directory, today, subject.sources.lookup(), about));
  for (const auto& record : permits)
    consents.permits.push_back({record.permit, core::statement_digest(record.statement.statement)});
  out.decision = core::decide_release(world, today, subject.sources.lookup(), consents);
  if (!out.decision.allowed()) return out;
  for (const auto& need : core::consent_needs(world, today, subject.sources.lookup())) {
    const auto holds = [&](const core::ShownPermit& shown) {
      return shown.permit.original == need.original->id &&
             core::permit_faults(shown.permit, consents, need, world.self, subject.id, world.now).empty();
    };
    if (std::any_of(consents.permits.begin(), consents.permits.end(), holds)) continue;
    const auto covered = core::covering_grant(consents, need, world.self, world.now);
    out.missing.emplace_back(need.answering(world.now),
                             request_for(need, *std::get<const core::Grant*>(covered), subject.id));
  }
  return out;
}

Refused refusal_of(const OwnDisclosure& subject, core::Decision decision) {
  return {std::move(decision), subject.agreement};
}

Refused awaited(const OwnDisclosure& subject, const std::string& provider) {
  core::Decision decision;
  decision.add({core::ReasonCode::permit_awaited, {}, {}, provider});
  return refusal_of(subject, std::move(decision));
}

core::JournalEntry entry_of(const core::User& caller, const OwnDisclosure& subject, const core::AgreementBook& book) {
  core::JournalEntry entry;
  entry.actor = caller.name;
  entry.act = core::Act::disclosed;
  entry.message = subject.disclosure.original;
  entry.subject = subject.disclosure.to;
  entry.data = book.digest();
  entry.content = core::statement_digest(subject.message.to_text());
  return entry;
}

using Published = std::variant<std::monostate, Refused>;

// Everything is looked at again where it is recorded: a revocation may have come since.
Result<Published> record_disclosed(const Node& node, store::Transaction& tx, const core::User& caller,
                                   const OwnDisclosure& subject) {
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  auto entry = entry_of(caller, subject, *book);
  const auto* original = subject.sources.lookup()(subject.disclosure.original);
  const auto row = TRY(tx.find_message(subject.disclosure.original));
  const auto handling = row ? TRY(handling_here(tx, *row, original->message)) : std::vector<core::Label>();
  auto decision = core::decide_access(world, caller, core::Permission::read_body, original->message, handling);
  const auto publication = core::decide_publication(world, original->message, row ? row->handling : std::nullopt);
  for (const auto& reason : publication.reasons()) decision.add(reason);
  if (const auto shut = TRY(why_shut(tx, subject.disclosure.original))) decision.add({*shut, {}, {}, world.self});
  auto permission = TRY(permitted_now(world, subject, statements_about(tx), TRY(tx.permits_of_carrier(subject.id))));
  for (const auto& reason : permission.decision.reasons()) decision.add(reason);
  if (decision.allowed() && !permission.missing.empty())
    return Published(awaited(subject, permission.missing.front().first));
  if (!decision.allowed()) {
    entry.act = core::Act::access_refused;
    entry.decision = core::to_string(decision.verdict());
    entry.reasons = decision.codes();
    TRY(tx.append(std::move(entry)));
    return Published(refusal_of(subject, std::move(decision)));
  }
  TRY(tx.append(std::move(entry)));
  return Published();
}

}  // namespace

Outcome<wire::ReadView> Disclosing::publish(const core::User& caller, const std::string& name) {
  using Answer = std::variant<wire::ReadView, Refused>;
  if (!core::permits(caller.role, core::Permission::read_body)) return Answer(refused(core::ReasonCode::role, "read"));
  const auto id = node_.store.reader().resolve(name);
  if (!id.has_value()) {
    const auto refusal = TRY(as_refusal(id.error()));
    return Answer(refused(refusal.decision.reasons().front().code, name));
  }
  const auto subject = TRY(find_disclosure(node_, *id));
  if (!subject) return Answer(refused(core::ReasonCode::not_found, name));
  if (subject->sources.lookup()(subject->disclosure.original) == nullptr)
    return Answer(refused(core::ReasonCode::not_found, subject->disclosure.original.short_text()));
  auto ask = std::chrono::steady_clock::now();
  const auto until = ask + kWait;
  for (;; std::this_thread::sleep_for(kLook)) {
    const auto at = scene(node_);
    const auto permits = TRY(node_.store.reader().permits_of_carrier(subject->id));
    const auto permission = TRY(permitted_now(at.world(), *subject, statements_about(node_.store), permits));
    if (!permission.decision.allowed() || permission.missing.empty()) break;
    const auto now = std::chrono::steady_clock::now();
    // A provider that has not heard of the disclosure yet defers.
    if (now >= ask) {
      for (const auto& [provider, request] : permission.missing) lanes_.ask_permit(provider, request);
      ask = now + kAskOften;
    }
    if (now >= until) return Answer(awaited(*subject, permission.missing.front().first));
  }
  auto settled = TRY(node_.store.run<Published>(
      0, [&](store::Transaction& tx) { return record_disclosed(node_, tx, caller, *subject); }));
  if (auto* refusal = std::get_if<Refused>(&settled)) return Answer(std::move(*refusal));
  return Answer(TRY(open_for_person(node_, subject->disclosure.original, subject->disclosure.extent)));
}

}  // namespace chancery::service
