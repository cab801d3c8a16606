#include "daemon/service/submit.h"

#include <algorithm>
#include <future>

#include "crypto/sealing.h"
#include "daemon/core/kind.h"
#include "daemon/service/ending.h"
#include "daemon/service/read.h"
#include "daemon/service/sealing.h"
#include "daemon/wire/draft.h"

namespace chancery::service {

namespace {

// What an act came to: an answer and who has to hear of it, or a refusal.
struct Released {
  wire::Accepted accepted;
  std::vector<std::string> recipients;
};
using Settled = std::variant<Released, Refused>;

// One submission on its way through the writer.
struct Job {
  core::User caller;
  wire::Submission submission;
  Digest digest;              // of the draft's bytes
  Result<core::Draft> draft;  // as decoded before the act
  FoundQuotes quotes;         // likewise
};

struct Judged {
  HeldSources sources;
  Composed composed;
};

wire::Resolve resolver(const Node& node) {
  return [&node](std::string_view name) { return node.store.reader().resolve(name); };
}

Result<Judged> judge(const core::World& world, const core::Draft& draft, const HeldSources::Load& load,
                     const StatementsAbout& about, const core::Quotes& quotes) {
  auto sources = TRY(HeldSources::gather(needed_ids(draft), load));
  auto composed = TRY(compose(world, draft, sources, about, quotes));
  // Reports are the daemon's own word.
  const auto* kind = core::find_kind(draft.kind);
  if (kind != nullptr && kind->released_by == core::ReleasedBy::daemon)
    composed.decision.add({core::ReasonCode::kind_unknown, {}, {}, draft.kind});
  return Judged{std::move(sources), std::move(composed)};
}

HeldSources::Load loader(store::Transaction& tx) {
  return [&tx](const core::MessageId& id) { return tx.load_message(id); };
}

core::JournalEntry entry_of(const core::User& caller, const core::AgreementBook& book, const Digest& plan) {
  core::JournalEntry entry;
  entry.actor = caller.name;
  entry.data = book.digest();
  entry.plan = plan;
  return entry;
}

// Journals the refusal, and answers with it.
Result<Settled> refuse(store::Transaction& tx, core::Act act, core::JournalEntry entry, const core::Decision& decision,
                       const std::string& agreement) {
  entry.act = act;
  entry.decision = core::to_string(decision.verdict());
  entry.reasons = decision.codes();
  TRY(tx.append(std::move(entry)));
  return Settled(Refused{decision, agreement});
}

Result<Settled> refuse(store::Transaction& tx, core::Act act, core::JournalEntry entry, core::ReasonCode code,
                       std::string subject) {
  const auto refusal = refused(code, std::move(subject));
  return refuse(tx, act, std::move(entry), refusal.decision, {});
}

// The stored answer again; the plan follows from the draft and what was signed.
Result<wire::Accepted> again(store::Transaction& tx, const store::SubmitOutcome& known, const Job& job) {
  wire::Accepted out{known.id, known.number, known.awaiting_approval, std::nullopt, true};
  if (known.awaiting_approval) {
    const auto draft = TRY(tx.find_draft(TRY(wire::parse_draft_name(known.number))));
    if (draft) out.plan = draft->plan;
  } else if (job.draft.has_value()) {
    const auto row = TRY(tx.find_message(TRY(core::parse_message_id(known.id))));
    if (row)
      out.plan = core::plan_digest(TRY(core::Message::parse(row->statement)), wire::part_digests(*job.draft),
                                   job.draft->independent);
  }
  return out;
}

bool has_undeclared(const core::Decision& decision) {
  const auto codes = decision.codes();
  return std::find(codes.begin(), codes.end(), core::to_string(core::ReasonCode::quote_undeclared)) != codes.end();
}

// Of those the decision names, what this person may read; showing a passage has its entry.
Result<std::vector<core::Passage>> show_passages(store::Transaction& tx, const core::World& world,
                                                 const core::User& caller, const core::Decision& decision,
                                                 const FoundQuotes& quotes) {
  std::vector<core::Passage> shown;
  if (!has_undeclared(decision)) return shown;
  for (std::size_t i = 0; i < quotes.passages.size(); ++i) {
    const auto& quoted = quotes.quotes.found[i];
    const auto row = TRY(tx.find_message(quoted.id));
    const auto handling = row ? TRY(handling_here(tx, *row, quoted.message)) : std::vector<core::Label>();
    const auto access = core::decide_access(world, caller, core::Permission::read_body, quoted.message, handling);
    if (!access.allowed() || TRY(why_shut(tx, quoted.id))) continue;
    core::JournalEntry entry;
    entry.actor = caller.name;
    entry.act = core::Act::passage_shown;
    entry.message = quoted.id;
    entry.data = world.agreements.digest();
    TRY(tx.append(std::move(entry)));
    shown.push_back(quotes.passages[i]);
  }
  return shown;
}

// The refusal of the rules, with the passages it is about.
Result<Settled> refuse(store::Transaction& tx, const core::World& world, const core::User& caller,
                       core::JournalEntry entry, const Composed& composed, const FoundQuotes& quotes) {
  auto settled =
      TRY(refuse(tx, core::Act::release_refused, std::move(entry), composed.decision, composed.message.agreement));
  std::get<Refused>(settled).passages = TRY(show_passages(tx, world, caller, composed.decision, quotes));
  return settled;
}

Result<Settled> hold_for_approval(const Node& node, store::Transaction& tx, const Job& job, const Composed& composed,
                                  core::JournalEntry entry) {
  store::DraftRecord record;
  record.officer = job.caller.name;
  record.plan = composed.plan;
  record.created = tx.now();
  record.sealed = seal_draft(node, *job.draft, tx.random());
  entry.act = core::Act::draft_recorded;
  const auto id = TRY(tx.record_draft(record, entry));
  std::vector<Digest> roots;
  for (const auto& attachment : job.draft->attachments) roots.push_back(attachment.line.cipher_root);
  CHECK_OK(tx.attach_to_draft(id, roots));
  return Settled(Released{{{}, wire::draft_name(id), true, composed.plan, false}, {}});
}

// What we say ourselves about the use of a message counts here too.
Result<void> end_own_copies(const Node& node, store::Transaction& tx, const wire::Accepted& accepted,
                            const std::string& actor) {
  const auto id = TRY(core::parse_message_id(accepted.id));
  const auto row = TRY(tx.find_message(id));
  if (!row) return fail(Errc::internal, "a message that was just recorded is not there");
  auto message = TRY(core::Message::parse(row->statement));
  TRY(end_use(node, tx, {id, std::move(message), core::statement_digest(row->statement), actor}));
  return {};
}

// Its own, or those of the original it carries.
bool has_attachments(const core::Message& message, const HeldSources& sources) {
  if (!message.attachments.empty()) return true;
  const auto* original =
      message.kind == "forward" && !message.sources.empty() ? sources.lookup()(message.sources.front().id) : nullptr;
  return original != nullptr && !original->message.attachments.empty();
}

// Too much to a recipient waits already, each with its number. Nothing: there is room for this, too.
Result<std::optional<core::Reason>> why_not_beside(store::Transaction& tx, const Judged& judged) {
  const auto& message = judged.composed.message;
  const bool attached = has_attachments(message, judged.sources);
  for (const auto& recipient : message.recipients) {
    const bool permit = judged.composed.by_permit.contains(recipient);
    if (!permit && !attached) continue;
    const auto permits = TRY(tx.waiting(recipient, core::to_string(core::ReasonCode::permit_awaited)));
    if (permit && permits >= kMaxAwaitingPermits)
      return std::optional(core::Reason{core::ReasonCode::permits_waiting, {}, {}, recipient});
    if (!attached) continue;
    const auto files = TRY(tx.waiting(recipient, core::to_string(core::ReasonCode::attachment_incomplete)));
    if (permits + files >= kMaxAwaitingAttachments)
      return std::optional(core::Reason{core::ReasonCode::attachments_waiting, {}, {}, recipient});
  }
  return std::optional<core::Reason>();
}

Result<Settled> release(const Node& node, store::Transaction& tx, const core::Draft& draft, const Judged& judged,
                        core::JournalEntry entry) {
  const auto actor = entry.actor;
  if (const auto why = TRY(why_not_beside(tx, judged)))
    return refuse(tx, core::Act::release_refused, std::move(entry), why->code, why->subject);
  auto accepted = TRY(seal(node, tx, draft, judged.composed, judged.sources, std::move(entry)));
  if (judged.composed.message.kind == "spill-notice") CHECK_OK(end_own_copies(node, tx, accepted, actor));
  return Settled(Released{std::move(accepted), judged.composed.message.recipients});
}

Result<Settled> decide(const Node& node, store::Transaction& tx, const Job& job) {
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  const auto judged = TRY(judge(world, *job.draft, loader(tx), statements_about(tx), job.quotes.quotes));
  const auto& composed = judged.composed;
  const auto& message = composed.message;
  auto entry = entry_of(job.caller, *book, composed.plan);
  const auto access = core::decide_access(world, job.caller, core::Permission::compose, message, composed.handling);
  if (!access.allowed()) return refuse(tx, core::Act::access_refused, entry, access, message.agreement);
  if (!composed.decision.allowed()) return refuse(tx, world, job.caller, entry, judged.composed, job.quotes);
  if (job.submission.plan && *job.submission.plan != composed.plan)
    return refuse(tx, core::Act::release_refused, entry, core::ReasonCode::plan_changed, {});
  if (const auto why = TRY(why_unusable(tx, message)))
    return refuse(tx, core::Act::release_refused, entry, *why, node.identity.authority);
  if (composed.needs_approval) return hold_for_approval(node, tx, job, judged.composed, std::move(entry));
  return release(node, tx, *job.draft, judged, std::move(entry));
}

Result<void> remember(store::Transaction& tx, const Job& job, const Settled& settled) {
  const auto* released = std::get_if<Released>(&settled);
  if (released == nullptr) return {};
  const auto& accepted = released->accepted;
  return tx.record_submit(job.caller.name, job.submission.key,
                          {job.digest, accepted.id, accepted.number, accepted.awaiting_approval});
}

Result<Settled> submit_act(const Node& node, store::Transaction& tx, const Job& job) {
  const auto known = TRY(tx.find_submit(job.caller.name, job.submission.key));
  if (known && known->draft != job.digest) return Settled(refused(core::ReasonCode::idempotency_conflict));
  if (known) return Settled(Released{TRY(again(tx, *known, job)), {}});
  if (!job.draft.has_value()) return Settled(TRY(as_refusal(job.draft.error())));
  auto settled = TRY(decide(node, tx, job));
  CHECK_OK(remember(tx, job, settled));
  return settled;
}

// After COMMIT: wakes who has to hear of it.
Outcome<wire::Accepted> answer(Result<Settled> settled, const Node& node, const Lanes& lanes) {
  if (!settled.has_value()) {
    if (const auto why = why_not_now(node, settled.error()))
      return std::variant<wire::Accepted, Refused>(refused(*why));
    return tl::unexpected(settled.error());
  }
  if (auto* refusal = std::get_if<Refused>(&*settled))
    return std::variant<wire::Accepted, Refused>(std::move(*refusal));
  auto& released = std::get<Released>(*settled);
  for (const auto& recipient : released.recipients) lanes.wake(recipient);
  return std::variant<wire::Accepted, Refused>(std::move(released.accepted));
}

std::uint32_t leaves_of(const Result<core::Draft>& draft) {
  if (!draft.has_value()) return 0;
  // Whom a draft leaves to us is known in the act.
  const auto recipients = draft->recipients.empty() ? core::kMaxRecipients : draft->recipients.size();
  return static_cast<std::uint32_t>(recipients) + 1;
}

Result<Settled> decline(store::Transaction& tx, const store::DraftRecord& record, core::JournalEntry entry) {
  entry.act = core::Act::approval_refused;
  entry.decision = core::to_string(core::Verdict::refuse);
  TRY(tx.append(entry));
  CHECK_OK(tx.decide_draft(record.id, store::DraftState::declined, std::nullopt));
  return Settled(Released{{{}, wire::draft_name(record.id), false, record.plan, false}, {}});
}

// Exactly what was recorded and seen, still allowed today.
Result<Settled> release_draft(const Node& node, store::Transaction& tx, const core::User& caller,
                              const store::DraftRecord& record, const core::Draft& draft, const Judged& judged,
                              const FoundQuotes& quotes, const wire::Approval& approval, core::JournalEntry entry) {
  const auto& composed = judged.composed;
  if (approval.plan != record.plan || composed.plan != record.plan)
    return refuse(tx, core::Act::release_refused, entry, core::ReasonCode::plan_changed, entry.subject);
  if (!composed.decision.allowed()) {
    const auto book = node.agreements();
    return refuse(tx, world_of(node, *book, tx), caller, entry, composed, quotes);
  }
  if (const auto why = TRY(why_unusable(tx, composed.message)))
    return refuse(tx, core::Act::release_refused, entry, *why, node.identity.authority);
  auto settled = TRY(release(node, tx, draft, judged, std::move(entry)));
  if (std::holds_alternative<Refused>(settled)) return settled;
  const auto& accepted = std::get<Released>(settled).accepted;
  CHECK_OK(tx.decide_draft(record.id, store::DraftState::released, TRY(core::parse_message_id(accepted.id))));
  return settled;
}

Result<Settled> approve_act(const Node& node, store::Transaction& tx, const core::User& caller,
                            const wire::Approval& approval, const FoundQuotes& quotes) {
  const auto name = wire::draft_name(approval.draft);
  const auto record = TRY(tx.find_draft(approval.draft));
  if (!record) return Settled(refused(core::ReasonCode::not_found, name));
  if (record->state != store::DraftState::waiting) return Settled(refused(core::ReasonCode::draft_decided, name));
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  const auto draft = TRY(open_draft(node, record->sealed));
  const auto judged = TRY(judge(world, draft, loader(tx), statements_about(tx), quotes.quotes));
  auto entry = entry_of(caller, *book, record->plan);
  entry.subject = name;
  const auto& message = judged.composed.message;
  const auto& handling = judged.composed.handling;
  // Who composed it may take it back; that needs no second person.
  const bool withdrawn = approval.decline && caller.name == record->officer;
  const auto access = withdrawn ? core::decide_access(world, caller, core::Permission::compose, message, handling)
                                : core::decide_approval(world, caller, record->officer, message, handling);
  if (!access.allowed()) return refuse(tx, core::Act::approval_refused, entry, access, message.agreement);
  if (approval.preview) return Settled(Released{{{}, name, true, record->plan, false}, {}});
  if (approval.decline) return decline(tx, *record, std::move(entry));
  return release_draft(node, tx, caller, *record, draft, judged, quotes, approval, std::move(entry));
}

// The draft as it waits; none when it will not be released.
Result<std::optional<core::Draft>> to_release(const Node& node, const wire::Approval& approval) {
  const auto record = node.store.reader().draft(approval.draft);
  if (!record.has_value() && record.error().code != Errc::not_found) return tl::unexpected(record.error());
  if (!record.has_value() || record->state != store::DraftState::waiting || approval.decline || approval.preview)
    return std::optional<core::Draft>();
  return std::optional<core::Draft>(TRY(open_draft(node, record->sealed)));
}

}  // namespace

Submit::Submit(Node node, Lanes lanes, Quotations& quotations)
    : node_(std::move(node)), lanes_(std::move(lanes)), quotations_(quotations) {}

Outcome<wire::Preview> Submit::preview(const core::User& caller, BytesView draft) const {
  using Answer = std::variant<wire::Preview, Refused>;
  if (!core::permits(caller.role, core::Permission::compose)) return Answer(refused(core::ReasonCode::role, "compose"));
  const auto decoded = wire::decode_draft(draft, resolver(node_), uploaded(node_, caller.name));
  if (!decoded.has_value()) return Answer(TRY(as_refusal(decoded.error())));
  const auto quotes = TRY(quotations_.look(*decoded));
  const auto at = scene(node_);
  const auto judged = TRY(judge(
      at.world(), *decoded, [this](const core::MessageId& id) { return node_.store.reader().message(id); },
      statements_about(node_.store), quotes.quotes));
  const auto& message = judged.composed.message;
  const auto access =
      core::decide_access(at.world(), caller, core::Permission::compose, message, judged.composed.handling);
  if (!access.allowed()) return Answer(Refused{access, message.agreement});
  auto preview = TRY(preview_of(node_, at.world(), judged.composed, judged.sources));
  // Recorded first and shown after.
  if (has_undeclared(preview.decision))
    preview.passages = TRY(node_.store.run<std::vector<core::Passage>>(0, [&](store::Transaction& tx) {
      return show_passages(tx, world_of(node_, *at.book, tx), caller, preview.decision, quotes);
    }));
  return Answer(std::move(preview));
}

void Submit::post(const core::User& caller, wire::Submission submission, Done done) {
  // Decoding needs no writer, and an act should be short.
  auto draft = wire::decode_draft(submission.draft, resolver(node_), uploaded(node_, caller.name));
  const auto digest = crypto::sha256(submission.draft);
  auto quotes = draft.has_value() ? quotations_.look(*draft) : Result<FoundQuotes>(FoundQuotes());
  if (!quotes.has_value()) return done(tl::unexpected(quotes.error()));
  const auto job =
      std::make_shared<const Job>(Job{caller, std::move(submission), digest, std::move(draft), std::move(*quotes)});
  node_.store.post<Settled>(
      leaves_of(job->draft), [this, job](store::Transaction& tx) { return submit_act(node_, tx, *job); },
      [this, done = std::move(done)](Result<Settled> settled, const store::Commit&) {
        done(answer(std::move(settled), node_, lanes_));
      },
      store::Repeat::allowed);
}

Outcome<wire::Accepted> Submit::submit(const core::User& caller, wire::Submission submission) {
  std::vector<wire::Submission> one;
  one.push_back(std::move(submission));
  return std::move(submit_all(caller, std::move(one)).front());
}

std::vector<Outcome<wire::Accepted>> Submit::submit_all(const core::User& caller,
                                                        std::vector<wire::Submission> submissions) {
  std::vector<std::future<Outcome<wire::Accepted>>> futures;
  for (auto& submission : submissions) {
    // Shared with the writer: it may still be inside set_value when the answer is already here.
    const auto promise = std::make_shared<std::promise<Outcome<wire::Accepted>>>();
    futures.push_back(promise->get_future());
    post(caller, std::move(submission),
         [promise](Outcome<wire::Accepted> outcome) { promise->set_value(std::move(outcome)); });
  }
  std::vector<Outcome<wire::Accepted>> outcomes;
  outcomes.reserve(futures.size());
  for (auto& future : futures) outcomes.push_back(future.get());
  return outcomes;
}

Outcome<wire::Accepted> Submit::approve(const core::User& caller, const wire::Approval& approval) {
  const auto draft = TRY(to_release(node_, approval));
  const auto quotes = draft ? TRY(quotations_.look(*draft)) : FoundQuotes();
  const auto leaves = draft ? leaves_of(Result<core::Draft>(*draft)) : 0U;
  auto settled = node_.store.run<Settled>(
      leaves, [&](store::Transaction& tx) { return approve_act(node_, tx, caller, approval, quotes); });
  tell_owed(node_, lanes_);
  return answer(std::move(settled), node_, lanes_);
}

}  // namespace chancery::service
