#include "crypto/hpke.h"

#include <gtest/gtest.h>

#include "crypto/hpke_schedule.h"
#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

Bytes field(const nlohmann::json& vector, const char* name) { return hex(vector[name].get<std::string>()); }

// Both AEADs share everything but the suite id and the key's size, so AES-128-GCM (A.3.1 of the RFC) holds it too.
TEST(HpkeSchedule, MatchesRfc9180) {
  const auto all = vectors("rfc9180_p256_base.json");
  ASSERT_EQ(all.size(), 2U);
  for (const auto& vector : all) {
    const auto ephemeral = p256_key(field(vector, "skEm"));
    const auto recipient = p256_key(field(vector, "skRm"));
    ASSERT_EQ(ephemeral.public_key().raw(), field(vector, "enc"));
    ASSERT_EQ(recipient.public_key().raw(), field(vector, "pkRm"));
    const auto dh = ephemeral.agree(recipient.public_key()).value();
    const auto shared = hpke_shared_secret(dh.view(), concat({field(vector, "enc"), field(vector, "pkRm")}));
    EXPECT_EQ(to_hex(shared.view()), vector["shared_secret"].get<std::string>());
    const auto aead = vector["aead_id"].get<std::uint16_t>();
    const auto keys = hpke_schedule(aead, aead == kHpkeAes128Gcm ? 16 : 32, shared.view(), field(vector, "info"));
    EXPECT_EQ(to_hex(keys.key.view()), vector["key"].get<std::string>());
    EXPECT_EQ(to_hex(keys.base_nonce.view()), vector["base_nonce"].get<std::string>());
    for (const auto& row : vector["encryptions"])
      EXPECT_EQ(to_hex(hpke_nonce(keys.base_nonce.view(), row[0].get<std::uint64_t>())), row[2].get<std::string>());
  }
}

TEST(Hpke, MatchesRfc9180WithAes256Gcm) {
  const auto vector = vectors("rfc9180_p256_base.json")[1];
  ASSERT_EQ(vector["aead_id"], kHpkeAes256Gcm);
  const auto recipient = p256_key(field(vector, "skRm"));
  auto sender =
      HpkeSender::create_with(recipient.public_key(), field(vector, "info"), p256_key(field(vector, "skEm"))).value();
  const auto receiver = HpkeReceiver::create(recipient, sender.enc(), field(vector, "info")).value();
  EXPECT_EQ(to_hex(sender.enc()), vector["enc"].get<std::string>());
  for (const auto& row : vector["encryptions"]) {
    const auto aad = hex(row[1].get<std::string>());
    const auto plain = hex(row[3].get<std::string>());
    while (sender.next_sequence() < row[0].get<std::uint64_t>()) static_cast<void>(sender.seal({}, {}).value());
    const auto sealed = sender.seal(aad, plain).value();
    EXPECT_EQ(to_hex(sealed), row[4].get<std::string>()) << "sequence " << row[0];
    const auto opened = receiver.open(row[0].get<std::uint64_t>(), aad, sealed).value();
    EXPECT_EQ(to_hex(opened.view()), to_hex(plain));
  }
}

class HpkePair : public testing::Test {
 protected:
  PrivateKey key_ = PrivateKey::generate(Suite::p256).value();
  HpkeSender sender_ = HpkeSender::create(key_.public_key(), as_bytes("info")).value();
  Bytes sealed_ = sender_.seal(as_bytes("aad"), as_bytes("plaintext")).value();
};

TEST_F(HpkePair, OpensUnderEverythingTheSameOnly) {
  const auto receiver = HpkeReceiver::create(key_, sender_.enc(), as_bytes("info")).value();
  EXPECT_EQ(as_text(receiver.open(0, as_bytes("aad"), sealed_).value().view()), "plaintext");
  EXPECT_EQ(receiver.open(1, as_bytes("aad"), sealed_).error().code, Errc::unauthenticated);
  EXPECT_EQ(receiver.open(0, as_bytes("AAD"), sealed_).error().code, Errc::unauthenticated);
  const auto other_info = HpkeReceiver::create(key_, sender_.enc(), as_bytes("other")).value();
  EXPECT_EQ(other_info.open(0, as_bytes("aad"), sealed_).error().code, Errc::unauthenticated);
  const auto other_key =
      HpkeReceiver::create(PrivateKey::generate(Suite::p256).value(), sender_.enc(), as_bytes("info")).value();
  EXPECT_EQ(other_key.open(0, as_bytes("aad"), sealed_).error().code, Errc::unauthenticated);
}

TEST_F(HpkePair, NeverSealsTwiceAlike) {
  EXPECT_EQ(sender_.next_sequence(), 1U);
  EXPECT_NE(sender_.seal(as_bytes("aad"), as_bytes("plaintext")).value(), sealed_);
  const auto again = HpkeSender::create(key_.public_key(), as_bytes("info")).value();
  EXPECT_NE(to_hex(again.enc()), to_hex(sender_.enc()));
}

TEST_F(HpkePair, TakesP256PointsOnly) {
  Bytes enc(sender_.enc().begin(), sender_.enc().end());
  enc.back() ^= 1U;
  EXPECT_EQ(HpkeReceiver::create(key_, enc, {}).error().code, Errc::malformed);
  EXPECT_EQ(HpkeReceiver::create(key_, BytesView(enc).first(64), {}).error().code, Errc::malformed);
  EXPECT_EQ(HpkeReceiver::create(key_, {}, {}).error().code, Errc::malformed);
  EXPECT_EQ(HpkeReceiver::create(key_, Bytes(65), {}).error().code, Errc::malformed);
  const auto ed25519 = PrivateKey::generate(Suite::ed25519).value();
  EXPECT_EQ(HpkeSender::create(ed25519.public_key(), {}).error().code, Errc::malformed);
  EXPECT_EQ(HpkeReceiver::create(ed25519, sender_.enc(), {}).error().code, Errc::malformed);
}

}  // namespace
}  // namespace chancery::crypto
