#include "daemon/service/read.h"

#include "crypto/sealing.h"
#include "daemon/service/carried.h"
#include "daemon/service/copies.h"
#include "daemon/service/sealing.h"
#include "daemon/service/views.h"
#include "daemon/wire/body.h"
#include "daemon/wire/draft.h"

namespace chancery::service {

Result<std::vector<core::Label>> handling_here(store::Transaction& tx, const store::MessageRow& row,
                                               const core::Message& message) {
  std::vector<core::Label> all;
  if (row.handling) all.push_back(*row.handling);
  for (const auto& line : message.sources) {
    const auto source = TRY(tx.find_message(line.id));
    if (source && source->handling) all.push_back(*source->handling);
  }
  return all;
}

namespace {

using core::Permission;
using core::Stage;

// A message of others for us or of ours, as an act found it.
struct Looked {
  store::MessageRow row;
  core::Message message;
};
using Access = std::variant<Looked, Refused>;

core::JournalEntry entry_of(const core::User& caller, core::Act act, const core::MessageId& id,
                            const core::AgreementBook& book) {
  core::JournalEntry entry;
  entry.actor = caller.name;
  entry.act = act;
  entry.message = id;
  entry.data = book.digest();
  return entry;
}

// By id, prefix or number; a refusal when nothing or several are named so.
Result<std::variant<core::MessageId, Refused>> resolve(const Node& node, const std::string& name) {
  using Answer = std::variant<core::MessageId, Refused>;
  auto id = node.store.reader().resolve(name);
  if (id.has_value()) return Answer(*id);
  auto refusal = TRY(as_refusal(id.error()));
  return Answer(refused(refusal.decision.reasons().front().code, name));
}

// A forward is shown with its original.
Result<std::optional<core::Reason>> shut_reason(const Node& node, store::Transaction& tx,
                                                const core::AgreementBook& book, const core::MessageId& id,
                                                const core::Message& message) {
  auto code = TRY(why_shut(tx, id));
  if (message.kind == "forward")
    for (const auto& line : message.sources)
      if (!code) code = TRY(why_shut(tx, line.id));
  if (!code) return std::optional<core::Reason>();
  const auto* agreement = book.find(message.agreement, message.agreement_version);
  const auto subject = *code == core::ReasonCode::no_longer_held ? node.identity.authority : std::string();
  return std::optional(agreement == nullptr ? core::Reason{*code, {}, {}, subject} : agreement->reason(*code, subject));
}

// One act about a message: found, permitted (else journalled as refused), then what the caller came for.
using Act = std::function<Result<void>(store::Transaction&, const Looked&, const core::AgreementBook&)>;

Result<Access> look(const Node& node, store::Transaction& tx, const core::User& caller, Permission permission,
                    const core::MessageId& id, const Act& act) {
  auto row = TRY(tx.find_message(id));
  if (!row) return Access(refused(core::ReasonCode::not_found, id.short_text()));
  auto message = TRY(core::Message::parse(row->statement));
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  const auto handling = TRY(handling_here(tx, *row, message));
  auto access = core::decide_access(world, caller, permission, message, handling);
  if (const auto shut = TRY(shut_reason(node, tx, *book, id, message))) access.add(*shut);
  if (!access.allowed()) {
    auto entry = entry_of(caller, core::Act::access_refused, id, *book);
    entry.decision = core::to_string(access.verdict());
    entry.reasons = access.codes();
    TRY(tx.append(std::move(entry)));
    return Access(Refused{access, message.agreement});
  }
  Looked looked{std::move(*row), std::move(message)};
  CHECK_OK(act(tx, looked, *book));
  return Access(std::move(looked));
}

Result<void> issue(const Node& node, store::Transaction& tx, const Looked& looked, Stage stage, const Digest& entry) {
  core::Receipt receipt;
  receipt.receiver = node.identity.authority;
  receipt.originator = looked.message.originator;
  receipt.message = looked.row.id;
  receipt.stage = stage;
  receipt.time = tx.now();
  receipt.entry = entry;
  receipt.salt = tx.random().bytes(crypto::kSaltSize);
  TRY(tx.issue_receipt(receipt));
  return {};
}

// The act of reading: always an entry, and the first time a receipt of what came in for us.
Result<void> record_reading(const Node& node, store::Transaction& tx, const core::User& caller, const Looked& looked,
                            const core::AgreementBook& book) {
  const auto entry = TRY(tx.append(entry_of(caller, core::Act::read, looked.row.id, book)));
  // A forward is shown with its original.
  if (looked.message.kind == "forward")
    for (const auto& line : looked.message.sources) TRY(tx.append(entry_of(caller, core::Act::read, line.id, book)));
  // What is not signed now is signed at the next reading.
  if (looked.row.direction != store::Direction::incoming || !tx.can_sign()) return {};
  const auto stage = furthest(TRY(tx.receipts(looked.row.id)), node.identity.authority);
  if (!stage || *stage >= Stage::read) return {};
  return issue(node, tx, looked, Stage::read, entry);
}

Result<void> record_acknowledgement(const Node& node, store::Transaction& tx, const core::User& caller,
                                    const Looked& looked, const core::AgreementBook& book) {
  const auto stage = furthest(TRY(tx.receipts(looked.row.id)), node.identity.authority);
  if (looked.row.direction != store::Direction::incoming || !stage || *stage >= Stage::acknowledged) return {};
  // Stages come in order, and whoever acknowledges says that he has read.
  if (*stage < Stage::read) CHECK_OK(record_reading(node, tx, caller, looked, book));
  const auto entry = TRY(tx.append(entry_of(caller, core::Act::acknowledged, looked.row.id, book)));
  return issue(node, tx, looked, Stage::acknowledged, entry);
}

struct OpenedRecord {
  store::MessageRecord record;
  core::Message message;
  std::vector<Bytes> parts;
};

Result<OpenedRecord> open(const Node& node, const core::MessageId& id) {
  OpenedRecord out{TRY(node.store.reader().message(id)), {}, {}};
  out.message = TRY(core::Message::parse(out.record.statement.statement));
  out.parts = TRY(open_held(node, out.record, out.message));
  return out;
}

Result<std::optional<crypto::Certificate>> certificate_of(const Node& node, const std::string& authority,
                                                          const Digest& id) {
  for (const auto& record : TRY(node.store.reader().designations(authority)))
    for (const auto& der : record.certificates)
      if (crypto::sha256(der) == id) return std::optional(TRY(crypto::Certificate::from_der(der)));
  return std::optional<crypto::Certificate>();
}

wire::Check check(std::string name, bool good, std::string detail) {
  return {std::move(name), good ? "good" : "bad", std::move(detail)};
}

// Signature, certificate and designation again, from what is stored.
Result<std::vector<wire::Check>> check_origin(const Node& node, const Scene& at, const OpenedRecord& opened) {
  const auto& originator = opened.message.originator;
  const auto& signature = opened.record.statement.signature;
  const auto certificate = TRY(certificate_of(node, originator, signature.key_id));
  if (!certificate) return std::vector<wire::Check>{{"signature", "unknown", "E-KEY-UNKNOWN"}};
  const auto batch = crypto::verify_batch(signature, *certificate);
  const auto leaf = core::statement_digest(opened.record.statement.statement);
  const bool holds =
      batch.has_value() && batch->signer == originator && crypto::in_batch(*batch, leaf, opened.record.statement.path);
  const auto then = batch.has_value() ? batch->created : opened.message.created;
  const bool valid = at.directory->key(originator, core::KeyRole::sign, signature.key_id, then) != nullptr;
  const auto* designation = at.directory->designation_then(originator, then);
  return std::vector<wire::Check>{
      check("signature", holds, batch.has_value() ? to_string(batch->created) : std::string()),
      check("certificate", valid, to_string(signature.key_id)),
      check("designation", designation != nullptr,
            designation == nullptr ? std::string() : std::to_string(designation->serial))};
}

Result<std::vector<wire::Check>> checks_of(const Node& node, const Scene& at, const OpenedRecord& opened) {
  auto out = TRY(check_origin(node, at, opened));
  // The body would not have opened otherwise.
  out.push_back({"commitments", "good", to_string(opened.message.body_root)});
  bool known = !opened.message.labels.empty();
  for (const auto& label : opened.message.labels) known = known && at.book->labels().knows(label);
  out.push_back({"label", known ? "good" : "unknown", to_string(opened.message.label_policy)});
  return out;
}

Result<std::vector<core::IndependentSource>> independents(const Node& node, const core::MessageId& id) {
  std::vector<core::IndependentSource> all;
  for (const auto& record : TRY(node.store.reader().independents(id))) {
    const auto reason = TRY(crypto::open_at_rest(node.storage_key.view(), id.view(), record.sealed_reason));
    all.push_back({record.source, std::string(as_text(reason.view()))});
  }
  return all;
}

// The parts held here with their numbers, as far as `extent` names them.
void add_parts(OpenedRecord opened, const core::Extent& extent, wire::ReadView& out) {
  const auto& numbers = opened.record.extent.parts;
  for (std::size_t i = 0; i < opened.parts.size(); ++i) {
    const auto number = numbers.empty() ? static_cast<std::uint32_t>(i) : numbers[i];
    if (!extent.contains(core::Extent{{number}})) continue;
    out.numbers.push_back(number);
    out.parts.push_back(std::move(opened.parts[i]));
  }
}

// What was recorded as read is now opened and shown; of the original of a forward what that forward names.
Result<wire::ReadView> show(const Node& node, const core::MessageId& id, const core::Extent& extent,
                            bool with_original) {
  const auto at = scene(node);
  auto opened = TRY(open(node, id));
  wire::ReadView out;
  out.message = TRY(message_view(node, at, TRY(node.store.reader().message_row(id))));
  out.checks = TRY(checks_of(node, at, opened));
  out.independent = TRY(independents(node, id));
  if (with_original && opened.record.original)
    out.original.push_back(TRY(show(node, *opened.record.original, forwarded_extent(opened.message), false)));
  add_parts(std::move(opened), extent, out);
  return out;
}

Result<wire::MessageView> seen(const Node& node, const core::MessageId& id) {
  return message_view(node, scene(node), TRY(node.store.reader().message_row(id)));
}

void wake_originator(const Node& node, const Lanes& lanes, const Looked& looked) {
  if (looked.message.originator != node.identity.authority) lanes.wake(looked.message.originator);
}

bool may_see_drafts(const core::User& caller) {
  return core::permits(caller.role, Permission::compose) || core::permits(caller.role, Permission::approve);
}

// The text of a waiting draft with its preview, for who is cleared for it.
Result<void> show_draft(const Node& node, const core::User& caller, const store::DraftRecord& record,
                        wire::DraftView& view) {
  if (record.state != store::DraftState::waiting || !may_see_drafts(caller)) return {};
  auto draft = TRY(open_draft(node, record.sealed));
  const auto at = scene(node);
  const auto sources = TRY(HeldSources::gather(
      needed_ids(draft), [&](const core::MessageId& id) { return node.store.reader().message(id); }));
  const auto composed = TRY(compose(at.world(), draft, sources, statements_about(node.store), {}));
  if (!core::decide_access(at.world(), caller, Permission::compose, composed.message, composed.handling).allowed())
    return {};
  // It quotes what it is made of.
  if (!TRY(shut_sources(node, composed.message, sources)).allowed()) return {};
  view.preview = TRY(preview_of(node, at.world(), composed, sources));
  view.draft = std::move(draft);
  return {};
}

Result<wire::DraftView> draft_view(const Node& node, const core::User& caller, const store::DraftRecord& record) {
  wire::DraftView view;
  view.id = record.id;
  view.officer = record.officer;
  view.state = store::to_string(record.state);
  view.plan = record.plan;
  view.created = record.created;
  CHECK_OK(show_draft(node, caller, record, view));
  if (record.message) view.number = TRY(node.store.reader().message_row(*record.message)).number;
  return view;
}

// The newest, or those before a number: drafts are numbered without gaps, and none is ever deleted.
Result<std::vector<store::DraftRecord>> page_of_drafts(const Node& node, const wire::ListQuery& query) {
  if (query.before == 0) return node.store.reader().drafts(query.limit);
  std::vector<store::DraftRecord> records;
  for (auto id = query.before - 1; id > 0 && records.size() < query.limit; --id)
    records.push_back(TRY(node.store.reader().draft(id)));
  return records;
}

Result<wire::Listing> list_drafts(const Node& node, const core::User& caller, const wire::ListQuery& query) {
  wire::Listing out;
  std::vector<store::DraftRecord> records;
  if (query.message.empty())
    records = TRY(page_of_drafts(node, query));
  else
    records.push_back(TRY(node.store.reader().draft(TRY(wire::parse_draft_name(query.message)))));
  for (const auto& record : records) out.drafts.push_back(TRY(draft_view(node, caller, record)));
  if (query.message.empty() && records.size() == query.limit && records.back().id > 1) out.next = records.back().id;
  return out;
}

Result<wire::Listing> list_messages(const Node& node, const wire::ListQuery& query) {
  const auto at = scene(node);
  auto& reader = node.store.reader();
  std::vector<store::MessageRow> rows;
  if (!query.message.empty())
    rows.push_back(TRY(reader.message_row(TRY(reader.resolve(query.message)))));
  else
    rows = TRY(reader.list(query.box == wire::DeskBox::outbox ? store::Box::outbox : store::Box::inbox, query.before,
                           query.limit));
  wire::Listing out;
  for (const auto& row : rows) out.messages.push_back(TRY(message_view(node, at, row)));
  if (query.message.empty() && rows.size() == query.limit) out.next = rows.back().ordinal;
  return out;
}

}  // namespace

Result<wire::ReadView> open_for_person(const Node& node, const core::MessageId& id, const core::Extent& extent) {
  return show(node, id, extent, false);
}

Reading::Reading(Node node, Lanes lanes) : node_(std::move(node)), lanes_(std::move(lanes)) {}

Outcome<wire::Listing> Reading::list(const core::User& caller, const wire::ListQuery& query) const {
  using Answer = std::variant<wire::Listing, Refused>;
  if (!core::permits(caller.role, Permission::list)) return Answer(refused(core::ReasonCode::role, "list"));
  auto listing = query.box == wire::DeskBox::drafts ? list_drafts(node_, caller, query) : list_messages(node_, query);
  if (listing.has_value()) return Answer(std::move(*listing));
  auto refusal = TRY(as_refusal(listing.error()));
  return Answer(refused(refusal.decision.reasons().front().code, query.message));
}

Outcome<wire::ReadView> Reading::read(const core::User& caller, const std::string& name) {
  using Answer = std::variant<wire::ReadView, Refused>;
  auto named = TRY(resolve(node_, name));
  if (auto* refusal = std::get_if<Refused>(&named)) return Answer(std::move(*refusal));
  const auto id = std::get<core::MessageId>(named);
  // Recorded first and shown after: nobody sees what the journal does not know of.
  auto settled = TRY(node_.store.run<Access>(1, [&](store::Transaction& tx) {
    return look(node_, tx, caller, Permission::read_body, id,
                [&](store::Transaction& in, const Looked& looked, const core::AgreementBook& book) {
                  return record_reading(node_, in, caller, looked, book);
                });
  }));
  if (auto* refusal = std::get_if<Refused>(&settled)) return Answer(std::move(*refusal));
  wake_originator(node_, lanes_, std::get<Looked>(settled));
  return Answer(TRY(show(node_, id, {}, true)));
}

Outcome<wire::MessageView> Reading::acknowledge(const core::User& caller, const std::string& name) {
  using Answer = std::variant<wire::MessageView, Refused>;
  auto named = TRY(resolve(node_, name));
  if (auto* refusal = std::get_if<Refused>(&named)) return Answer(std::move(*refusal));
  const auto id = std::get<core::MessageId>(named);
  auto settled = TRY(node_.store.run<Access>(2, [&](store::Transaction& tx) {
    return look(node_, tx, caller, Permission::acknowledge, id,
                [&](store::Transaction& in, const Looked& looked, const core::AgreementBook& book) {
                  return record_acknowledgement(node_, in, caller, looked, book);
                });
  }));
  if (auto* refusal = std::get_if<Refused>(&settled)) return Answer(std::move(*refusal));
  const auto& looked = std::get<Looked>(settled);
  if (looked.row.direction != store::Direction::incoming)
    return Answer(refused(core::ReasonCode::not_addressed, id.short_text()));
  wake_originator(node_, lanes_, looked);
  return Answer(TRY(seen(node_, id)));
}

}  // namespace chancery::service
