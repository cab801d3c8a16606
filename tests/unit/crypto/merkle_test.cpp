#include "crypto/merkle.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

// Placeholders that are no digest cannot reach the verifier; they stand for a refusal.
std::optional<Digest> digest_of(const std::string& cell) {
  const auto bytes = parse_hex(cell);
  if (!bytes.has_value()) return std::nullopt;
  const auto digest = to_digest(bytes.value());
  return digest.has_value() ? std::optional(digest.value()) : std::nullopt;
}

std::vector<Digest> proof_of(const std::string& cell) {
  std::vector<Digest> proof;
  if (cell == "-") return proof;
  std::istringstream in(cell);
  for (std::string one; std::getline(in, one, ',');) {
    const auto digest = digest_of(one);
    proof.push_back(digest ? *digest : Digest{});
  }
  return proof;
}

TEST(VerifyInclusion, MatchesThePublishedVectors) {
  const auto rows = table("rfc6962_inclusion.tsv");
  ASSERT_EQ(rows.size(), 98U);
  for (const auto& row : rows) {
    const auto root = digest_of(row[3]);
    const auto leaf = digest_of(row[4]);
    const bool valid =
        root && leaf && verify_inclusion(*leaf, {std::stoull(row[1])}, {std::stoull(row[2])}, proof_of(row[5]), *root);
    EXPECT_EQ(valid, row[6] == "0") << row[0];
  }
}

TEST(VerifyConsistency, MatchesThePublishedVectors) {
  const auto rows = table("rfc6962_consistency.tsv");
  ASSERT_EQ(rows.size(), 98U);
  for (const auto& row : rows) {
    if (row[0].ends_with("sizes-are-equal-one-and-proof-is-empty.json")) continue;  // valid, but with 12-byte roots
    const auto first = digest_of(row[3]);
    const auto second = digest_of(row[4]);
    const bool valid =
        first && second &&
        verify_consistency({std::stoull(row[1])}, {std::stoull(row[2])}, proof_of(row[5]), *first, *second);
    EXPECT_EQ(valid, row[6] == "0") << row[0];
  }
}

TEST(MerkleRoot, HashesLeavesAndNodesApart) {
  EXPECT_EQ(merkle_root({}), sha256(BytesView{}));
  EXPECT_EQ(leaf_hash({}), sha256(Bytes{0}));
  const auto leaves = some_leaves(2);
  EXPECT_EQ(merkle_root(leaves), sha256({Bytes{1}, leaves[0].view(), leaves[1].view()}));
}

// What a log keeps: for each leaf the hashes it completes.
class StoredTree {
 public:
  explicit StoredTree(std::span<const Digest> leaves) {
    for (const auto& leaf : leaves) records_.push_back(tree_.append(leaf));
  }
  [[nodiscard]] GrowingTree::NodeReader reader() {
    return [this](LeafIndex index, unsigned level) -> Result<Digest> {
      ++reads_;
      if (index.value >= records_.size() || level >= records_[index.value].size())
        return fail(Errc::corrupt, "no such node");
      return records_[index.value][level];
    };
  }
  [[nodiscard]] const GrowingTree& tree() const { return tree_; }
  std::size_t take_reads() { return std::exchange(reads_, 0); }

 private:
  GrowingTree tree_;
  std::vector<std::vector<Digest>> records_;
  std::size_t reads_ = 0;
};

TEST(GrowingTree, HasTheRootOfTheNaiveTwinAtEverySize) {
  const auto leaves = some_leaves(130);
  GrowingTree tree;
  EXPECT_EQ(tree.root(), naive_root({}));
  for (std::size_t n = 1; n <= leaves.size(); ++n) {
    tree.append(leaves[n - 1]);
    EXPECT_EQ(tree.root(), naive_root(std::span(leaves).first(n)));
    EXPECT_EQ(merkle_root(std::span(leaves).first(n)), naive_root(std::span(leaves).first(n)));
  }
}

TEST(GrowingTree, ContinuesWhereItWasStored) {
  const auto leaves = some_leaves(70);
  for (std::size_t n = 0; n < leaves.size(); ++n) {
    const auto part = std::span(leaves).first(n);
    StoredTree stored(part);
    auto tree = GrowingTree::resume({n}, stored.reader()).value();
    EXPECT_EQ(tree.size().value, n);
    tree.append(leaves[n]);
    EXPECT_EQ(tree.root(), naive_root(std::span(leaves).first(n + 1)));
  }
}

TEST(StoredProofs, AreThoseOfTheNaiveTwin) {
  const auto leaves = some_leaves(40);
  StoredTree stored(leaves);
  for (std::size_t n = 1; n <= leaves.size(); ++n) {
    const auto part = std::span(leaves).first(n);
    const auto root = naive_root(part);
    EXPECT_EQ(stored_root({n}, stored.reader()).value(), root);
    for (std::size_t i = 0; i < n; ++i) {
      const auto path = stored_inclusion({i}, {n}, stored.reader()).value();
      EXPECT_EQ(path, naive_path(part, i));
      EXPECT_EQ(inclusion_path(part, {i}), path);
      EXPECT_TRUE(verify_inclusion(part[i], {i}, {n}, path, root));
    }
    for (std::size_t first = 1; first <= n; ++first) {
      const auto proof = stored_consistency({first}, {n}, stored.reader()).value();
      EXPECT_EQ(proof, naive_proof(part, first));
      EXPECT_TRUE(verify_consistency({first}, {n}, proof, naive_root(part.first(first)), root));
    }
  }
}

TEST(StoredProofs, ReadFewNodesAndPassOnWhatCannotBeRead) {
  const auto leaves = some_leaves(1000);
  StoredTree stored(leaves);
  static_cast<void>(stored_inclusion({517}, {999}, stored.reader()).value());
  EXPECT_LE(stored.take_reads(), 40U);
  EXPECT_EQ(stored_root({1001}, stored.reader()).error().code, Errc::corrupt);
  EXPECT_EQ(stored_inclusion({5}, {5}, stored.reader()).error().code, Errc::not_found);
  EXPECT_EQ(stored_consistency({6}, {5}, stored.reader()).error().code, Errc::not_found);
}

TEST(VerifyInclusion, RefusesEveryChangedPath) {
  const auto leaves = some_leaves(13);
  const auto root = merkle_root(leaves);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const auto path = inclusion_path(leaves, {i});
    for (std::size_t k = 0; k < path.size(); ++k) {
      auto changed = path;
      changed[k].value[0] ^= 1U;
      EXPECT_FALSE(verify_inclusion(leaves[i], {i}, {13}, changed, root));
    }
    auto longer = path;
    longer.push_back(root);
    EXPECT_FALSE(verify_inclusion(leaves[i], {i}, {13}, longer, root));
    EXPECT_FALSE(verify_inclusion(leaves[i], {i}, {13}, std::span(path).first(path.size() - 1), root));
    for (std::size_t other = 0; other < 16; ++other)
      EXPECT_EQ(verify_inclusion(leaves[i], {other}, {13}, path, root), other == i);
  }
}

}  // namespace
}  // namespace chancery::crypto
