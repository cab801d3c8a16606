#include "crypto/merkle.h"

#include <algorithm>
#include <array>
#include <bit>

namespace chancery::crypto {
namespace {

constexpr std::array<std::uint8_t, 1> kLeafPrefix = {0};
constexpr std::array<std::uint8_t, 1> kNodePrefix = {1};

// The next level up; a last node without a partner rises unchanged, which is what RFC 9162's split at the largest
// power of two comes to.
std::vector<Digest> parents(std::span<const Digest> level) {
  std::vector<Digest> up;
  up.reserve((level.size() + 1) / 2);
  for (std::size_t i = 0; i + 1 < level.size(); i += 2) up.push_back(node_hash(level[i], level[i + 1]));
  if (level.size() % 2 != 0) up.push_back(level.back());
  return up;
}

// fn and sn of RFC 9162 2.1.3.2 and 2.1.4.2: where we are and where the last node is, on the way up.
struct Climb {
  std::uint64_t at;
  std::uint64_t last;

  void up() {
    at >>= 1U;
    last >>= 1U;
  }
  // Whether the next proof hash stands on the left. Skips the levels on which this node has no partner.
  bool partner_is_left() {
    if (at % 2 == 0 && at != last) return false;
    while (at % 2 == 0 && at != 0) up();
    return true;
  }
};

}  // namespace

Digest leaf_hash(BytesView leaf) { return sha256({kLeafPrefix, leaf}); }

Digest node_hash(const Digest& left, const Digest& right) { return sha256({kNodePrefix, left.view(), right.view()}); }

Digest merkle_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256(BytesView{});
  std::vector<Digest> level(leaves.begin(), leaves.end());
  while (level.size() > 1) level = parents(level);
  return level.front();
}

std::vector<Digest> inclusion_path(std::span<const Digest> leaves, LeafIndex index) {
  if (index.value >= leaves.size()) bug("inclusion_path: no such leaf");
  std::vector<Digest> path;
  std::vector<Digest> level(leaves.begin(), leaves.end());
  for (auto at = index.value; level.size() > 1; at /= 2) {
    const auto partner = at ^ 1U;
    if (partner < level.size()) path.push_back(level[partner]);
    level = parents(level);
  }
  return path;
}

bool verify_inclusion(const Digest& leaf, LeafIndex index, TreeSize size, std::span<const Digest> path,
                      const Digest& root) {
  if (index.value >= size.value) return false;
  Climb climb{index.value, size.value - 1};
  Digest hash = leaf;
  for (const auto& partner : path) {
    if (climb.last == 0) return false;
    hash = climb.partner_is_left() ? node_hash(partner, hash) : node_hash(hash, partner);
    climb.up();
  }
  return climb.last == 0 && hash == root;
}

bool verify_consistency(TreeSize first, TreeSize second, std::span<const Digest> proof, const Digest& first_root,
                        const Digest& second_root) {
  if (first > second) return false;
  if (first == second) return proof.empty() && first_root == second_root;
  // RFC 9162 begins at size 1: whoever held the empty tree held nothing that could be continued.
  if (first.value == 0 || proof.empty()) return false;
  // When the first tree is a full subtree of the second, the proof leaves its root out.
  const bool full = std::has_single_bit(first.value);
  Climb climb{first.value - 1, second.value - 1};
  while (climb.at % 2 == 1) climb.up();
  Digest first_hash = full ? first_root : proof.front();
  Digest second_hash = first_hash;
  for (const auto& partner : proof.subspan(full ? 0 : 1)) {
    if (climb.last == 0) return false;
    if (climb.partner_is_left()) {
      first_hash = node_hash(partner, first_hash);
      second_hash = node_hash(partner, second_hash);
    } else {
      second_hash = node_hash(second_hash, partner);
    }
    climb.up();
  }
  return climb.last == 0 && first_hash == first_root && second_hash == second_root;
}

std::vector<Digest> GrowingTree::append(const Digest& leaf) {
  std::vector<Digest> completed{leaf};
  for (auto rest = size_.value; rest % 2 == 1; rest /= 2) {
    completed.push_back(node_hash(frontier_.back(), completed.back()));
    frontier_.pop_back();
  }
  frontier_.push_back(completed.back());
  ++size_.value;
  return completed;
}

Digest GrowingTree::root() const {
  if (frontier_.empty()) return sha256(BytesView{});
  Digest hash = frontier_.back();
  for (auto it = frontier_.rbegin() + 1; it != frontier_.rend(); ++it) hash = node_hash(*it, hash);
  return hash;
}

}  // namespace chancery::crypto
