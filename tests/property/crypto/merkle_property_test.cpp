// Laws of trees and batches, against the recursion of the RFC.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

std::size_t up_to(std::size_t end) { return *rc::gen::inRange<std::size_t>(0, end); }

RC_GTEST_PROP(Merkle, ProvesEveryLeafOfEverySize, ()) {
  const auto leaves = some_leaves(1 + up_to(300));
  const auto index = up_to(leaves.size());
  const auto root = merkle_root(leaves);
  const auto path = inclusion_path(leaves, {index});
  RC_ASSERT(root == naive_root(leaves));
  RC_ASSERT(path == naive_path(leaves, index));
  RC_ASSERT(verify_inclusion(leaves[index], {index}, {leaves.size()}, path, root));
}

RC_GTEST_PROP(Merkle, ProvesNoLeafAtAnotherPlace, ()) {
  const auto leaves = some_leaves(2 + up_to(100));
  const auto index = up_to(leaves.size());
  const auto other = up_to(leaves.size() + 10);
  RC_PRE(other != index);
  const auto path = inclusion_path(leaves, {index});
  RC_ASSERT(!verify_inclusion(leaves[index], {other}, {leaves.size()}, path, merkle_root(leaves)));
}

RC_GTEST_PROP(Merkle, ProvesThatItOnlyGrew, ()) {
  const auto leaves = some_leaves(1 + up_to(300));
  const auto first = 1 + up_to(leaves.size());
  const auto proof = naive_proof(leaves, first);
  const auto before = naive_root(std::span(leaves).first(first));
  const auto after = naive_root(leaves);
  RC_ASSERT(verify_consistency({first}, {leaves.size()}, proof, before, after));
  auto changed = std::vector(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(first));
  changed[up_to(first)].value[0] ^= 1U;
  RC_ASSERT(!verify_consistency({first}, {leaves.size()}, proof, naive_root(changed), after));
}

RC_GTEST_PROP(Batch, HoldsEveryStatementAndNoOther, ()) {
  static auto authority = make_authority();
  SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
  const auto leaves = some_leaves(1 + up_to(256));
  const auto batch = sign_batch("cn-example", authority.key, authority.certificate.id(), leaves, kNow, random).value();
  const auto statement = verify_batch(batch.signature, authority.certificate).value();
  const auto index = static_cast<std::uint32_t>(up_to(leaves.size()));
  const auto path = batch.path(index);
  RC_ASSERT(in_batch(statement, leaves[index], path));
  RC_ASSERT(!in_batch(statement, leaf_hash(as_bytes("another")), path));
}

RC_GTEST_PROP(Batch, RefusesAnyFlippedBitOfTheSignature, ()) {
  static auto authority = make_authority();
  SeededRandom random(1);
  auto signature = sign_batch("cn-example", authority.key, authority.certificate.id(), some_leaves(1), kNow, random)
                       .value()
                       .signature;
  const auto bit = up_to(signature.signature.size() * 8);
  signature.signature[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  RC_ASSERT(!verify_batch(signature, authority.certificate).has_value());
}

}  // namespace
}  // namespace chancery::crypto
