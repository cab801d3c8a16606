#include "daemon/store/batch_table.h"

#include "daemon/store/encoding.h"

namespace chancery::store {

namespace {

constexpr std::size_t kRemembered = 16;

template <class T>
void remember(std::list<T>& list, T item) {
  list.push_front(std::move(item));
  if (list.size() > kRemembered) list.pop_back();
}

}  // namespace

BatchTree::BatchTree(crypto::BatchSignature signature, std::vector<Digest> leaves) : signature_(std::move(signature)) {
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) {
    const auto& below = levels_.back();
    std::vector<Digest> above(below.size() / 2);
    for (std::size_t i = 0; i < above.size(); ++i) above[i] = crypto::node_hash(below[2 * i], below[2 * i + 1]);
    levels_.push_back(std::move(above));
  }
}

crypto::Path BatchTree::path(std::uint32_t leaf) const {
  crypto::Path path{leaf, {}};
  path.hashes.reserve(levels_.size() - 1);
  std::size_t at = leaf;
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level, at /= 2)
    path.hashes.push_back(levels_[level][at ^ 1U]);
  return path;
}

Result<std::uint64_t> BatchTable::last_id() {
  auto q = database_.query("SELECT coalesce(max(id), 0) FROM batch");
  CHECK_OK(q.next());
  return q.number(0);
}

Result<void> BatchTable::insert(std::uint64_t id, const crypto::BatchSignature& s, const std::optional<Bytes>& leaves) {
  return database_
      .query("INSERT INTO batch (id, suite, key_id, signing_time, signature, statement, leaves) VALUES (?,?,?,?,?,?,?)",
             id, to_string(s.suite), s.key_id, s.signing_time, s.signature, as_bytes(s.statement), leaves)
      .run();
}

Result<void> BatchTable::insert_own(std::uint64_t id, const crypto::SignedBatch& batch) {
  return insert(id, batch.signature, encode_digests(batch.leaves));
}

Result<Place> BatchTable::place(const SignedStatement& statement, std::uint64_t new_id) {
  Place place{new_id, statement.path.index, encode_digests(statement.path.hashes)};
  for (const auto& [id, signature] : placed_) {
    if (!(signature == statement.signature)) continue;
    place.batch = id;
    return place;
  }
  CHECK_OK(insert(new_id, statement.signature, std::nullopt));
  remember(placed_, {new_id, statement.signature});
  return place;
}

Result<std::shared_ptr<const BatchTree>> BatchTable::find(std::uint64_t id) {
  for (const auto& [known, tree] : read_)
    if (known == id) return tree;
  auto q =
      database_.query("SELECT suite, key_id, signing_time, signature, statement, leaves FROM batch WHERE id = ?", id);
  if (!TRY(q.next())) return std::shared_ptr<const BatchTree>();
  const auto suite = crypto::parse_suite(q.text(0));
  if (!suite) return fail(Errc::corrupt, "store: batch " + std::to_string(id) + " has an unknown suite");
  auto leaves = TRY(decode_digests(q.view(5)));
  if ((leaves.size() & (leaves.size() - 1)) != 0)
    return fail(Errc::corrupt, "store: batch " + std::to_string(id) + " is not padded");
  auto tree = std::make_shared<const BatchTree>(
      crypto::BatchSignature{*suite, q.digest(1), q.integer(2), q.blob(3), q.text(4)}, std::move(leaves));
  remember(read_, {id, tree});
  return std::shared_ptr<const BatchTree>(std::move(tree));
}

Result<SignedStatement> BatchTable::load(std::string statement, const Place& place, std::uint64_t unsigned_batch) {
  SignedStatement s;
  s.statement = std::move(statement);
  s.path.index = place.leaf;
  if (place.batch == unsigned_batch && unsigned_batch != 0) return s;
  const auto tree = TRY(find(place.batch));
  if (tree == nullptr) return fail(Errc::corrupt, "store: batch " + std::to_string(place.batch) + " is not there");
  s.signature = tree->signature();
  if (place.path) {
    s.path.hashes = TRY(decode_digests(*place.path));
    return s;
  }
  if (!tree->holds(place.leaf)) return fail(Errc::corrupt, "store: batch " + std::to_string(place.batch) + " is short");
  s.path = tree->path(place.leaf);
  return s;
}

void BatchTable::forget() {
  read_.clear();
  placed_.clear();
}

}  // namespace chancery::store
