#include "daemon/store/transaction_impl.h"

#include "crypto/sealing.h"

namespace chancery::store {

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
  signed_.reset();
  contexts_.clear();
  tree_before_group_ = journal_.tree();
  rows.set_unsigned_batch(batch);
}

Result<void> Transaction::Impl::sign_group() {
  if (leaves_.empty()) return {};
  auto batch = crypto::sign_batch(authority, seams.sign_key, seams.sign_certificate, leaves_, now, seams.random);
  if (!batch) return fail(Errc::unavailable, "signing failed: " + batch.error().detail);
  CHECK_OK(rows.batches().insert_own(batch_, *batch));
  signed_.emplace(std::move(batch->signature), std::move(batch->leaves));
  return {};
}

void Transaction::Impl::keep_group() {
  rows.set_unsigned_batch(0);
  (void)known();
  committed_ = known_;
}

void Transaction::Impl::drop_group() {
  rows.set_unsigned_batch(0);
  rows.batches().forget();
  journal_.restore(std::move(tree_before_group_));
  known_ = committed_;
  known_stale_ = false;
  signed_.reset();
}

void Transaction::Impl::begin_act(std::uint32_t leaves) {
  first_leaf_ = leaves_.size();
  allowed_ = leaves;
  known_touched_ = false;
  trouble_.reset();
  tree_before_act_ = journal_.tree();
}

void Transaction::Impl::undo_act() {
  statements_.resize(first_leaf_);
  leaves_.resize(first_leaf_);
  journal_.restore(std::move(tree_before_act_));
  rows.batches().forget();
  if (known_touched_) known_stale_ = true;
}

Result<LeafRef> Transaction::Impl::sign(std::string statement) {
  if (leaves_.size() - first_leaf_ >= allowed_) return fail(Errc::internal, "an act signs more than it said");
  leaves_.push_back(core::statement_digest(statement));
  statements_.push_back(std::move(statement));
  return LeafRef{static_cast<std::uint32_t>(leaves_.size() - 1)};
}

Result<crypto::HpkeSender*> Transaction::Impl::wrapping_context(const core::SealKey& key) {
  const auto id = key.id();
  const auto known = contexts_.find(id);
  if (known != contexts_.end()) return &known->second;
  const auto recipient = TRY(crypto::PublicKey::from_spki(key.public_key));
  auto sender = TRY(crypto::HpkeSender::create(recipient, crypto::wrap_info(authority, id)));
  return &contexts_.emplace(id, std::move(sender)).first->second;
}

Result<Digest> Transaction::Impl::append(core::JournalEntry entry) {
  entry.time = now;
  entry.salt = seams.random.bytes(crypto::kSaltSize);
  return journal_.append(std::move(entry));
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
  return Known{std::make_shared<const core::Directory>(std::move(directory)),
               std::make_shared<const core::JointActBook>(std::move(joint_acts))};
}

}  // namespace chancery::store
