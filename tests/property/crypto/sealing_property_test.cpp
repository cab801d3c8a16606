// open(seal(x)) = x, and any flipped bit is refused.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/aead.h"
#include "crypto/extract.h"
#include "crypto/sealing.h"
#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

void flip_a_bit(std::span<std::uint8_t> bytes) {
  const auto bit = *rc::gen::inRange<std::size_t>(0, bytes.size() * 8);
  bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
}

std::vector<Bytes> some_parts() { return *rc::gen::nonEmpty(rc::gen::arbitrary<std::vector<Bytes>>()); }

RC_GTEST_PROP(Body, OpensToWhatWasSealed, (std::uint64_t seed, Bytes header_bytes)) {
  SeededRandom random(seed);
  const auto header = sha256(header_bytes);
  const auto parts = some_parts();
  const auto body = seal_body(parts, header, random).value();
  const auto opened = open_body(body.ciphertexts, body.commitments, body.content_key.view(), header).value();
  RC_ASSERT(opened.size() == parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) RC_ASSERT(opened[i].content == parts[i]);
}

RC_GTEST_PROP(Body, RefusesAnyFlippedBit, (std::uint64_t seed)) {
  SeededRandom random(seed);
  const auto header = sha256(u64be(seed));
  auto body = seal_body(some_parts(), header, random).value();
  flip_a_bit(body.ciphertexts[*rc::gen::inRange<std::size_t>(0, body.ciphertexts.size())]);
  RC_ASSERT(!open_body(body.ciphertexts, body.commitments, body.content_key.view(), header).has_value());
  // and when the sender committed to the changed ciphertext
  body.commitments.cipher_root = cipher_root(body.ciphertexts);
  RC_ASSERT(!open_body(body.ciphertexts, body.commitments, body.content_key.view(), header).has_value());
}

// Some parts of a body of some parts: they open, whatever way they were cut, and no flipped bit of what proves them.
RC_GTEST_PROP(Extracts, CutTwiceAreAsCutOnceAndRefuseAnyFlippedBit, (std::uint64_t seed)) {
  SeededRandom random(seed);
  const auto header = sha256(u64be(seed));
  const auto parts = some_parts();
  const auto body = seal_body(parts, header, random).value();
  const auto kept = *rc::gen::inRange<std::size_t>(0, parts.size());
  std::vector<std::uint32_t> first, second;
  for (std::uint32_t i = 0; i < parts.size(); ++i) {
    const bool in_first = i == kept || *rc::gen::arbitrary<bool>();
    if (in_first) first.push_back(i);
    if (in_first && (i == kept || *rc::gen::arbitrary<bool>())) second.push_back(i);
  }
  const auto whole = extract_all(body.ciphertexts, body.content_key.view());
  const auto once = narrow(whole, body.commitments, header, first);
  auto twice = std::move(narrow(*once, body.commitments, header, second).value());
  RC_ASSERT(twice.extract == narrow(whole, body.commitments, header, second)->extract);
  const auto opened = open_extract(twice.extract, body.commitments, twice.keys.view(), header).value();
  RC_ASSERT(opened.size() == second.size());
  for (std::size_t i = 0; i < second.size(); ++i) RC_ASSERT(opened[i].content == parts[second[i]]);
  if (twice.extract.omitted.empty()) return;
  auto& leaves = twice.extract.omitted[*rc::gen::inRange<std::size_t>(0, twice.extract.omitted.size())];
  flip_a_bit(*rc::gen::arbitrary<bool>() ? leaves.body.value : leaves.cipher.value);
  RC_ASSERT(!open_extract(twice.extract, body.commitments, twice.keys.view(), header).has_value());
}

RC_GTEST_PROP(Aead, OpensWhatItSealedAndNothingElse, (Bytes aad, Bytes plain)) {
  const Bytes key(32, 7);
  auto sealed = aead_seal(key, Nonce{}, aad, plain);
  const auto opened = aead_open(key, Nonce{}, aad, sealed).value();
  RC_ASSERT(to_hex(opened.view()) == to_hex(plain));
  flip_a_bit(sealed);
  RC_ASSERT(!aead_open(key, Nonce{}, aad, sealed).has_value());
}

RC_GTEST_PROP(Wraps, ComeBackAndRefuseAnyFlippedBit, (Bytes content_key, bool of_p256)) {
  static const auto p256 = KemPrivateKey::generate(Suite::p256).value();
  static const auto x25519 = KemPrivateKey::generate(Suite::ed25519).value();
  const auto& recipient = of_p256 ? p256 : x25519;
  const auto id = recipient.public_key().id();
  const auto header = sha256(as_bytes("header"));
  const auto info = wrap_info("cn-example", id);
  auto sender = HpkeSender::create(recipient.public_key(), info).value();
  const auto wrap = wrap_key(sender, id, content_key, header).value();
  auto bytes = wrap.to_bytes();
  RC_ASSERT(parse_wraps(bytes).value().front() == wrap);
  const auto receiver = HpkeReceiver::create(recipient, wrap.enc, info).value();
  RC_ASSERT(to_hex(unwrap_key(receiver, wrap, header).value().view()) == to_hex(content_key));
  flip_a_bit(std::span(bytes).subspan(32));  // the key id only addresses
  const auto changed = parse_wraps(bytes);
  if (!changed.has_value() || changed.value().size() != 1) return;
  const auto& one = changed.value().front();
  const auto other = HpkeReceiver::create(recipient, one.enc, info);
  if (other.has_value()) RC_ASSERT(!unwrap_key(other.value(), one, header).has_value());
}

RC_GTEST_PROP(AtRest, ComesBackAndRefusesAnyFlippedBit, (std::uint64_t seed, Bytes aad, Bytes secret)) {
  SeededRandom random(seed);
  const auto key = random.bytes(32);
  auto sealed = seal_at_rest(key, aad, secret, random);
  RC_ASSERT(to_hex(open_at_rest(key, aad, sealed).value().view()) == to_hex(secret));
  flip_a_bit(sealed);
  RC_ASSERT(!open_at_rest(key, aad, sealed).has_value());
}

}  // namespace
}  // namespace chancery::crypto
