#include "crypto/sealing.h"

#include <gtest/gtest.h>

#include "crypto/aead.h"
#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

class Body : public testing::Test {
 protected:
  [[nodiscard]] Errc refusal(const SealedBody& body) const {
    return open_body(body.ciphertexts, body.commitments, body.content_key.view(), header_).error().code;
  }
  SeededRandom random_{7};
  Digest header_ = sha256(as_bytes("header"));
  std::vector<Bytes> parts_ = {to_bytes("title"), to_bytes("text"), Bytes(5000, 9), {}};
  SealedBody body_ = seal_body(parts_, header_, random_).value();
};

// The construction of the protocol, step by step from primitives that have vectors of their own.
TEST_F(Body, IsTheConstructionOfTheProtocol) {
  const auto key = body_.content_key.view();
  std::vector<Digest> leaves;
  std::vector<Digest> cipher_leaves;
  for (std::uint32_t i = 0; i < parts_.size(); ++i) {
    const auto info = concat({as_bytes("chancery/part/v1"), Bytes{0, 0, 0, static_cast<std::uint8_t>(i)}});
    const auto part_key = hmac_sha256(key, {info, Bytes{1}});  // HKDF-Expand of one block
    const auto aad = concat({header_.view(), Bytes{0, 0, 0, static_cast<std::uint8_t>(i)}});
    const auto plain = aead_open(part_key.view(), Nonce{}, aad, body_.ciphertexts[i]).value();
    ASSERT_EQ(plain.size(), 32 + parts_[i].size());
    const auto length =
        Bytes{0, 0, static_cast<std::uint8_t>(parts_[i].size() >> 8U), static_cast<std::uint8_t>(parts_[i].size())};
    leaves.push_back(sha256({Bytes{0}, plain.view().first(32), length, parts_[i]}));
    cipher_leaves.push_back(sha256({Bytes{0}, body_.ciphertexts[i]}));
  }
  EXPECT_EQ(body_.commitments.parts, 4U);
  EXPECT_EQ(body_.commitments.body_root, naive_root(leaves));
  EXPECT_EQ(body_.commitments.cipher_root, naive_root(cipher_leaves));
  EXPECT_EQ(body_.commitments.cek_commit, sha256({as_bytes("chancery/cek/v1"), key, header_.view()}));
}

TEST_F(Body, OpensToWhatWasSealed) {
  const auto opened = open_body(body_.ciphertexts, body_.commitments, body_.content_key.view(), header_).value();
  ASSERT_EQ(opened.size(), parts_.size());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    EXPECT_EQ(opened[i].content, parts_[i]);
    EXPECT_EQ(opened[i].salt.size(), kSaltSize);
  }
}

TEST_F(Body, RefusesEachCommitmentChanged) {
  for (auto* digest : {&body_.commitments.body_root, &body_.commitments.cek_commit, &body_.commitments.cipher_root}) {
    digest->value[31] ^= 1U;
    EXPECT_EQ(refusal(body_), Errc::unauthenticated);
    digest->value[31] ^= 1U;
  }
  body_.commitments.parts = 3;
  EXPECT_EQ(refusal(body_), Errc::unauthenticated);
}

TEST_F(Body, RefusesPartsSwappedDroppedOrChanged) {
  auto& texts = body_.ciphertexts;
  std::swap(texts[0], texts[1]);
  EXPECT_EQ(refusal(body_), Errc::unauthenticated);
  body_.commitments.cipher_root = cipher_root(texts);  // even when the sender signs it so
  EXPECT_EQ(refusal(body_), Errc::unauthenticated);
  std::swap(texts[0], texts[1]);
  texts[2][17] ^= 1U;
  body_.commitments.cipher_root = cipher_root(texts);
  EXPECT_EQ(refusal(body_), Errc::unauthenticated);
}

TEST_F(Body, RefusesAnotherKeyOrHeader) {
  EXPECT_FALSE(open_body(body_.ciphertexts, body_.commitments, Bytes(32), header_).has_value());
  EXPECT_FALSE(open_body(body_.ciphertexts, body_.commitments, {}, header_).has_value());
  EXPECT_FALSE(
      open_body(body_.ciphertexts, body_.commitments, body_.content_key.view(), sha256(as_bytes("other"))).has_value());
  EXPECT_FALSE(open_body({}, {}, body_.content_key.view(), header_).has_value());
  EXPECT_EQ(seal_body({}, header_, random_).error().code, Errc::malformed);
}

class Wraps : public testing::TestWithParam<Suite> {};

TEST_P(Wraps, OpenForTheirRecipientAlone) {
  const auto recipient = KemPrivateKey::generate(GetParam()).value();
  const auto id = recipient.public_key().id();
  const auto header = sha256(as_bytes("header"));
  const auto info = wrap_info("cn-example", id);
  auto sender = HpkeSender::create(recipient.public_key(), info).value();
  const Bytes key(32, 5);
  for (std::uint64_t i = 0; i < 3; ++i) {  // several messages share the context
    const auto wrap = wrap_key(sender, id, key, header).value();
    EXPECT_EQ(wrap.sequence, i);
    const auto receiver = HpkeReceiver::create(recipient, wrap.enc, info).value();
    EXPECT_EQ(to_hex(unwrap_key(receiver, wrap, header).value().view()), to_hex(key));
    EXPECT_FALSE(unwrap_key(receiver, wrap, sha256(as_bytes("other"))).has_value());
    const auto other = HpkeReceiver::create(recipient, wrap.enc, wrap_info("ru-example", id)).value();
    EXPECT_FALSE(unwrap_key(other, wrap, header).has_value());
  }
}

INSTANTIATE_TEST_SUITE_P(OfEverySuite, Wraps, testing::Values(Suite::p256, Suite::ed25519),
                         [](const auto& suite) { return std::string(to_string(suite.param)); });

// Of p256, or with an even seed of ed25519.
Wrap sample_wrap(std::uint8_t seed) {
  auto enc = seed % 2 == 0 ? Bytes(32, seed) : concat({Bytes{0x04}, Bytes(64, seed)});
  return {sha256(Bytes{seed}), std::move(enc), seed, Bytes(48, seed)};
}

TEST(WrapBytes, AreTheLayoutOfTheProtocol) {
  const auto rest = [](std::uint8_t seed) {
    return "000000000000000" + std::to_string(seed) + "0030" + to_hex(Bytes(48, seed));
  };
  EXPECT_EQ(to_hex(sample_wrap(7).to_bytes()), to_hex(sha256(Bytes{7}).value) + "04" + to_hex(Bytes(64, 7)) + rest(7));
  EXPECT_EQ(to_hex(sample_wrap(6).to_bytes()), to_hex(sha256(Bytes{6}).value) + "40" + to_hex(Bytes(32, 6)) + rest(6));
}

TEST(WrapBytes, ComeBackAndNothingElseDoes) {
  const auto both = concat({sample_wrap(1).to_bytes(), sample_wrap(2).to_bytes()});
  EXPECT_EQ(parse_wraps(both).value(), (std::vector{sample_wrap(1), sample_wrap(2)}));
  EXPECT_TRUE(parse_wraps({}).value().empty());
  for (std::size_t size = 1; size < both.size(); ++size) {
    if (size == sample_wrap(1).to_bytes().size()) continue;
    EXPECT_EQ(parse_wraps(BytesView(both).first(size)).error().code, Errc::malformed) << size;
  }
  EXPECT_FALSE(parse_wraps(concat({both, Bytes{0}})).has_value());
  auto no_tag = sample_wrap(3);
  no_tag.ciphertext.resize(15);
  EXPECT_FALSE(parse_wraps(no_tag.to_bytes()).has_value());
  for (const auto other : Bytes{0x00, 0x02, 0x03, 0x05, 0x41}) {  // compressed points among them
    auto of_no_suite = sample_wrap(1).to_bytes();
    of_no_suite[32] = other;
    EXPECT_EQ(parse_wraps(of_no_suite).error().code, Errc::malformed) << int{other};
  }
}

TEST(WrapBytes, HoldAtMost64) {
  Bytes many;
  for (int i = 0; i < 64; ++i) append(many, sample_wrap(1).to_bytes());
  EXPECT_EQ(parse_wraps(many).value().size(), 64U);
  append(many, sample_wrap(1).to_bytes());
  EXPECT_EQ(parse_wraps(many).error().code, Errc::malformed);
}

TEST(AtRest, OpensUnderTheSameKeyAndIdOnly) {
  SeededRandom random(3);
  const Bytes key(32, 1);
  const Bytes secret(32, 2);
  const auto sealed = seal_at_rest(key, as_bytes("id"), secret, random);
  EXPECT_EQ(to_hex(open_at_rest(key, as_bytes("id"), sealed).value().view()), to_hex(secret));
  EXPECT_FALSE(open_at_rest(key, as_bytes("other"), sealed).has_value());
  EXPECT_FALSE(open_at_rest(Bytes(32, 9), as_bytes("id"), sealed).has_value());
  EXPECT_NE(seal_at_rest(key, as_bytes("id"), secret, random), sealed);
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_EQ(open_at_rest(key, as_bytes("id"), BytesView(sealed).first(size)).error().code, Errc::unauthenticated);
}

}  // namespace
}  // namespace chancery::crypto
