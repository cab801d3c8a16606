#include "daemon/service/carried.h"

#include <algorithm>

namespace chancery::service {

void Sources::add(const core::Message& message, store::SignedStatement statement) {
  const auto digest = core::statement_digest(statement.statement);
  const auto id = core::message_id(digest, message.created);
  known_.emplace(id, core::SourceStatement{id, digest, message});
  came_.emplace(id, std::move(statement));
}

std::vector<core::Grant> Sources::grants() const {
  std::vector<core::Grant> out;
  for (const auto& [id, source] : known_) {
    if (!came_.contains(id)) continue;
    const auto statement = core::read_consent(id, source.message);
    if (const auto* grant = statement.has_value() ? std::get_if<core::Grant>(&*statement) : nullptr)
      out.push_back(*grant);
  }
  return out;
}

std::vector<store::SignedStatement> Sources::needed(const core::Message& message,
                                                    const std::set<core::MessageId>& grants) const {
  auto ids = grants;
  if (const auto reissued = core::reissue_of(message)) ids.insert(*reissued);
  if (const auto decision = core::recalled_by(message)) ids.insert(*decision);
  // What is asked for may be shown, where it is not held.
  if (const auto asked = core::asked_about(message)) {
    ids.insert(*asked);
    if (const auto* original = lookup()(*asked))
      for (const auto* source : core::provenance(original->message, lookup()).closure) ids.insert(source->id);
  }
  for (const auto* source : core::provenance(message, lookup()).closure) {
    ids.insert(source->id);
    if (const auto reissued = core::reissue_of(source->message)) ids.insert(*reissued);
  }
  std::vector<store::SignedStatement> all;
  for (const auto& id : ids)
    if (const auto came = came_.find(id); came != came_.end()) all.push_back(came->second);
  return all;
}

void Sources::complete(const core::Message& message, const Held& held) {
  fill(message, held);
  for (auto& [id, source] : known_) find_reissued(source, held);
}

Result<void> Sources::add_recalled(const core::Message& message, const HeldSources::Load& load) {
  if (!core::recalled_by(message)) return {};
  const auto recall = TRY(core::read_consent({}, message));
  const auto held = TRY(HeldSources::gather({core::subject_of(recall)}, load));
  for (const auto& [id, source] : held.statements()) known_.emplace(id, source);
  return {};
}

// Breadth first; no deeper and no wider than decisions follow.
void Sources::fill(const core::Message& message, const Held& held) {
  const auto named = named_by_facts(message.facts);
  std::deque<core::MessageId> waiting(named.begin(), named.end());
  for (const auto& line : message.sources) waiting.push_back(line.id);
  std::set<core::MessageId> seen;
  while (!waiting.empty() && seen.size() <= core::kMaxClosureStatements) {
    const auto id = waiting.front();
    waiting.pop_front();
    if (!seen.insert(id).second) continue;
    auto known = known_.find(id);
    if (known == known_.end()) {
      const auto text = held(id);
      const auto parsed = text ? core::Message::parse(*text) : Result<core::Message>(fail(Errc::not_found, ""));
      if (!parsed.has_value()) continue;
      known = known_.emplace(id, core::SourceStatement{id, core::statement_digest(*text), *parsed}).first;
    }
    for (const auto& line : known->second.message.sources) waiting.push_back(line.id);
  }
}

void Sources::find_reissued(core::SourceStatement& source, const Held& held) const {
  const auto id = core::reissue_of(source.message);
  if (!id) return;
  const auto known = known_.find(*id);
  auto reissued = known != known_.end() ? std::optional(known->second.message) : std::nullopt;
  if (!reissued) {
    const auto text = held(*id);
    const auto parsed = text ? core::Message::parse(*text) : Result<core::Message>(fail(Errc::not_found, ""));
    if (!parsed.has_value()) return;
    reissued = *parsed;
  }
  source.reissued_audience = core::audience(*reissued);
  source.reissued_originator = reissued->originator;
}

core::SourceLookup Sources::lookup() const {
  return [this](const core::MessageId& id) -> const core::SourceStatement* {
    const auto known = known_.find(id);
    return known == known_.end() ? nullptr : &known->second;
  };
}

Sources::Held held_statements(store::Store& store) {
  return [&store](const core::MessageId& id) -> std::optional<std::string> {
    auto row = store.reader().message_row(id);
    return row.has_value() ? std::optional(std::move(row->statement)) : std::nullopt;
  };
}

Sources::Held held_statements(store::Transaction& tx) {
  return [&tx](const core::MessageId& id) -> std::optional<std::string> {
    auto row = tx.find_message(id);
    return row.has_value() && row->has_value() ? std::optional(std::move((*row)->statement)) : std::nullopt;
  };
}

Result<core::Message> verified_message(const wire::Proven& proven, const Finding& finding) {
  if (finding.standing != Standing::holds) return fail(Errc::unauthenticated, "not under a signature that holds");
  auto message = TRY(core::Message::parse(proven.statement));
  if (message.originator != finding.batch->signer) return fail(Errc::unauthenticated, "not signed by its originator");
  if (!timely(message.created, *finding.batch)) return fail(Errc::unauthenticated, "older or newer than its batch");
  return message;
}

bool take_sources(const wire::MessageItem& item, FrameVerifier& verifier, Sources& sources) {
  bool all_keys_known = true;
  for (const auto& proven : item.sources) {
    const auto finding = verifier.find(proven);
    if (finding.standing == Standing::key_unknown) all_keys_known = false;
    const auto message = verified_message(proven, finding);
    if (message.has_value()) sources.add(*message, verifier.evidence(proven));
  }
  return all_keys_known;
}

bool matches(const core::Message& message, const std::vector<Bytes>& ciphertexts, BytesView wraps) {
  return ciphertexts.size() == message.parts && crypto::sha256(wraps) == message.wraps &&
         crypto::cipher_root(ciphertexts) == message.cipher_root;
}

std::optional<crypto::Wrap> wrap_for(const std::string& self, const core::Message& message, BytesView wraps) {
  const auto all = crypto::parse_wraps(wraps);
  if (!all.has_value() || all->size() != message.recipients.size()) return std::nullopt;
  const auto& recipients = message.recipients;
  const auto at = std::find(recipients.begin(), recipients.end(), self);
  if (at == recipients.end()) return std::nullopt;
  return (*all)[static_cast<std::size_t>(at - recipients.begin())];
}

namespace {

std::optional<crypto::Wrap> only_wrap(BytesView bytes) {
  auto made = crypto::parse_wraps(bytes);
  return made.has_value() && made->size() == 1 ? std::optional(std::move(made->front())) : std::nullopt;
}

// What its originator, or who answers for it, made for this step.
const store::PermitRecord* with_wrap(const core::Directory& directory, const std::vector<store::PermitRecord>& permits,
                                     const core::Message& original) {
  const auto line = core::succession_of(directory, original.originator);
  for (const auto& record : permits)
    if (record.permit.provider == line.answering(record.permit.from) && !record.wrap.empty()) return &record;
  return nullptr;
}

// The original's own wrap for us, where there is one; else whatever the forwarder made, which is looked at closest;
// else the one its originator, or who answers for it, permitted, by a permit or a detached grant.
void choose_wrap(const std::string& self, const core::Directory& directory, const wire::CarriedMessage& carried,
                 const std::vector<store::PermitRecord>& permits, CarriedOriginal& out) {
  using From = core::CarriedWrap::From;
  if (out.extent.is_all()) out.key = wrap_for(self, out.message, carried.wraps);
  if (out.key) {
    out.wrap = core::CarriedWrap{From::statement};
  } else if (!carried.forwarder_wrap.empty()) {
    out.wrap = core::CarriedWrap{From::forwarder, crypto::sha256(carried.forwarder_wrap)};
    out.key = only_wrap(carried.forwarder_wrap);
  } else if (const auto* record = with_wrap(directory, permits, out.message)) {
    out.wrap = core::CarriedWrap{From::permit, crypto::sha256(record->wrap)};
    out.key = only_wrap(record->wrap);
    out.permit = record->permit;
  } else if (!carried.grant_wrap.empty()) {
    out.wrap = core::CarriedWrap{From::grant, crypto::sha256(carried.grant_wrap)};
    out.key = only_wrap(carried.grant_wrap);
  }
}

Result<crypto::SecretBytes> key_of(SealKeys& keys, const std::string& forwarder, const CarriedOriginal& original) {
  const auto header = core::header_digest(original.statement.statement);
  switch (original.wrap->from) {
    case core::CarriedWrap::From::statement:
      return keys.unwrap(original.message.originator, *original.key, header);
    case core::CarriedWrap::From::forwarder:
      return keys.unwrap(forwarder, *original.key, header);
    case core::CarriedWrap::From::grant: {
      if (!original.grant) return fail(Errc::malformed, "no grant names the wrap");
      const auto granted = original.grant->terms.extent.text();
      return keys.unwrap(
          *original.key,
          {original.grant->provider, original.grant->terms_digest.view(), {}, original.id.view(), granted});
    }
    case core::CarriedWrap::From::permit:
      break;
  }
  const auto& permit = *original.permit;
  const auto carrier = TRY(core::parse_message_id(permit.carrier));
  const auto extent = permit.extent.text();
  return keys.unwrap(*original.key,
                     {permit.provider, permit.grant.view(), carrier.view(), permit.original.view(), extent});
}

}  // namespace

crypto::BodyCommitments commitments_of(const core::Message& message) {
  return {message.parts, message.body_root, message.cek_commit, message.cipher_root};
}

namespace {

bool fits(const core::Message& original, const wire::CarriedMessage& carried, const core::Extent& extent) {
  if (extent.is_all()) return carried.omitted.empty();
  return carried.wraps.empty() &&
         crypto::is_extract_of({extent.parts, carried.ciphertexts, carried.omitted}, commitments_of(original));
}

}  // namespace

Result<CarriedOriginal> judge_carried(const std::string& self, const core::Directory& directory,
                                      const wire::CarriedMessage& carried, const core::Extent& extent,
                                      const std::vector<store::PermitRecord>& permits, FrameVerifier& verifier) {
  CarriedOriginal out;
  out.message = TRY(verified_message(carried.statement, verifier.find(carried.statement)));
  out.extent = extent;
  out.fits = fits(out.message, carried, extent);
  if (out.fits && extent.is_all() && !matches(out.message, carried.ciphertexts, carried.wraps))
    return fail(Errc::malformed, "parts or wraps of the original are not those it commits to");
  out.id = core::message_id(carried.statement.statement, out.message.created);
  out.statement = verifier.evidence(carried.statement);
  choose_wrap(self, directory, carried, permits, out);
  if (out.wrap && out.wrap->from == core::CarriedWrap::From::statement && !carried.forwarder_wrap.empty())
    return fail(Errc::malformed, "a wrap of the forwarder beside the originator's");
  return out;
}

namespace {

Opened keep(const Node& node, std::vector<crypto::OpenedPart> parts, const crypto::SecretBytes& key,
            const core::MessageId& id) {
  Opened out;
  out.parts.reserve(parts.size());
  for (auto& part : parts) out.parts.push_back(std::move(part.content));
  out.sealed_key = crypto::seal_at_rest(node.storage_key.view(), id.view(), key.view(), node.random);
  return out;
}

}  // namespace

Result<Opened> open_sealed(const Node& node, const crypto::SecretBytes& key, const core::Message& message,
                           std::string_view statement, const core::MessageId& id,
                           const std::vector<Bytes>& ciphertexts) {
  const auto header = core::header_digest(statement);
  return keep(node, TRY(crypto::open_body(ciphertexts, commitments_of(message), key.view(), header)), key, id);
}

namespace {

Result<Opened> open_original(const Node& node, const crypto::SecretBytes& key, const CarriedOriginal& original,
                             const wire::CarriedMessage& carried) {
  const auto& statement = original.statement.statement;
  if (original.extent.is_all())
    return open_sealed(node, key, original.message, statement, original.id, carried.ciphertexts);
  const crypto::Extract extract{original.extent.parts, carried.ciphertexts, carried.omitted};
  const auto header = core::header_digest(statement);
  return keep(node, TRY(crypto::open_extract(extract, commitments_of(original.message), key.view(), header)), key,
              original.id);
}

}  // namespace

Result<OpenedOriginal> open_carried(const Node& node, SealKeys& keys, const std::string& forwarder,
                                    CarriedOriginal original, wire::CarriedMessage& carried) {
  OpenedOriginal out;
  auto& record = out.record;
  record.id = original.id;
  record.direction = store::Direction::carried;
  if (original.key) {
    const auto key = TRY(key_of(keys, forwarder, original));
    auto opened = TRY(open_original(node, key, original, carried));
    auto body = wire::parse_body(opened.parts);
    if (!body.has_value()) return fail(Errc::unauthenticated, "parts of the original are not parts");
    out.attachments = std::move(body->attachments);
    record.their_number = body->number;
    record.sealed_key = std::move(opened.sealed_key);
  }
  record.statement = std::move(original.statement);
  record.ciphertexts = std::move(carried.ciphertexts);
  record.wraps = std::move(carried.wraps);
  record.extent = std::move(original.extent);
  record.omitted = std::move(carried.omitted);
  return out;
}

Result<crypto::KeyedExtract> held_extract(const Node& node, const store::MessageRecord& record,
                                          const core::Message& message) {
  auto key = TRY(crypto::open_at_rest(node.storage_key.view(), record.id.view(), record.sealed_key));
  const auto& body = commitments_of(message);
  if (record.extent.is_all()) {
    auto whole = crypto::extract_all(record.ciphertexts, key.view());
    if (crypto::cek_commitment(key.view(), core::header_digest(record.statement.statement)) != body.cek_commit)
      return fail(Errc::unauthenticated, "body: cek-commit");
    return whole;
  }
  return crypto::KeyedExtract{{record.extent.parts, record.ciphertexts, record.omitted}, std::move(key)};
}

Result<store::MessageRecord> with_held_parts(const Node& node, store::Transaction& tx,
                                             const store::MessageRecord& came) {
  const auto row = TRY(tx.find_message(came.id));
  if (!row || row->direction != store::Direction::carried) return came;
  const auto held = TRY(tx.load_message(came.id));
  const bool both_open = !held.sealed_key.empty() && !came.sealed_key.empty();
  if (!both_open || held.extent.contains(came.extent) || came.extent.contains(held.extent)) return came;
  const auto message = TRY(core::Message::parse(came.statement.statement));
  auto both = crypto::unite(TRY(held_extract(node, held, message)), TRY(held_extract(node, came, message)));
  auto out = came;
  if (out.their_number.empty()) out.their_number = held.their_number;
  out.sealed_key = crypto::seal_at_rest(node.storage_key.view(), came.id.view(), both.keys.view(), tx.random());
  out.extent.parts = std::move(both.extract.parts);
  out.ciphertexts = std::move(both.extract.ciphertexts);
  out.omitted = std::move(both.extract.omitted);
  return out;
}

core::Extent forwarded_extent(const core::Message& message) {
  const auto& lines = message.sources;
  return message.kind == "forward" && lines.size() == 1 ? lines.front().extent : core::Extent();
}

bool needs_forwarder_wrap(const core::Message& original, const core::Extent& extent, const std::string& recipient) {
  return extent.is_all() ? !core::audience(original).contains(recipient) : recipient != original.originator;
}

namespace {

// Of all the forwarder made, in the order of the recipients the originator made none for. Empty when that one did.
Result<Bytes> forwarder_wrap_for(const std::string& recipient, std::string_view forward, std::string_view original,
                                 BytesView all) {
  if (all.empty()) return Bytes();
  const auto message = TRY(core::Message::parse(original));
  const auto carrier = TRY(core::Message::parse(forward));
  const auto extent = forwarded_extent(carrier);
  const auto wraps = TRY(crypto::parse_wraps(all));
  std::size_t at = 0;
  for (const auto& one : carrier.recipients) {
    if (!needs_forwarder_wrap(message, extent, one)) continue;
    if (one == recipient && at < wraps.size()) return wraps[at].to_bytes();
    ++at;
  }
  return Bytes();
}

// What the forward names of the original, and nothing more.
Result<void> carry_body(const Node& node, const core::Extent& extent, store::MessageRecord& original,
                        wire::CarriedMessage& out) {
  if (extent.is_all()) {
    out.ciphertexts = std::move(original.ciphertexts);
    out.wraps = std::move(original.wraps);
    return {};
  }
  const auto message = TRY(core::Message::parse(original.statement.statement));
  const auto held = TRY(held_extract(node, original, message));
  const auto header = core::header_digest(original.statement.statement);
  auto cut = TRY(crypto::narrow(held, commitments_of(message), header, extent.parts));
  out.ciphertexts = std::move(cut.extract.ciphertexts);
  out.omitted = std::move(cut.extract.omitted);
  return {};
}

}  // namespace

Result<wire::MessageItem> to_item(const Node& node, const std::string& recipient, store::OutgoingMessage message,
                                  const Passage& passage, wire::Frame& frame) {
  wire::MessageItem item;
  item.statement = frame.add(message.statement);
  item.ciphertexts = std::move(message.ciphertexts);
  item.wraps = std::move(message.wraps);
  for (const auto& source : message.sources) item.sources.push_back(frame.add(source));
  for (const auto& grant : passage.grants) item.sources.push_back(frame.add(grant));
  for (const auto& permit : passage.permits) item.permits.push_back({frame.add(permit.statement), permit.wrap});
  if (!message.original) {
    item.grant_wraps = std::move(message.made_wraps);
    return item;
  }
  auto original = TRY(node.store.reader().message(*message.original));
  const auto extent = forwarded_extent(TRY(core::Message::parse(message.statement.statement)));
  item.forwarded.emplace();
  item.forwarded->statement = frame.add(original.statement);
  CHECK_OK(carry_body(node, extent, original, *item.forwarded));
  item.forwarded->forwarder_wrap =
      TRY(forwarder_wrap_for(recipient, message.statement.statement, original.statement.statement, message.made_wraps));
  item.forwarded->grant_wrap = passage.grant_wrap;
  return item;
}

}  // namespace chancery::service
