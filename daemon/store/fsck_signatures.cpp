#include "daemon/store/fsck_check.h"

#include <algorithm>

#include "daemon/store/encoding.h"

namespace chancery::store {

Result<void> FsckCheck::certificates() {
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
void FsckCheck::keep_keys(const std::string& authority, std::string_view statement,
                          const std::vector<Bytes>& certificates) {
  if (authority == self_ && !certificates.empty()) anchors_[authority].insert(crypto::sha256(certificates.front()));
  const auto designation = core::Designation::parse(statement);
  if (!designation) return;  // told where designations are checked
  for (const auto& key : designation->keys)
    if (key.role == core::KeyRole::sign) sign_keys_[{authority, key.id}].push_back({key.from, key.to});
}

bool FsckCheck::may_sign(const Batch& batch, const std::string& author, core::KeyRole role) const {
  if (role == core::KeyRole::anchor) {
    const auto anchors = anchors_.find(author);
    return anchors != anchors_.end() && anchors->second.contains(batch.key_id);
  }
  const auto spans = sign_keys_.find({author, batch.key_id});
  return spans != sign_keys_.end() && std::any_of(spans->second.begin(), spans->second.end(), [&](const Span& span) {
           return span.from <= batch.statement.created && batch.statement.created < span.to;
         });
}

void FsckCheck::check_leaves(const std::string& where, const Batch& batch) {
  if (batch.leaves.empty()) return;
  if (batch.leaves.size() != batch.statement.size) find(where, "has another number of leaves than it says");
  if (crypto::merkle_root(batch.leaves) != batch.statement.root) find(where, "its leaves have another root");
}

// Whether a stored designation names the key.
bool FsckCheck::check_signature(const std::string& where, const crypto::BatchSignature& signature) {
  const auto certificate = certificates_.find(signature.key_id);
  if (certificate == certificates_.end()) return false;
  const auto verified = crypto::verify_batch(signature, certificate->second);
  if (!verified) find(where, verified.error().detail);
  return true;
}

Result<void> FsckCheck::batches() {
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

void FsckCheck::check_signed(const Query& q, int column, const std::string& where, const std::string& author,
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

Result<void> FsckCheck::directory() {
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
  return revocation_lists();
}

// Under the anchor of an authority that is known.
Result<void> FsckCheck::revocation_lists() {
  auto q = database_.query("SELECT anchor, this_update, list FROM revocation_list");
  while (TRY(q.next())) {
    const auto where = place_of("revocation list of", to_string(q.digest(0)));
    const auto list = crypto::RevocationList::from_der(q.view(2));
    if (!list || list->this_update() != Instant{q.integer(1)}) {
      find(where, "filed under another time");
      continue;
    }
    const auto anchor = certificates_.find(q.digest(0));
    if (anchor == certificates_.end() || !list->issued_by(anchor->second)) find(where, "not signed by its anchor");
  }
  return {};
}

}  // namespace chancery::store
