#include "daemon/service/seal_keys.h"

#include <algorithm>

#include "daemon/core/acceptance.h"

namespace chancery::service {

namespace {

constexpr std::size_t kContexts = 256;

// Issued under the designation in force: who knows no older one verifies it. And of the suite that is to be used now.
bool lasts(const core::DirectoryEntry& own, const Digest& designation, crypto::Suite suite, Instant now) {
  return std::any_of(own.seal_keys.begin(), own.seal_keys.end(), [&](const core::SealKey& key) {
    return key.from <= now && now < key.to - kSealKeyRenewal && key.designation == designation && key.suite == suite;
  });
}

core::SealKey seal_key(const std::string& authority, const core::Designation& designation,
                       const crypto::KemPublicKey& key, Instant now) {
  core::SealKey out;
  out.authority = authority;
  out.designation = core::statement_digest(designation.to_text());
  out.suite = key.suite();
  out.public_key.assign(key.spki().begin(), key.spki().end());
  out.from = now - core::kClockMargin;  // a peer whose clock is a little behind can use it at once
  out.to = out.from + kSealKeyLife;
  out.accept_until = out.to + core::kSealKeyGrace;
  return out;
}

core::JournalEntry entry_of(const std::string& actor, const std::string& authority, const std::string& statement) {
  core::JournalEntry entry;
  entry.actor = actor;
  entry.act = core::Act::seal_key_issued;
  entry.subject = authority;
  entry.content = core::statement_digest(statement);
  return entry;
}

Result<bool> issue(const Node& node, store::Transaction& tx) {
  const auto& self = node.identity.authority;
  const auto now = tx.now();
  const auto* designation = tx.directory().designation(self, now);
  if (designation == nullptr) return fail(Errc::unavailable, "no designation of ours is in force");
  const auto suite = node.identity.suite;
  if (lasts(*tx.directory().find(self), core::statement_digest(designation->to_text()), suite, now)) return false;
  const auto key = TRY(crypto::KemPrivateKey::generate(suite));
  const auto statement = seal_key(self, *designation, key.public_key(), now);
  const auto pem = key.to_pem();
  store::SealKeyRecord record;
  record.statement.statement = statement.to_text();
  record.sealed_private_key =
      crypto::seal_at_rest(node.storage_key.view(), statement.id().view(), pem.view(), tx.random());
  const auto leaf = TRY(tx.sign(record.statement.statement));
  CHECK_OK(tx.record_seal_key(record, leaf, entry_of("daemon", self, record.statement.statement)));
  return true;
}

}  // namespace

Result<bool> SealKeys::renew() {
  // An act of its own: keys are destroyed whether or not a new one can be issued.
  const auto destroyed =
      node_.store.run<void>(0, [](store::Transaction& tx) { return tx.destroy_seal_keys(tx.now()); });
  auto issued = node_.store.run<bool>(1, [this](store::Transaction& tx) { return issue(node_, tx); });
  const std::lock_guard lock(mutex_);
  const auto now = node_.clock.now();
  const auto kept = keys_.size();
  std::erase_if(keys_, [&](const auto& item) { return item.second->accept_until < now; });
  if (keys_.size() != kept) {  // what was derived from a destroyed key goes with it
    contexts_.clear();
    context_order_.clear();
  }
  CHECK_OK(destroyed);
  return issued;
}

Result<std::shared_ptr<const SealKeys::OwnKey>> SealKeys::load(const Digest& id) {
  for (const auto& record : TRY(node_.store.reader().seal_keys(node_.identity.authority))) {
    const auto statement = TRY(core::SealKey::parse(record.statement.statement));
    if (statement.id() != id) continue;
    if (record.sealed_private_key.empty()) return fail(Errc::stale, "seal key destroyed");
    // A fault of ours: not for the sender to hear that its message does not open.
    const auto pem = crypto::open_at_rest(node_.storage_key.view(), id.view(), record.sealed_private_key);
    if (!pem.has_value()) return fail(Errc::corrupt, "stored seal key: " + pem.error().detail);
    auto key = crypto::KemPrivateKey::from_pem(pem->view());
    if (!key.has_value()) return fail(Errc::corrupt, "stored seal key: " + key.error().detail);
    return std::make_shared<const OwnKey>(OwnKey{statement.accept_until, std::move(*key)});
  }
  return fail(Errc::not_found, "not a seal key of ours");
}

Result<std::shared_ptr<const SealKeys::OwnKey>> SealKeys::own_key(const Digest& id) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = keys_.find(id);
    if (known != keys_.end()) return known->second;
  }
  auto key = TRY(load(id));
  const std::lock_guard lock(mutex_);
  return keys_.emplace(id, std::move(key)).first->second;
}

Result<SealKeys::Context> SealKeys::context(std::string_view wrapper, const crypto::Wrap& wrap, const OwnKey& key) {
  const auto info = crypto::wrap_info(wrapper, wrap.key_id);
  auto name = concat({wrap.enc, info});
  {
    const std::lock_guard lock(mutex_);
    const auto known = contexts_.find(name);
    if (known != contexts_.end()) return known->second;
  }
  auto made = std::make_shared<const crypto::HpkeReceiver>(TRY(crypto::HpkeReceiver::create(key.key, wrap.enc, info)));
  const std::lock_guard lock(mutex_);
  if (!contexts_.emplace(name, made).second) return made;
  context_order_.push_back(std::move(name));
  if (context_order_.size() > kContexts) {
    contexts_.erase(context_order_.front());
    context_order_.pop_front();
  }
  return made;
}

Result<crypto::SecretBytes> SealKeys::unwrap(std::string_view wrapper, const crypto::Wrap& wrap, const Digest& header) {
  const auto key = TRY(own_key(wrap.key_id));
  if (key->accept_until < node_.clock.now()) return fail(Errc::stale, "seal key no longer accepted");
  const auto receiver = TRY(context(wrapper, wrap, *key));
  return crypto::unwrap_key(*receiver, wrap, header);
}

Result<crypto::SecretBytes> SealKeys::unwrap(const crypto::Wrap& wrap, const crypto::RewrapContext& context) {
  const auto key = TRY(own_key(wrap.key_id));
  if (key->accept_until < node_.clock.now()) return fail(Errc::stale, "seal key no longer accepted");
  return crypto::unwrap_rewrapped(key->key, wrap, context);
}

namespace {

// A seal key of this peer as it may be used; nothing when it does not hold.
std::optional<core::SealKey> check(const std::string& peer, const wire::Proven& stated, FrameVerifier& verifier) {
  const auto finding = verifier.find(stated);
  if (finding.standing != Standing::holds || finding.batch->signer != peer) return std::nullopt;
  const auto key = core::SealKey::parse(stated.statement);
  if (!key.has_value() || key->authority != peer) return std::nullopt;
  const auto usable = crypto::KemPublicKey::from_spki(key->public_key);
  if (!usable.has_value() || usable->suite() != key->suite) return std::nullopt;
  return *key;
}

// Newer than every one we have: what was known is not recorded again, and an old one would never be used. What another
// may have stated keeps none out.
bool is_news(const core::Directory& directory, const core::SealKey& key) {
  const auto* entry = directory.find(key.authority);
  return entry != nullptr &&
         std::all_of(entry->seal_keys.begin(), entry->seal_keys.end(), [&](const core::SealKey& known) {
           return known.from < key.from || (known.id() != key.id() && directory.is_doubtful(known));
         });
}

Result<void> record(const Node& node, const core::SealKey& key, const store::SignedStatement& statement) {
  return node.store.run<void>(0, [&](store::Transaction& tx) -> Result<void> {
    if (!is_news(tx.directory(), key)) return {};
    const auto entry = entry_of("peer:" + key.authority, key.authority, statement.statement);
    return tx.record_seal_key({statement, {}}, std::nullopt, entry);
  });
}

}  // namespace

Result<std::size_t> take_seal_keys(const Node& node, const std::string& peer, const std::vector<wire::Proven>& stated,
                                   FrameVerifier& verifier) {
  std::size_t rejected = 0;
  for (const auto& proven : stated) {
    const auto key = check(peer, proven, verifier);
    if (!key) {
      ++rejected;
    } else if (is_news(*node.store.directory(), *key)) {
      CHECK_OK(record(node, *key, verifier.evidence(proven)));
    }
  }
  return rejected;
}

}  // namespace chancery::service
