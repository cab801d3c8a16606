#include "crypto/hpke.h"

#include <gtest/gtest.h>

#include "crypto/hpke_schedule.h"
#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

Bytes field(const nlohmann::json& vector, const char* name) { return hex(vector[name].get<std::string>()); }

// Of the KEM of each suite.
class Hpke : public testing::TestWithParam<Suite> {
 protected:
  [[nodiscard]] static nlohmann::json published() {
    return vectors(GetParam() == Suite::p256 ? "rfc9180_p256_base.json" : "rfc9180_x25519_base.json");
  }
  [[nodiscard]] static KemPrivateKey key(const nlohmann::json& vector, const char* name) {
    return kem_key(GetParam(), field(vector, name));
  }
};

// Both AEADs share everything but the suite id and the key's size, so AES-128-GCM (A.1.1, A.3.1 of the RFC) holds it
// too.
TEST_P(Hpke, ScheduleMatchesRfc9180) {
  const auto all = published();
  ASSERT_EQ(all.size(), 2U);
  for (const auto& vector : all) {
    const auto ephemeral = key(vector, "skEm");
    const auto recipient = key(vector, "skRm");
    ASSERT_EQ(ephemeral.public_key().raw(), field(vector, "enc"));
    ASSERT_EQ(recipient.public_key().raw(), field(vector, "pkRm"));
    const auto dh = ephemeral.agree(recipient.public_key()).value();
    const auto shared =
        hpke_shared_secret(GetParam(), dh.view(), concat({field(vector, "enc"), field(vector, "pkRm")}));
    EXPECT_EQ(to_hex(shared.view()), vector["shared_secret"].get<std::string>());
    const auto aead = vector["aead_id"].get<std::uint16_t>();
    const auto keys =
        hpke_schedule(GetParam(), aead, aead == kHpkeAes128Gcm ? 16 : 32, shared.view(), field(vector, "info"));
    EXPECT_EQ(to_hex(keys.key.view()), vector["key"].get<std::string>());
    EXPECT_EQ(to_hex(keys.base_nonce.view()), vector["base_nonce"].get<std::string>());
    for (const auto& row : vector["encryptions"])
      EXPECT_EQ(to_hex(hpke_nonce(keys.base_nonce.view(), row[0].get<std::uint64_t>())), row[2].get<std::string>());
  }
}

TEST_P(Hpke, MatchesRfc9180WithAes256Gcm) {
  const auto vector = published()[1];
  ASSERT_EQ(vector["aead_id"], kHpkeAes256Gcm);
  const auto recipient = key(vector, "skRm");
  auto sender = HpkeSender::create_with(recipient.public_key(), field(vector, "info"), key(vector, "skEm")).value();
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

class HpkePair : public testing::TestWithParam<Suite> {
 protected:
  KemPrivateKey key_ = KemPrivateKey::generate(GetParam()).value();
  HpkeSender sender_ = HpkeSender::create(key_.public_key(), as_bytes("info")).value();
  Bytes sealed_ = sender_.seal(as_bytes("aad"), as_bytes("plaintext")).value();
};

TEST_P(HpkePair, OpensUnderEverythingTheSameOnly) {
  const auto receiver = HpkeReceiver::create(key_, sender_.enc(), as_bytes("info")).value();
  EXPECT_EQ(as_text(receiver.open(0, as_bytes("aad"), sealed_).value().view()), "plaintext");
  EXPECT_EQ(receiver.open(1, as_bytes("aad"), sealed_).error().code, Errc::unauthenticated);
  EXPECT_EQ(receiver.open(0, as_bytes("AAD"), sealed_).error().code, Errc::unauthenticated);
  const auto other_info = HpkeReceiver::create(key_, sender_.enc(), as_bytes("other")).value();
  EXPECT_EQ(other_info.open(0, as_bytes("aad"), sealed_).error().code, Errc::unauthenticated);
  const auto other_key =
      HpkeReceiver::create(KemPrivateKey::generate(GetParam()).value(), sender_.enc(), as_bytes("info")).value();
  EXPECT_EQ(other_key.open(0, as_bytes("aad"), sealed_).error().code, Errc::unauthenticated);
}

TEST_P(HpkePair, NeverSealsTwiceAlike) {
  EXPECT_EQ(sender_.next_sequence(), 1U);
  EXPECT_NE(sender_.seal(as_bytes("aad"), as_bytes("plaintext")).value(), sealed_);
  const auto again = HpkeSender::create(key_.public_key(), as_bytes("info")).value();
  EXPECT_NE(to_hex(again.enc()), to_hex(sender_.enc()));
}

TEST_P(HpkePair, TakesKeysOfItsSuiteOnly) {
  Bytes enc(sender_.enc().begin(), sender_.enc().end());
  enc.back() ^= 0x81U;  // off the curve; above the prime
  EXPECT_EQ(HpkeReceiver::create(key_, enc, {}).error().code, Errc::malformed);
  EXPECT_EQ(HpkeReceiver::create(key_, BytesView(enc).first(enc.size() - 1), {}).error().code, Errc::malformed);
  EXPECT_EQ(HpkeReceiver::create(key_, {}, {}).error().code, Errc::malformed);
  EXPECT_EQ(HpkeReceiver::create(key_, Bytes(enc.size()), {}).error().code, Errc::malformed);
  const auto other = KemPrivateKey::generate(GetParam() == Suite::p256 ? Suite::ed25519 : Suite::p256).value();
  EXPECT_EQ(HpkeReceiver::create(other, sender_.enc(), {}).error().code, Errc::malformed);
  EXPECT_EQ(HpkeReceiver::create(key_, other.public_key().raw(), {}).error().code, Errc::malformed);
  EXPECT_EQ(HpkeSender::create_with(key_.public_key(), {}, other).error().code, Errc::malformed);
}

const auto kSuites = testing::Values(Suite::p256, Suite::ed25519);
const auto kSuiteName = [](const testing::TestParamInfo<Suite>& suite) { return std::string(to_string(suite.param)); };
INSTANTIATE_TEST_SUITE_P(OfEverySuite, Hpke, kSuites, kSuiteName);
INSTANTIATE_TEST_SUITE_P(OfEverySuite, HpkePair, kSuites, kSuiteName);

}  // namespace
}  // namespace chancery::crypto
