#include "daemon/store/transaction_impl.h"

#include "daemon/core/decision.h"

#include "crypto/sealing.h"

namespace chancery::store {

namespace {

// Long enough that one who writes to many peers, or a few messages a second, need not make a key for each; short,
// because whoever gets a message with others sees the count in their wraps. Forgotten by the first group after it.
constexpr Duration kContextLife = seconds(2);

}  // namespace

Transaction::Impl::Impl(Database& db, Rows& all_rows, Journal journal, const Seams& world, std::string self,
                        Known known)
    : database(db),
      rows(all_rows),
      seams(world),
      authority(std::move(self)),
      journal_(std::move(journal)),
      known_(std::move(known)),
      committed_(known_) {}

void Transaction::Impl::begin_group(std::uint64_t batch) {
  now = seams.clock.now();
  batch_ = batch;
  next_batch_ = batch + 1;
  statements_.clear();
  leaves_.clear();
  gone_.clear();
  news.clear();
  noted_.clear();
  signed_.reset();
  // Before an act may hold one. A clock that was put back before it was made ends a context too.
  std::erase_if(contexts_,
                [&](const auto& known) { return now < known.second.made || now - known.second.made >= kContextLife; });
  submits_to_forget = true;
  tree_before_group_ = journal_.tree();
  texts_before_group_ = texts;
  rows.set_unsigned_batch(batch);
}

Result<void> Transaction::Impl::finish_group() {
  CHECK_OK(write_numbers());
  if (leaves_.empty()) return {};
  auto batch = crypto::sign_batch(authority, seams.sign_key, seams.sign_certificate, leaves_, now, seams.random);
  if (!batch) return fail(Errc::unavailable, "signing failed: " + batch.error().detail);
  CHECK_OK(rows.batches().insert_own(batch_, *batch));
  signed_.emplace(std::move(batch->signature), std::move(batch->leaves));
  return {};
}

void Transaction::Impl::keep_group() {
  if (log_to_empty_) contexts_.clear();  // what was erased may have been sealed under one
  rows.set_unsigned_batch(0);
  (void)known();
  committed_ = known_;
}

void Transaction::Impl::drop_group() {
  rows.set_unsigned_batch(0);
  rows.batches().forget();
  journal_.restore(std::move(tree_before_group_));
  texts = texts_before_group_;
  known_ = committed_;
  known_stale_ = false;
  signed_.reset();
  forget_read();
  numbers_.clear();
}

void Transaction::Impl::begin_act(std::uint32_t leaves, Undo undo) {
  first_leaf_ = leaves_.size();
  gone_before_act_ = gone_.size();
  news.begin_act();
  noted_before_act_ = noted_.size();
  allowed_ = leaves;
  known_touched_ = false;
  trouble_.reset();
  if (undo == Undo::with_the_group) return;
  tree_before_act_ = journal_.tree();
  texts_before_act_ = texts;
  numbers_before_act_ = numbers_;
}

void Transaction::Impl::undo_act() {
  statements_.resize(first_leaf_);
  leaves_.resize(first_leaf_);
  gone_.resize(gone_before_act_);
  news.undo_act();
  forget_read();
  numbers_ = numbers_before_act_;
  noted_.erase(noted_.begin() + static_cast<std::ptrdiff_t>(noted_before_act_), noted_.end());
  journal_.restore(std::move(tree_before_act_));
  texts = texts_before_act_;
  rows.batches().forget();
  if (known_touched_) known_stale_ = true;
}

// Before its first designation a store is being set up.
std::optional<core::ReasonCode> Transaction::Impl::why_unsigned(const core::Directory& directory,
                                                                const std::string& authority,
                                                                const Digest& sign_certificate, Instant now) {
  const auto* self = directory.find(authority);
  if (self == nullptr || self->history.empty()) return std::nullopt;
  if (directory.key(authority, core::KeyRole::sign, sign_certificate, now) != nullptr) return std::nullopt;
  return core::ReasonCode::sign_key_ended;
}

Result<void> Transaction::Impl::can_sign() {
  if (suspended) return fail(Errc::corrupt, "nothing is signed from this store: " + *suspended);
  if (!signs) return fail(Errc::unavailable, "nothing is signed while the signing key cannot be reached");
  if (why_unsigned(directory(), authority, seams.sign_certificate, now))
    return fail(Errc::unavailable, "nothing is signed while no designation in force names the key we sign with");
  return {};
}

Result<LeafRef> Transaction::Impl::sign(std::string statement) {
  CHECK_OK(can_sign());
  if (leaves_.size() - first_leaf_ >= allowed_) return fail(Errc::internal, "an act signs more than it said");
  leaves_.push_back(core::statement_digest(statement));
  statements_.push_back(std::move(statement));
  return LeafRef{static_cast<std::uint32_t>(leaves_.size() - 1)};
}

Result<crypto::HpkeSender*> Transaction::Impl::wrapping_context(const core::SealKey& key) {
  const auto id = key.id();
  const auto known = contexts_.find(id);
  if (known != contexts_.end()) return &known->second.context;
  const auto recipient = TRY(crypto::KemPublicKey::from_spki(key.public_key));
  auto sender = TRY(crypto::HpkeSender::create(recipient, crypto::wrap_info(authority, id)));
  return &contexts_.emplace(id, Wrapping{std::move(sender), now}).first->second.context;
}

core::JournalEntry Transaction::Impl::filled(core::JournalEntry entry) {
  entry.time = now;
  entry.salt = seams.random.bytes(crypto::kSaltSize);
  noted_.push_back({entry.act, entry.reasons});
  return entry;
}

Result<Digest> Transaction::Impl::append(core::JournalEntry entry) { return journal_.append(filled(std::move(entry))); }

Result<Digest> Transaction::Impl::append_first(core::JournalEntry entry) {
  return journal_.append_first(filled(std::move(entry)));
}

Result<core::ChainHead> Transaction::Impl::outbox_head(const std::string& peer) {
  const auto known = outbox_heads_.find(peer);
  if (known != outbox_heads_.end()) return known->second;
  return outbox_heads_[peer] = TRY(store::outbox_head(database, peer));
}

Result<core::ChainHead> Transaction::Impl::inbound_head(const std::string& sender) {
  const auto known = inbound_heads_.find(sender);
  if (known != inbound_heads_.end()) return known->second;
  return inbound_heads_[sender] = TRY(store::inbound_head(database, sender));
}

Result<std::uint64_t> Transaction::Impl::next_number(const std::string& series, int year) {
  const auto [known, is_new] = numbers_.try_emplace({series, year});
  auto& number = known->second;
  if (is_new) {
    auto q = database.query("SELECT last FROM number WHERE series = ? AND year = ?", series, year);
    number.is_there = TRY(q.next());
    if (number.is_there) number.last = q.number(0);
  }
  number.written = false;
  return ++number.last;
}

Result<void> Transaction::Impl::write_numbers() {
  for (auto& [of, number] : numbers_) {
    if (std::exchange(number.written, true)) continue;
    const auto& [series, year] = of;
    CHECK_OK(std::exchange(number.is_there, true)
                 ? database.query("UPDATE number SET last = ? WHERE series = ? AND year = ?", number.last, series, year)
                       .run()
                 : database.query("INSERT INTO number (last, series, year) VALUES (?,?,?)", number.last, series, year)
                       .run());
  }
  return {};
}

// What was read may have been rolled back.
void Transaction::Impl::forget_read() {
  outbox_heads_.clear();
  inbound_heads_.clear();
}

void Transaction::Impl::count(Tally& tally) const {
  for (const auto& entry : noted_) {
    ++tally.acts[entry.act];
    if (entry.receipt) ++tally.receipts[*entry.receipt];
    // Codes that we do not know are words of a peer.
    for (const auto& reason : entry.reasons)
      ++tally.reasons[{entry.act, core::parse_reason(reason).has_value() ? reason : "other"}];
  }
}

Result<void> Transaction::Impl::room() const {
  if (!full) return {};
  return fail(Errc::unavailable, "the disk is full: nothing is taken in until there is room again");
}

const Known& Transaction::Impl::known() {
  if (!known_stale_) return known_;
  auto loaded = load_known(rows, authority);
  if (loaded) {
    known_ = std::move(*loaded);
    known_stale_ = false;
  } else if (!trouble_) {
    trouble_ = loaded.error();
  }
  return known_;
}

void Transaction::Impl::known_changed() {
  known_stale_ = true;
  known_touched_ = true;
}

Result<Place> Transaction::Impl::place(const SignedStatement& statement) {
  auto place = TRY(rows.batches().place(statement, next_batch_));
  if (place.batch == next_batch_) ++next_batch_;
  return place;
}

Result<Known> load_known(Rows& rows, const std::string& authority) {
  auto directory = TRY(load_directory(rows, authority));
  auto joint_acts = TRY(load_joint_acts(rows, directory));
  Users users;
  for (auto& user : TRY(rows.users())) users.emplace(crypto::sha256(user.certificate), std::move(user));
  return Known{std::make_shared<const core::Directory>(std::move(directory)),
               std::make_shared<const core::JointActBook>(std::move(joint_acts)),
               std::make_shared<const Users>(std::move(users))};
}

}  // namespace chancery::store
