// Trees and proofs from nodes that somebody stored, each in the record of the leaf that completed it.
#include <algorithm>
#include <bit>
#include <ranges>

#include "crypto/merkle.h"

namespace chancery::crypto {
namespace {

// Leaves [begin, begin + size) of the tree; RFC 9162 splits it at the largest power of two below its size.
struct Range {
  std::uint64_t begin;
  std::uint64_t size;

  [[nodiscard]] bool full() const { return std::has_single_bit(size); }
  [[nodiscard]] std::uint64_t split() const { return std::bit_floor(size - 1); }
  [[nodiscard]] Range left() const { return {begin, split()}; }
  [[nodiscard]] Range right() const { return {begin + split(), size - split()}; }
};

// A full subtree stands in the record of its last leaf; any other is its full left part and, again, the rest.
Result<Digest> range_root(Range range, const GrowingTree::NodeReader& read) {
  std::vector<Digest> lefts;
  for (; !range.full(); range = range.right()) {
    const auto left = range.left();
    lefts.push_back(
        TRY(read(LeafIndex{left.begin + left.size - 1}, static_cast<unsigned>(std::countr_zero(left.size)))));
  }
  auto hash = TRY(read(LeafIndex{range.begin + range.size - 1}, static_cast<unsigned>(std::countr_zero(range.size))));
  for (const auto& left : std::views::reverse(lefts)) hash = node_hash(left, hash);
  return hash;
}

}  // namespace

Result<GrowingTree> GrowingTree::resume(TreeSize size, const NodeReader& read) {
  GrowingTree tree;
  tree.size_ = size;
  std::uint64_t end = 0;
  for (unsigned level = 64; level-- > 0;) {
    if ((size.value >> level) % 2 == 0) continue;
    end += std::uint64_t{1} << level;
    tree.frontier_.push_back(TRY(read(LeafIndex{end - 1}, level)));
  }
  return tree;
}

Result<Digest> stored_root(TreeSize size, const GrowingTree::NodeReader& read) {
  if (size.value == 0) return sha256(BytesView{});
  return range_root({0, size.value}, read);
}

Result<std::vector<Digest>> stored_inclusion(LeafIndex index, TreeSize size, const GrowingTree::NodeReader& read) {
  if (index.value >= size.value) return fail(Errc::not_found, "inclusion: leaf outside the tree");
  std::vector<Digest> path;
  for (Range range{0, size.value}; range.size > 1;) {
    const bool in_left = index.value < range.right().begin;
    path.push_back(TRY(range_root(in_left ? range.right() : range.left(), read)));
    range = in_left ? range.left() : range.right();
  }
  std::reverse(path.begin(), path.end());
  return path;
}

// SUBPROOF of RFC 9162 2.1.4.1, from the top down.
Result<std::vector<Digest>> stored_consistency(TreeSize first, TreeSize second, const GrowingTree::NodeReader& read) {
  if (first > second) return fail(Errc::not_found, "consistency: the first tree is the larger");
  std::vector<Digest> proof;
  if (first.value == 0 || first == second) return proof;
  Range range{0, second.value};
  while (range.begin + range.size != first.value) {
    const bool in_left = first.value <= range.right().begin;
    proof.push_back(TRY(range_root(in_left ? range.right() : range.left(), read)));
    range = in_left ? range.left() : range.right();
  }
  if (range.begin != 0) proof.push_back(TRY(range_root(range, read)));
  std::reverse(proof.begin(), proof.end());
  return proof;
}

}  // namespace chancery::crypto
