#include "daemon/store/fsck.h"

#include <algorithm>
#include <limits>
#include <set>

#include "crypto/sealing.h"
#include "daemon/core/registry_number.h"
#include "daemon/store/encoding.h"
#include "daemon/store/journal.h"
#include "daemon/store/open.h"
#include "daemon/store/rows.h"

namespace chancery::store {

namespace {

class Check {
 public:
  Check(Database& database, std::string authority)
      : database_(database), rows_(database), self_(std::move(authority)) {}

  Result<void> pages();
  Result<void> journal(const std::optional<crypto::Checkpoint>& checkpoint);
  Result<void> certificates();
  Result<void> batches();
  Result<void> messages();
  Result<void> receipts();
  void answered();
  void dispatched();
  Result<void> outbox();
  Result<void> inbound();
  Result<void> directory();
  Result<void> people();
  Result<void> drafts();
  Result<void> numbers();
  FsckReport report;

 private:
  struct Batch {
    crypto::BatchStatement statement;
    std::vector<Digest> leaves;  // empty in a peer's
    Digest key_id;
    bool key_known = false;  // of no stored designation: nothing may rest on it
  };
  struct Span {
    Instant from, to;
  };

  void find(const std::string& where, const std::string& what) { report.findings.push_back(where + ": " + what); }
  void check_leaves(const std::string& where, const Batch& batch);
  bool check_signature(const std::string& where, const crypto::BatchSignature& signature);
  void keep_keys(const std::string& authority, std::string_view statement, const std::vector<Bytes>& certificates);
  bool may_sign(const Batch& batch, const std::string& author, core::KeyRole role) const;
  // Columns statement, batch, leaf, path: the statement is in that batch, signed by its author under a key of this
  // role.
  void check_signed(const Query& q, int column, const std::string& where, const std::string& author,
                    core::KeyRole role = core::KeyRole::sign);
  // An entry of this act has to speak of the statement.
  void check_told(core::Act act, const std::string& where, std::string_view statement);
  void check_body(const Query& q, const std::string& where, const core::Message& message);
  void check_entry(const Query& q, std::uint64_t index, crypto::GrowingTree& tree);
  Result<void> check_last_entries();
  void check_link(const std::string& where, const core::Dispatch& d, std::optional<core::Dispatch>& last,
                  const std::string& last_text);
  void check_state(const Query& q, const std::string& where, const core::Dispatch& d);

  Database& database_;
  Rows rows_;
  std::string self_;
  std::map<Digest, crypto::Certificate> certificates_;
  std::map<std::uint64_t, Batch> batches_;
  std::map<std::string, std::set<Digest>> anchors_;
  std::map<std::pair<std::string, Digest>, std::vector<Span>> sign_keys_;  // by authority and key
  std::set<Digest> entries_;                                               // leaf hashes
  std::map<std::pair<core::Act, Digest>, bool> told_;   // statements of entries; whether they are there
  std::map<std::string, std::optional<Digest>> users_;  // what the last entry about each says
  std::map<core::MessageId, Digest> last_entry_;
  std::map<core::MessageId, Direction> messages_;
  std::vector<std::pair<core::MessageId, core::MessageId>> originals_;  // of forwards
  std::set<std::pair<core::MessageId, std::string>> owed_;              // recipients who have no dispatch yet
  std::map<std::pair<core::MessageId, std::string>, std::vector<core::Receipt>> receipts_;
  std::map<std::pair<std::string, std::int64_t>, std::set<std::uint32_t>> numbers_;
};

std::string place_of(const char* table, const std::string& key) { return std::string(table) + " " + key; }

Result<void> Check::pages() {
  {
    auto q = database_.query("PRAGMA cipher_integrity_check");
    while (TRY(q.next())) find("pages", q.text(0));
  }
  auto q = database_.query("PRAGMA integrity_check(20)");
  while (TRY(q.next()))
    if (q.text(0) != "ok") find("pages", q.text(0));
  return {};
}

// ---- the journal

// The content of such an entry is the statement of a row that is never deleted.
bool speaks_of_a_row(core::Act act) {
  return act == core::Act::released || act == core::Act::accepted || act == core::Act::receipt_recorded ||
         act == core::Act::draft_recorded;
}

void Check::check_entry(const Query& q, std::uint64_t index, crypto::GrowingTree& tree) {
  const auto where = place_of("entry", std::to_string(index));
  const auto text = q.text(1);
  const auto leaf = core::entry_leaf(text);
  if (encode_digests(tree.append(leaf)) != q.blob(3)) find(where, "its hashes are not those of the entries");
  const auto entry = core::JournalEntry::parse(text);
  if (!entry) return find(where, entry.error().detail);
  entries_.insert(leaf);
  if (entry->message != q.optional_id(2)) find(where, "filed under another message");
  if (entry->act == core::Act::user_added) users_[entry->subject] = entry->content;
  if (entry->content && speaks_of_a_row(entry->act)) told_.emplace(std::pair{entry->act, *entry->content}, false);
  if (!entry->message) return;
  const auto last = last_entry_.find(*entry->message);
  const auto previous = last == last_entry_.end() ? std::optional<Digest>() : std::optional<Digest>(last->second);
  if (entry->previous != previous) find(where, "does not follow the last entry about its message");
  last_entry_[*entry->message] = leaf;
}

Result<void> Check::check_last_entries() {
  auto q = database_.query("SELECT message, leaf FROM last_entry");
  std::size_t rows = 0;
  for (; TRY(q.next()); ++rows) {
    const auto id = q.message_id(0);
    const auto known = last_entry_.find(id);
    if (known == last_entry_.end() || known->second != q.digest(1))
      find(place_of("message", to_string(id)), "its last entry is another one");
  }
  if (rows != last_entry_.size()) find("journal", "last entries are missing");
  return {};
}

Result<void> Check::journal(const std::optional<crypto::Checkpoint>& checkpoint) {
  crypto::GrowingTree tree;
  bool root_seen = checkpoint && checkpoint->size.value == 0;
  auto q = database_.query("SELECT id, entry, message, nodes FROM journal ORDER BY id");
  for (std::uint64_t index = 0; TRY(q.next()); ++index) {
    if (q.number(0) != index) {
      find(place_of("entry", std::to_string(index)), "missing");
      index = q.number(0);
    }
    check_entry(q, index, tree);
    if (!checkpoint || tree.size() != checkpoint->size) continue;
    root_seen = true;
    if (tree.root() != checkpoint->root) find("checkpoint", "another root at its size");
  }
  report.entries = tree.size().value;
  if (!checkpoint && report.entries > 0) find("checkpoint", "no file");
  if (checkpoint && !root_seen)
    find("checkpoint", "of " + std::to_string(checkpoint->size.value) + " entries, the journal has " +
                           std::to_string(report.entries));
  return check_last_entries();
}

// ---- signatures

Result<void> Check::certificates() {
  const auto keep = [this](BytesView der, const std::string& where) {
    auto certificate = crypto::Certificate::from_der(der);
    if (certificate)
      certificates_.emplace(certificate->id(), std::move(*certificate));
    else
      find(where, "a certificate does not parse");
  };
  for (const auto& peer : TRY(rows_.peers())) {
    if (peer.anchor.empty()) continue;
    keep(peer.anchor, place_of("peer", peer.authority));
    anchors_[peer.authority].insert(crypto::sha256(peer.anchor));
  }
  auto q = database_.query("SELECT authority, certificates, statement FROM designation");
  while (TRY(q.next())) {
    const auto where = place_of("designation of", q.text(0));
    const auto list = decode_list(q.view(1));
    if (!list) find(where, list.error().detail);
    for (const auto& der : list ? *list : std::vector<Bytes>()) keep(der, where);
    if (list) keep_keys(q.text(0), as_text(q.view(2)), *list);
  }
  return {};
}

// Nobody pins our own anchor: it comes first beside our designations.
void Check::keep_keys(const std::string& authority, std::string_view statement,
                      const std::vector<Bytes>& certificates) {
  if (authority == self_ && !certificates.empty()) anchors_[authority].insert(crypto::sha256(certificates.front()));
  const auto designation = core::Designation::parse(statement);
  if (!designation) return;  // told where designations are checked
  for (const auto& key : designation->keys)
    if (key.role == core::KeyRole::sign) sign_keys_[{authority, key.id}].push_back({key.from, key.to});
}

bool Check::may_sign(const Batch& batch, const std::string& author, core::KeyRole role) const {
  if (role == core::KeyRole::anchor) {
    const auto anchors = anchors_.find(author);
    return anchors != anchors_.end() && anchors->second.contains(batch.key_id);
  }
  const auto spans = sign_keys_.find({author, batch.key_id});
  return spans != sign_keys_.end() && std::any_of(spans->second.begin(), spans->second.end(), [&](const Span& span) {
           return span.from <= batch.statement.created && batch.statement.created < span.to;
         });
}

void Check::check_leaves(const std::string& where, const Batch& batch) {
  if (batch.leaves.empty()) return;
  if (batch.leaves.size() != batch.statement.size) find(where, "has another number of leaves than it says");
  if (crypto::merkle_root(batch.leaves) != batch.statement.root) find(where, "its leaves have another root");
}

// Whether a stored designation names the key.
bool Check::check_signature(const std::string& where, const crypto::BatchSignature& signature) {
  const auto certificate = certificates_.find(signature.key_id);
  if (certificate == certificates_.end()) return false;
  const auto verified = crypto::verify_batch(signature, certificate->second);
  if (!verified) find(where, verified.error().detail);
  return true;
}

Result<void> Check::batches() {
  auto q =
      database_.query("SELECT id, suite, key_id, signing_time, signature, statement, leaves FROM batch ORDER BY id");
  while (TRY(q.next())) {
    ++report.batches;
    const auto where = place_of("batch", q.text(0));
    const auto suite = crypto::parse_suite(q.text(1));
    const auto statement = crypto::BatchStatement::parse(q.text(5));
    auto leaves = decode_digests(q.view(6));
    if (!suite || !statement || !leaves) {
      find(where, "does not parse");
      continue;
    }
    const bool known = check_signature(where, {*suite, q.digest(2), q.integer(3), q.blob(4), q.text(5)});
    const auto& kept =
        batches_.emplace(q.number(0), Batch{*statement, std::move(*leaves), q.digest(2), known}).first->second;
    check_leaves(where, kept);
  }
  return {};
}

void Check::check_signed(const Query& q, int column, const std::string& where, const std::string& author,
                         core::KeyRole role) {
  const auto batch = batches_.find(q.number(column + 1));
  if (batch == batches_.end()) return find(where, "its batch is not there");
  if (!batch->second.key_known) find(where, "signed by a key of no stored designation");
  if (batch->second.statement.signer != author) find(where, "signed by another authority");
  if (batch->second.key_known && !may_sign(batch->second, author, role))
    find(where, "signed by a key its author had not");
  const auto leaf = core::statement_digest(as_text(q.view(column)));
  const auto index = static_cast<std::uint32_t>(q.integer(column + 2));
  const auto& leaves = batch->second.leaves;
  if (q.null(column + 3)) {
    if (index >= leaves.size() || leaves[index] != leaf) find(where, "not what was signed");
    return;
  }
  auto hashes = decode_digests(q.view(column + 3));
  if (!hashes || !crypto::in_batch(batch->second.statement, leaf, {index, std::move(*hashes)}))
    find(where, "not what was signed");
}

// ---- messages and receipts

void Check::check_body(const Query& q, const std::string& where, const core::Message& message) {
  if (q.null(8)) return find(where, "has no body");
  const auto ciphertexts = decode_list(q.view(8));
  if (!ciphertexts || ciphertexts->size() != message.parts || crypto::cipher_root(*ciphertexts) != message.cipher_root)
    find(where, "its parts are not those of the statement");
  if (crypto::sha256(q.view(9)) != message.wraps) find(where, "its wraps are not those of the statement");
  if (!decode_statements(q.view(10))) find(where, "its sources do not parse");
}

Result<void> Check::messages() {
  auto q = database_.query(
      "SELECT m.id, m.direction, m.number, m.original, m.statement, m.batch, m.leaf, m.path, b.ciphertexts, b.wraps, "
      "b.sources FROM message m LEFT JOIN body b ON b.ordinal = m.ordinal ORDER BY m.ordinal");
  while (TRY(q.next())) {
    ++report.messages;
    const auto id = q.message_id(0);
    const auto where = place_of("message", to_string(id));
    const auto direction = static_cast<Direction>(q.integer(1));
    messages_[id] = direction;
    if (!q.null(3)) originals_.emplace_back(id, q.message_id(3));
    if (const auto number = core::RegistryNumber::parse(q.text(2)))
      if (!numbers_[{number->prefix, number->year}].insert(number->number).second) find(where, "its number is taken");
    const auto text = q.text(4);
    const auto message = core::Message::parse(text);
    if (!message) {
      find(where, message.error().detail);
      continue;
    }
    if (core::message_id(text, message->created) != id) find(where, "its id is not that of the statement");
    if ((message->originator == self_) != (direction == Direction::outgoing) && direction != Direction::carried)
      find(where, "filed in the wrong direction");
    if (direction == Direction::outgoing)
      for (const auto& recipient : message->recipients) owed_.emplace(id, recipient);
    if (direction == Direction::outgoing) check_told(core::Act::released, where, text);
    if (direction == Direction::incoming) check_told(core::Act::accepted, where, text);
    check_signed(q, 4, where, message->originator);
    check_body(q, where, *message);
    if (!last_entry_.contains(id)) find(where, "no entry speaks of it");
  }
  return {};
}

Result<void> Check::receipts() {
  auto q = database_.query("SELECT message, receiver, stage, statement, batch, leaf, path FROM receipt");
  while (TRY(q.next())) {
    ++report.receipts;
    const auto where = place_of("receipt of", q.text(1)) + " about " + to_string(q.message_id(0));
    const auto receipt = core::Receipt::parse(q.text(3));
    if (!receipt) {
      find(where, receipt.error().detail);
      continue;
    }
    if (receipt->message != q.message_id(0) || receipt->receiver != q.text(1) ||
        static_cast<std::int64_t>(receipt->stage) != q.integer(2))
      find(where, "filed under another key");
    check_signed(q, 3, where, receipt->receiver);
    if (receipt->receiver != self_) check_told(core::Act::receipt_recorded, where, as_text(q.view(3)));
    if (receipt->receiver == self_ && !entries_.contains(receipt->entry)) find(where, "no entry is the one it names");
    auto& others = receipts_[{receipt->message, receipt->receiver}];
    for (const auto& other : others)
      if (core::contradict(other, *receipt)) find(where, "contradicts another");
    others.push_back(*receipt);
  }
  return {};
}

void Check::check_told(core::Act act, const std::string& where, std::string_view statement) {
  const auto told = told_.find({act, core::statement_digest(statement)});
  if (told == told_.end()) return find(where, "no entry is about this statement");
  told->second = true;
}

// What was taken in was said to be delivered, a forward has its original, and what entries are about is there.
void Check::answered() {
  for (const auto& [id, direction] : messages_) {
    if (direction != Direction::incoming) continue;
    const auto& ours = receipts_[{id, self_}];
    if (std::none_of(ours.begin(), ours.end(),
                     [](const core::Receipt& receipt) { return receipt.stage == core::Stage::delivered; }))
      find(place_of("message", to_string(id)), "no receipt says it is delivered");
  }
  for (const auto& [forward, original] : originals_)
    if (!messages_.contains(original)) find(place_of("message", to_string(forward)), "its original is not there");
  for (const auto& [told, there] : told_)
    if (!there) find(place_of("statement", to_string(told.second)), "an entry is about it, and it is not there");
}

// ---- dispatches

void Check::dispatched() {
  for (const auto& [id, recipient] : owed_) find(place_of("message", to_string(id)), "no dispatch to " + recipient);
}

void Check::check_link(const std::string& where, const core::Dispatch& d, std::optional<core::Dispatch>& last,
                       const std::string& last_text) {
  const bool same = last && last->sender == d.sender && last->recipient == d.recipient && last->epoch == d.epoch;
  const auto sequence = same ? last->sequence + 1 : 1;
  const auto previous = same ? std::optional<Digest>(core::statement_digest(last_text)) : std::optional<Digest>();
  const bool restored = std::holds_alternative<core::DispatchRestored>(d.item);
  if (d.sequence != sequence || (d.previous != previous && !restored)) find(where, "does not follow the one before");
  last = d;
}

void Check::check_state(const Query& q, const std::string& where, const core::Dispatch& d) {
  const auto* sent = std::get_if<core::DispatchMessage>(&d.item);
  const auto message = sent != nullptr ? std::optional<core::MessageId>(sent->id) : std::nullopt;
  if (message != q.optional_id(4)) find(where, "filed under another message");
  if (!message) return;
  owed_.erase({*message, d.recipient});
  const auto held = messages_.find(*message);
  if (held == messages_.end() || held->second != Direction::outgoing) find(where, "its message is not there");
  bool delivered = false;
  bool refused = false;
  for (const auto& receipt : receipts_[{*message, d.recipient}]) {
    delivered = delivered || receipt.stage == core::Stage::delivered;
    refused = refused || receipt.stage == core::Stage::refused;
  }
  const auto state = static_cast<OutboxState>(q.integer(3));
  if (delivered != (state == OutboxState::delivered) || refused != (state == OutboxState::refused))
    find(where, "its state is not that of the receipts");
}

Result<void> Check::outbox() {
  std::optional<core::Dispatch> last;
  std::string last_text;
  std::map<std::tuple<std::string, std::uint64_t, std::uint64_t>, bool> closed;  // whether a void explains it
  auto q = database_.query(
      "SELECT peer, epoch, sequence, state, message, statement, batch, leaf, path FROM outbox "
      "ORDER BY peer, epoch, sequence");
  while (TRY(q.next())) {
    ++report.dispatches;
    const auto where = place_of("dispatch to", q.text(0)) + " " + q.text(1) + "/" + q.text(2);
    const auto text = q.text(5);
    const auto d = core::Dispatch::parse(text);
    if (!d) {
      find(where, d.error().detail);
      continue;
    }
    if (d->recipient != q.text(0) || d->epoch != q.number(1) || d->sequence != q.number(2))
      find(where, "filed under another key");
    check_link(where, *d, last, last_text);
    last_text = text;
    check_signed(q, 5, where, self_);
    check_state(q, where, *d);
    if (!q.null(4) && static_cast<OutboxState>(q.integer(3)) == OutboxState::closed)
      closed.emplace(std::tuple{d->recipient, d->epoch, d->sequence}, false);
    if (const auto* voided = std::get_if<core::DispatchVoid>(&d->item)) {
      const auto row = closed.find({d->recipient, d->epoch, voided->sequence});
      if (row != closed.end()) row->second = true;
    }
  }
  for (const auto& [key, explained] : closed)
    if (!explained)
      find(place_of("dispatch to", std::get<0>(key)) + " " + std::to_string(std::get<1>(key)) + "/" +
               std::to_string(std::get<2>(key)),
           "closed, and nothing voids it");
  return {};
}

Result<void> Check::inbound() {
  std::optional<core::Dispatch> last;
  std::string last_text;
  auto q = database_.query(
      "SELECT sender, epoch, sequence, missing, message, statement, batch, leaf, path FROM inbound_dispatch "
      "ORDER BY sender, epoch, sequence");
  while (TRY(q.next())) {
    ++report.dispatches;
    const auto where = place_of("dispatch of", q.text(0)) + " " + q.text(1) + "/" + q.text(2);
    const auto text = q.text(5);
    const auto d = core::Dispatch::parse(text);
    if (!d) {
      find(where, d.error().detail);
      continue;
    }
    if (d->sender != q.text(0) || d->epoch != q.number(1) || d->sequence != q.number(2))
      find(where, "filed under another key");
    check_link(where, *d, last, last_text);
    last_text = text;
    check_signed(q, 5, where, d->sender);
    const auto* sent = std::get_if<core::DispatchMessage>(&d->item);
    if (sent == nullptr) continue;
    const auto held = messages_.find(sent->id);
    if (q.integer(3) != 0 && held != messages_.end() && held->second == Direction::incoming)
      find(where, "waits for a message that is there");
  }
  return {};
}

// ---- the rest

Result<void> Check::directory() {
  {
    auto q = database_.query("SELECT authority, serial, statement, batch, leaf, path FROM designation");
    while (TRY(q.next())) {
      const auto where = place_of("designation of", q.text(0)) + " " + q.text(1);
      const auto d = core::Designation::parse(q.text(2));
      if (!d || d->authority != q.text(0) || d->serial != q.number(1)) find(where, "filed under another key");
      check_signed(q, 2, where, q.text(0), core::KeyRole::anchor);
    }
  }
  auto q = database_.query("SELECT authority, key_id, statement, batch, leaf, path FROM seal_key");
  while (TRY(q.next())) {
    const auto where = place_of("seal key of", q.text(0)) + " " + to_string(q.digest(1));
    const auto key = core::SealKey::parse(q.text(2));
    if (!key || key->authority != q.text(0) || key->id() != q.digest(1)) find(where, "filed under another key");
    check_signed(q, 2, where, q.text(0));
  }
  return {};
}

// Who may do what is what the journal says last.
Result<void> Check::people() {
  for (const auto& user : TRY(rows_.users())) {
    const auto told = users_.find(user.user.name);
    if (told == users_.end() || told->second != core::statement_digest(described(user)))
      find(place_of("user", user.user.name), "not as the last entry about it says");
    if (told != users_.end()) users_.erase(told);
  }
  for (const auto& [name, content] : users_) find(place_of("user", name), "an entry is about it, and it is not there");
  return {};
}

// Who composed it, and what: the rest of a draft changes with what is decided about it.
Result<void> Check::drafts() {
  for (const auto& draft : TRY(rows_.drafts(std::numeric_limits<std::uint32_t>::max())))
    check_told(core::Act::draft_recorded, place_of("draft", std::to_string(draft.id)), described(draft));
  return {};
}

Result<void> Check::numbers() {
  auto q = database_.query("SELECT series, year, last FROM number");
  std::size_t series = 0;
  while (TRY(q.next())) {
    const auto given = numbers_.find({q.text(0), q.integer(1)});
    const auto used = given == numbers_.end() ? std::set<std::uint32_t>() : given->second;
    series += given == numbers_.end() ? 0 : 1;
    if (used.size() != q.number(2) || (!used.empty() && *used.rbegin() != q.number(2)))
      find(place_of("numbers", q.text(0)) + " " + q.text(1), "not gap-free");
  }
  if (series != numbers_.size()) find("numbers", "a series has no counter");
  return {};
}

}  // namespace

Result<FsckReport> fsck(const StoreOptions& options, const crypto::SecretBytes& database_key,
                        const crypto::PublicKey& log_key) {
  const auto lock = TRY(lock_directory(options));
  const auto database = TRY(open_database(options, database_key));
  Check check(*database, options.authority);
  CHECK_OK(check.pages());
  const CheckpointFile file(options.directory / "checkpoint", options.authority);
  auto checkpoint = file.read(log_key);
  if (!checkpoint) check.report.findings.push_back(checkpoint.error().detail);
  CHECK_OK(check.journal(checkpoint ? *checkpoint : std::nullopt));
  CHECK_OK(check.certificates());
  CHECK_OK(check.batches());
  CHECK_OK(check.messages());
  CHECK_OK(check.receipts());
  CHECK_OK(check.people());
  CHECK_OK(check.drafts());
  check.answered();
  CHECK_OK(check.outbox());
  check.dispatched();
  CHECK_OK(check.inbound());
  CHECK_OK(check.directory());
  CHECK_OK(check.numbers());
  return std::move(check.report);
}

}  // namespace chancery::store
