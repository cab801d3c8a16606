#include "daemon/service/arrival.h"

#include "daemon/core/registry_number.h"
#include "daemon/service/ending.h"
#include "daemon/service/numbering.h"
#include "daemon/service/permits.h"

namespace chancery::service {

namespace {

using core::ReasonCode;
using wire::AnswerOutcome;

wire::Answer rejected(const Digest& digest, ReasonCode code) {
  return answer(digest, AnswerOutcome::rejected, {core::Reason{code, "", "", ""}});
}

wire::Answer deferred(const Digest& digest, ReasonCode code) {
  return answer(digest, AnswerOutcome::deferred, {core::Reason{code, "", "", ""}});
}

core::Reason reason(const Arrived& arrived, ReasonCode code) {
  const auto* agreement = arrived.book->find(arrived.message.agreement, arrived.message.agreement_version);
  return agreement != nullptr ? agreement->reason(code) : core::Reason{code, "", "", ""};
}

core::Decision decide(const core::World& world, const Arrived& arrived, const Sources& sources,
                      const core::Consents& consents) {
  const auto* body = arrived.body ? &*arrived.body : nullptr;
  const core::Arrival arrival{arrived.message, arrived.peer, arrived.suite, body, arrived.wrap, arrived.id, &consents};
  auto decision = core::decide_acceptance(world, arrival, sources.lookup());
  for (const auto& found : arrived.found.reasons()) decision.add(found);
  return decision;
}

// Why a body stays shut: an answer, or an error where we could not find out.
Result<ReasonCode> why_unopened(const Error& error) {
  switch (error.code) {
    case Errc::stale:
      return ReasonCode::key_retired;
    case Errc::not_found:
    case Errc::malformed:
    case Errc::unauthenticated:
      return ReasonCode::unopenable;
    case Errc::forbidden:
    case Errc::conflict:
    case Errc::busy:
    case Errc::unavailable:
    case Errc::corrupt:
    case Errc::internal:
      break;
  }
  return fail(error.code, error.detail);
}

// Opens what came; a body that does not open is a finding. An error: try again later.
Result<void> note(Arrived& arrived, const Result<void>& opened) {
  if (!opened.has_value()) arrived.found.add(reason(arrived, TRY(why_unopened(opened.error()))));
  return {};
}

Result<void> open_own(const Intake& intake, Arrived& arrived) {
  const auto wrap = wrap_for(intake.node.identity.authority, arrived.message, arrived.record.wraps);
  if (!wrap) return fail(Errc::malformed, "no wrap for us");
  const auto& statement = arrived.record.statement.statement;
  const auto key = TRY(intake.keys.unwrap(arrived.message.originator, *wrap, core::header_digest(statement)));
  auto opened = TRY(open_sealed(intake.node, key, arrived.message, statement, arrived.id, arrived.record.ciphertexts));
  auto body = TRY(wire::parse_body(opened.parts));
  arrived.body = std::move(body.opened);
  arrived.record.their_number = std::move(body.number);
  arrived.record.sealed_key = std::move(opened.sealed_key);
  return {};
}

Result<void> open_original(const Intake& intake, CarriedOriginal original, wire::CarriedMessage& carried,
                           Arrived& arrived) {
  if (original.wrap && !original.key) return fail(Errc::malformed, "not a wrap");
  arrived.record.original = original.id;
  arrived.carried =
      TRY(open_carried(intake.node, intake.keys, arrived.message.originator, std::move(original), carried));
  return {};
}

// The original of a forward becomes a source and says by which wrap it opens. Malformed: it is not what it commits to.
Result<std::optional<CarriedOriginal>> take_carried(const Intake& intake, const wire::MessageItem& item,
                                                    FrameVerifier& verifier, Arrived& arrived) {
  if (!item.forwarded) return std::optional<CarriedOriginal>();
  auto original = judge_carried(intake.node.identity.authority, *intake.directory, *item.forwarded,
                                forwarded_extent(arrived.message), arrived.permits, verifier);
  if (!original.has_value()) {
    if (original.error().code == Errc::malformed) return tl::unexpected(original.error());
    return std::optional<CarriedOriginal>();  // nobody's: then the source is not proven
  }
  arrived.wrap = original->wrap;
  arrived.sources.add(original->message, original->statement);
  if (!original->fits) arrived.found.add(reason(arrived, ReasonCode::source_mismatch));
  return std::optional(std::move(*original));
}

// A forward has its original with it, and it is the one it names.
void check_carried(const std::optional<CarriedOriginal>& original, Arrived& arrived) {
  if (arrived.message.kind != "forward") return;
  const auto& lines = arrived.message.sources;
  if (!original || lines.empty() || lines.front().id != original->id)
    arrived.found.add(reason(arrived, ReasonCode::source_unproven));
}

Result<void> open_all(const Intake& intake, std::optional<CarriedOriginal> original, wire::MessageItem& item,
                      Arrived& arrived) {
  CHECK_OK(note(arrived, open_own(intake, arrived)));
  if (original) CHECK_OK(note(arrived, open_original(intake, std::move(*original), *item.forwarded, arrived)));
  return {};
}

// Permits that are their provider's; what is nobody's proves nothing. False when one is signed under a key we may still
// learn of.
bool take_permits(wire::MessageItem& item, FrameVerifier& verifier, Arrived& arrived) {
  bool all_keys_known = true;
  for (auto& shown : item.permits) {
    const auto finding = verifier.find(shown.statement);
    if (finding.standing == Standing::key_unknown) all_keys_known = false;
    if (finding.standing != Standing::holds) continue;
    auto permit = core::Permit::parse(shown.statement.statement);
    if (!permit.has_value() || permit->provider != finding.batch->signer || !timely(permit->from, *finding.batch))
      continue;
    if (!wrap_fits(*permit, shown.wrap)) continue;
    arrived.permits.push_back({std::move(*permit), verifier.evidence(shown.statement), std::move(shown.wrap)});
  }
  return all_keys_known;
}

std::set<core::MessageId> grants_named(const Arrived& arrived) {
  std::set<core::MessageId> out;
  for (const auto& record : arrived.permits) out.insert(record.permit.grant);
  for (const auto& use : arrived.uses) out.insert(use.grant);
  return out;
}

// The detached grant by which we have what it passes on, where no permit says so: the one that names the wrap, if its
// provider made one. Null when there is none.
const core::Grant* detached_for(const Arrived& arrived, const core::ConsentNeed& need, Instant now) {
  const auto* shown = arrived.consents.permit(need);
  if (shown != nullptr && shown->permit.original == need.original->id) return nullptr;
  const bool wrapped = need.relation == core::Relation::forwards && arrived.wrap &&
                       arrived.wrap->from == core::CarriedWrap::From::grant &&
                       need.provider == need.original->message.originator;
  const auto found = core::detached_grant(arrived.consents, need, arrived.message.originator, now,
                                          wrapped ? arrived.wrap->digest : std::nullopt);
  const auto* const* grant = std::get_if<const core::Grant*>(&found);
  return grant == nullptr ? nullptr : *grant;
}

// Which those are, and which of them opens what came.
void find_uses(const core::World& world, std::optional<CarriedOriginal>& original, Arrived& arrived) {
  for (const auto& need : core::consent_needs(world, arrived.message, arrived.sources.lookup())) {
    const auto* grant = need.receiver == world.self ? detached_for(arrived, need, world.now) : nullptr;
    if (grant == nullptr) continue;
    arrived.uses.push_back({grant->id, arrived.id, world.self, grant->provider, true});
    const bool opens = original && original->id == need.original->id && original->wrap &&
                       original->wrap->from == core::CarriedWrap::From::grant && !grant->wraps.empty();
    if (opens) original->grant = *grant;
  }
}

// What came beside a detached grant is what it names; beside everything else nothing comes. Whether the grant reads is
// for the rules to say.
bool grant_wraps_fit(const core::Message& message, BytesView wraps) {
  if (message.kind != "consent-grant") return wraps.empty();
  const auto statement = core::read_consent({}, message);
  const auto* grant = statement.has_value() ? std::get_if<core::Grant>(&*statement) : nullptr;
  return grant == nullptr || store::are_wraps_of(*grant, wraps);
}

Result<core::Consents> consents_of(const core::Directory& directory, const Arrived& arrived, const Sources& sources,
                                   const StatementsAbout& about) {
  auto consents = TRY(consents_for(directory, arrived.message, sources.lookup(), about, sources.grants()));
  for (const auto& record : arrived.permits)
    consents.permits.push_back({record.permit, core::statement_digest(record.statement.statement)});
  return consents;
}

bool key_unknown(const wire::MessageItem& item, FrameVerifier& verifier) {
  return item.forwarded && verifier.find(item.forwarded->statement).standing == Standing::key_unknown;
}

Arrived begin(const Intake& intake, core::Message message, wire::MessageItem& item, FrameVerifier& verifier) {
  Arrived arrived;
  arrived.peer = intake.peer;
  arrived.digest = core::statement_digest(item.statement.statement);
  arrived.id = core::message_id(item.statement.statement, message.created);
  arrived.message = std::move(message);
  arrived.suite = verifier.evidence(item.statement).signature.suite;
  arrived.record.id = arrived.id;
  arrived.record.direction = store::Direction::incoming;
  arrived.record.statement = verifier.evidence(item.statement);
  arrived.record.ciphertexts = std::move(item.ciphertexts);
  arrived.record.wraps = std::move(item.wraps);
  arrived.record.made_wraps = std::move(item.grant_wraps);
  arrived.directory = intake.directory;
  arrived.book = intake.book;
  return arrived;
}

}  // namespace

wire::Answer answer(const Digest& statement, AnswerOutcome outcome, std::vector<core::Reason> reasons) {
  wire::Answer out;
  out.digest = statement;
  out.outcome = outcome;
  out.reasons = std::move(reasons);
  return out;
}

wire::Answer answer(const Digest& statement, AnswerOutcome outcome, const core::ChainHead& head) {
  wire::Answer out;
  out.digest = statement;
  out.outcome = outcome;
  out.expected_epoch = head.epoch;
  out.expected_sequence = head.sequence + 1;
  return out;
}

std::variant<wire::Answer, Arrived> arrive(const Intake& intake, wire::MessageItem& item, FrameVerifier& verifier) {
  const auto digest = core::statement_digest(item.statement.statement);
  const auto finding = verifier.find(item.statement);
  if (finding.standing == Standing::key_unknown) return deferred(digest, ReasonCode::key_unknown);
  auto message = verified_message(item.statement, finding);
  if (!message.has_value())
    return rejected(digest,
                    message.error().code == Errc::malformed ? ReasonCode::malformed : ReasonCode::verify_failed);
  // No kind that another may relay is available yet (protocol section 5). Unsigned: it is not for whoever presents it
  // to burn an id of the originator's.
  if (message->originator != intake.peer) return rejected(digest, ReasonCode::not_addressed);
  if (!matches(*message, item.ciphertexts, item.wraps) || (item.forwarded && message->kind != "forward") ||
      !grant_wraps_fit(*message, item.grant_wraps))
    return rejected(digest, ReasonCode::malformed);

  auto arrived = begin(intake, std::move(*message), item, verifier);
  if (!take_sources(item, verifier, arrived.sources) || key_unknown(item, verifier))
    return deferred(digest, ReasonCode::key_unknown);
  if (!take_permits(item, verifier, arrived)) return deferred(digest, ReasonCode::key_unknown);
  auto original = take_carried(intake, item, verifier, arrived);
  if (!original.has_value()) return rejected(digest, ReasonCode::malformed);
  check_carried(*original, arrived);
  arrived.sources.complete(arrived.message, held_statements(intake.node.store));
  file_statement(arrived.message, arrived.record);
  auto consents = consents_of(*intake.directory, arrived, arrived.sources, statements_about(intake.node.store));
  if (!consents.has_value()) return deferred(digest, ReasonCode::not_now);
  arrived.consents = std::move(*consents);
  find_uses(intake.world(), *original, arrived);
  arrived.record.sources = arrived.sources.needed(arrived.message, grants_named(arrived));

  // Before opening: what must not come in stays shut.
  arrived.decision = decide(intake.world(), arrived, arrived.sources, arrived.consents);
  if (!arrived.decision.allowed()) return arrived;
  if (const auto opened = open_all(intake, std::move(*original), item, arrived); !opened.has_value()) {
    intake.node.log(LogLevel::error, "open",
                    std::string(to_string(opened.error().code)) + ": " + opened.error().detail);
    return deferred(digest, ReasonCode::not_now);
  }
  arrived.decision = decide(intake.world(), arrived, arrived.sources, arrived.consents);
  return arrived;
}

namespace {

core::JournalEntry entry_of(const Arrived& arrived, core::Act act, const core::AgreementBook& book,
                            const core::Decision& decision) {
  core::JournalEntry entry;
  entry.actor = "peer:" + arrived.peer;
  entry.act = act;
  entry.message = arrived.id;
  entry.subject = arrived.message.originator;
  entry.decision = core::to_string(decision.verdict());
  entry.reasons = decision.codes();
  entry.data = book.digest();
  entry.content = arrived.digest;
  return entry;
}

core::Receipt receipt_of(const Node& node, store::Transaction& tx, const Arrived& arrived, const Digest& entry) {
  core::Receipt receipt;
  receipt.receiver = node.identity.authority;
  receipt.originator = arrived.message.originator;
  receipt.message = arrived.id;
  receipt.time = tx.now();
  receipt.entry = entry;
  receipt.salt = tx.random().bytes(crypto::kSaltSize);
  return receipt;
}

Result<Accepted> keep_conflict(store::Transaction& tx, const Arrived& arrived, const std::string& first) {
  core::JournalEntry entry;
  entry.actor = "peer:" + arrived.peer;
  entry.act = core::Act::conflict_recorded;
  entry.message = arrived.id;
  entry.subject = arrived.peer;
  entry.content = arrived.digest;
  CHECK_OK(tx.record_conflict({"message", arrived.peer, first, arrived.record.statement.statement, tx.now()}, entry));
  Accepted out;
  out.answer = rejected(arrived.digest, ReasonCode::id_conflict);
  out.conflict = true;
  return out;
}

// The same id gives the stored receipts, byte for byte.
Result<std::optional<Accepted>> known(const Node& node, store::Transaction& tx, const Arrived& arrived) {
  const auto row = TRY(tx.find_message(arrived.id));
  if (row && row->statement != arrived.record.statement.statement)
    return std::optional(TRY(keep_conflict(tx, arrived, row->statement)));
  Accepted out;
  bool answered = row && row->direction == store::Direction::incoming;
  for (auto& receipt : TRY(tx.receipts(arrived.id))) {
    if (receipt.receipt.receiver != node.identity.authority) continue;
    answered = true;
    // Issued in this very group: its signature comes with the first answer.
    if (!receipt.statement.signature.signature.empty()) out.stored.push_back(std::move(receipt.statement));
  }
  return answered ? std::optional(std::move(out)) : std::nullopt;
}

// What was decided on the link's thread holds while nothing it looked at has changed; what came by a permission is
// looked at again, because a revocation may have come since.
Result<core::Decision> decide_now(const Node& node, store::Transaction& tx, const Arrived& arrived,
                                  const std::shared_ptr<const core::AgreementBook>& book) {
  if (arrived.decision.allowed() && &tx.directory() == arrived.directory.get() && book == arrived.book &&
      arrived.permits.empty() && arrived.uses.empty())
    return arrived.decision;
  auto sources = arrived.sources;
  sources.complete(arrived.message, held_statements(tx));
  const auto world = world_of(node, *book, tx);
  const auto consents = TRY(consents_of(tx.directory(), arrived, sources, statements_about(tx)));
  auto decision = decide(world, arrived, sources, consents);
  // Allowed only now, and still shut: it is opened when it comes again.
  if (decision.allowed() && !arrived.body) decision.add(reason(arrived, ReasonCode::not_now));
  return decision;
}

Accepted defer(const Arrived& arrived, const core::Decision& decision) {
  Accepted out;
  out.answer = answer(arrived.digest, AnswerOutcome::deferred, decision.reasons());
  return out;
}

// The reason that speaks of consent, where there is one: it is what the provider asks for.
ReasonCode telling(const core::Decision& decision) {
  for (const auto& one : decision.reasons()) {
    const std::string_view code = core::to_string(one.code);
    if (code.starts_with("E-CONSENT") || code.starts_with("E-PERMIT") || code.starts_with("E-WRAP")) return one.code;
  }
  return decision.reasons().front().code;
}

// What is named without its proof cannot be judged; whoever the carrier says provided it hears of it by its name. A
// few: names may be made up.
Result<bool> owe_unproven(const Node& node, store::Transaction& tx, const Arrived& arrived, const Digest& entry,
                          const core::Decision& refused) {
  constexpr std::size_t kAtMost = 16;
  const auto sources = core::provenance(arrived.message, arrived.sources.lookup());
  auto unproven = sources.missing;
  unproven.insert(unproven.end(), sources.mismatched.begin(), sources.mismatched.end());
  std::size_t owed = 0;
  for (const auto& id : unproven)
    for (const auto& provider : arrived.message.providers) {
      if (provider == arrived.message.originator || owed == kAtMost) continue;
      core::TransferReport report;
      report.original = id;
      report.carrier = arrived.id;
      report.holder = arrived.message.originator;
      report.entry = entry;
      report.refused = telling(refused);
      CHECK_OK(owe(node, tx, provider, arrived.message.agreement, report));
      ++owed;
    }
  return owed > 0;
}

// Under what it came, or was tried: a permit of this step, or a detached grant, of which no permit speaks.
void name_grant(const Arrived& arrived, const core::ConsentNeed& need, Instant now, core::TransferReport& report) {
  if (const auto* grant = detached_for(arrived, need, now)) {
    report.grant = grant->id;
  } else if (const auto* shown = arrived.consents.permit(need)) {
    report.grant = shown->permit.grant;
    report.permit = shown->digest;
  } else {
    for (const auto& known : arrived.consents.grants)
      if (known.is_detached() && known.provider == need.provider && known.terms.original == need.original->id &&
          known.holder == arrived.message.originator)
        report.grant = known.id;
  }
}

// Every provider of something protected hears what reached us, and what became of it. Whether one is to hear.
Result<bool> owe_reports(const Node& node, store::Transaction& tx, const Arrived& arrived,
                         const core::AgreementBook& book, const Digest& entry, const core::Decision* refused) {
  const auto world = world_of(node, book, tx);
  bool owes = false;
  for (const auto& need : core::consent_needs(world, arrived.message, arrived.sources.lookup())) {
    if (need.receiver != node.identity.authority) continue;
    core::TransferReport report;
    report.original = need.original->id;
    report.carrier = arrived.id;
    report.holder = arrived.message.originator;
    report.extent = need.extent;
    report.entry = entry;
    name_grant(arrived, need, world.now, report);
    if (refused != nullptr) report.refused = telling(*refused);
    CHECK_OK(owe(node, tx, need.provider, need.original->message.agreement, report));
    owes = true;
  }
  if (refused != nullptr) owes = TRY(owe_unproven(node, tx, arrived, entry, *refused)) || owes;
  return owes;
}

// Those it came by; whatever else was shown is not ours to keep.
Result<void> keep_permits(const Node& node, store::Transaction& tx, const Arrived& arrived,
                          const core::AgreementBook& book) {
  const auto world = world_of(node, book, tx);
  std::set<Digest> used;
  for (const auto& need : core::consent_needs(world, arrived.message, arrived.sources.lookup()))
    if (const auto* shown = need.receiver == node.identity.authority ? arrived.consents.permit(need) : nullptr)
      used.insert(shown->digest);
  for (const auto& record : arrived.permits) {
    if (!used.contains(core::statement_digest(record.statement.statement))) continue;
    auto entry = entry_of(arrived, core::Act::permit_recorded, book, core::Decision::allow());
    entry.subject = record.permit.provider;
    entry.decision.clear();
    entry.content = core::statement_digest(record.statement.statement);
    CHECK_OK(tx.record_permit(record, std::nullopt, entry));
  }
  for (const auto& use : arrived.uses) {
    auto entry = entry_of(arrived, core::Act::detached_used, book, core::Decision::allow());
    entry.decision.clear();
    CHECK_OK(tx.record_detached_use(use, entry));
  }
  return {};
}

// Locked first, answered second: what it says of others, and what was said of it before it came. Whether somebody is to
// hear of it.
Result<bool> end_copies(const Node& node, store::Transaction& tx, const Arrived& arrived) {
  const auto actor = "peer:" + arrived.peer;
  const bool ended = TRY(end_use(node, tx, {arrived.id, arrived.message, arrived.digest, actor}));
  const auto original = arrived.carried ? std::optional(arrived.carried->id) : std::nullopt;
  return TRY(settle_arrival(node, tx, arrived.id, original, actor)) || ended;
}

Result<Accepted> refuse(const Node& node, store::Transaction& tx, const Arrived& arrived,
                        const core::AgreementBook& book, const core::Decision& decision) {
  const auto entry = TRY(tx.append(entry_of(arrived, core::Act::acceptance_refused, book, decision)));
  auto receipt = receipt_of(node, tx, arrived, entry);
  receipt.stage = core::Stage::refused;
  receipt.reasons = decision.codes();
  Accepted out;
  out.issued.push_back(TRY(tx.issue_receipt(receipt)));
  out.owes = TRY(owe_reports(node, tx, arrived, book, entry, &decision));
  return out;
}

Result<void> keep_carried(const Node& node, store::Transaction& tx, const Arrived& arrived,
                          const core::AgreementBook& book) {
  if (!arrived.carried) return {};
  core::JournalEntry entry;
  entry.actor = "peer:" + arrived.peer;
  entry.act = core::Act::carried;
  entry.message = arrived.carried->id;
  entry.data = book.digest();
  entry.content = arrived.digest;
  // What was spilled does not come back by another way.
  if (TRY(is_spilled(tx, arrived.carried->id))) {
    TRY(tx.append(std::move(entry)));
    return {};
  }
  return tx.record_carried(TRY(with_held_parts(node, tx, *arrived.carried)), entry);
}

Result<Accepted> take_in(const Node& node, store::Transaction& tx, const Arrived& arrived,
                         const core::AgreementBook& book, const core::Decision& decision) {
  auto record = arrived.record;
  record.number = TRY(next_number(tx, std::string(core::kIncomingPrefix)));
  const auto entry = TRY(tx.record_inbound(record, entry_of(arrived, core::Act::accepted, book, decision)));
  CHECK_OK(keep_carried(node, tx, arrived, book));
  CHECK_OK(keep_permits(node, tx, arrived, book));
  CHECK_OK(note_report(tx, arrived.id, arrived.message));
  auto receipt = receipt_of(node, tx, arrived, entry);
  receipt.stage = core::Stage::delivered;
  Accepted out;
  const bool owes = TRY(owe_reports(node, tx, arrived, book, entry, nullptr));
  out.owes = TRY(end_copies(node, tx, arrived)) || owes;
  out.issued.push_back(TRY(tx.issue_receipt(receipt)));
  return out;
}

}  // namespace

Result<Accepted> accept(const Node& node, store::Transaction& tx, const Arrived& arrived) {
  if (auto before = TRY(known(node, tx, arrived))) return std::move(*before);
  if (!TRY(tx.dispatched(arrived.peer, arrived.id))) {
    Accepted out;
    out.answer = answer(arrived.digest, AnswerOutcome::expected, TRY(tx.inbound_head(arrived.peer)));
    return out;
  }
  const auto book = node.agreements();
  const auto decision = TRY(decide_now(node, tx, arrived, book));
  switch (decision.verdict()) {
    case core::Verdict::refuse:
      return refuse(node, tx, arrived, *book, decision);
    case core::Verdict::defer:
      return defer(arrived, decision);
    case core::Verdict::allow:
      break;
  }
  return take_in(node, tx, arrived, *book, decision);
}

}  // namespace chancery::service
