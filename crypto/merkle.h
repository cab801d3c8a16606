// Merkle trees of RFC 9162 section 2.1 over SHA-256: roots, inclusion and consistency proofs.
// Leaves and nodes hash under different prefixes (00, 01), so one cannot pass for the other.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "crypto/digest.h"

namespace chancery::crypto {

struct LeafIndex {
  std::uint64_t value = 0;
  auto operator<=>(const LeafIndex&) const = default;
};
struct TreeSize {
  std::uint64_t value = 0;
  auto operator<=>(const TreeSize&) const = default;
};

Digest leaf_hash(BytesView leaf);                           // SHA-256(00 || leaf)
Digest node_hash(const Digest& left, const Digest& right);  // SHA-256(01 || left || right)

// Root over leaf hashes; of no leaves SHA-256 of nothing.
Digest merkle_root(std::span<const Digest> leaves);
// Path from leaf `index` to the root, lowest first. `index` must be inside; outside is our own bug.
std::vector<Digest> inclusion_path(std::span<const Digest> leaves, LeafIndex index);
// RFC 9162 2.1.3.2. False for any malformed input.
bool verify_inclusion(const Digest& leaf, LeafIndex index, TreeSize size, std::span<const Digest> path,
                      const Digest& root);
// RFC 9162 2.1.4.2. False for any malformed input, and for a first size of 0 unless both trees are empty: nothing
// was promised. Equal sizes need equal roots and no proof.
bool verify_consistency(TreeSize first, TreeSize second, std::span<const Digest> proof, const Digest& first_root,
                        const Digest& second_root);

// A tree that only grows, kept outside: whoever stores it keeps, for leaf i, the hashes of the nodes
// that leaf completes (the leaf itself, then each full subtree it closes, lowest first).
class GrowingTree {
 public:
  // Reads hash `level` (0 = leaf) of the record that leaf `index` completed.
  using NodeReader = std::function<Result<Digest>(LeafIndex index, unsigned level)>;

  GrowingTree() = default;
  // Continues a stored tree of `size` leaves; reads only O(log size) nodes.
  static Result<GrowingTree> resume(TreeSize size, const NodeReader& read);

  // Adds a leaf hash; returns the hashes it completes, leaf first (at least one, at most 64).
  std::vector<Digest> append(const Digest& leaf);
  [[nodiscard]] TreeSize size() const { return size_; }
  [[nodiscard]] Digest root() const;

 private:
  TreeSize size_;
  std::vector<Digest> frontier_;  // roots of the full subtrees, largest first
};

// Proofs from stored nodes, O(log n) reads each.
Result<Digest> stored_root(TreeSize size, const GrowingTree::NodeReader& read);
Result<std::vector<Digest>> stored_inclusion(LeafIndex index, TreeSize size, const GrowingTree::NodeReader& read);
Result<std::vector<Digest>> stored_consistency(TreeSize first, TreeSize second, const GrowingTree::NodeReader& read);

}  // namespace chancery::crypto
