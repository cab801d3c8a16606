#include "crypto/batch.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

constexpr const char* kText =
    "chancery/batch/v1\nsigner cn-example\nsuite p256\ntree-hash sha256\ncreated 2026-11-22T06:00:03.130Z\nsize 64\n"
    "root un59hQzMMhyHBlhpiWxMCOSumK5ZCjQSgyoLaCfujeQ=\n";

// 2.25.162498670964612797969158664290423838647 in base 128, computed apart from OpenSSL.
constexpr const char* kContentTypeOid = "6981f4c08dc2d9a2caba8d8a999eaed99792af37";

std::string replaced(const std::string& from, const std::string& to) {
  std::string text(kText);
  const auto at = text.find(from);
  if (at == std::string::npos) bug("nothing to replace");
  return text.replace(at, from.size(), to);
}

TEST(BatchStatement, ReadsAndWritesTheSameText) {
  const auto batch = BatchStatement::parse(kText).value();
  EXPECT_EQ(batch.signer, "cn-example");
  EXPECT_EQ(batch.size, 64U);
  EXPECT_EQ(batch.to_text(), kText);
}

TEST(BatchStatement, RefusesEveryOtherSpelling) {
  const std::string bad[] = {"",
                             std::string(kText) + "\n",
                             std::string(kText) + "x 1\n",
                             std::string(kText, std::string(kText).size() - 1),
                             replaced("batch/v1", "batch/v2"),
                             replaced("signer cn-example", "signer  cn-example"),
                             replaced("signer cn-example", "signer "),
                             replaced("cn-example", "CN-example"),
                             replaced("cn-example", "cn example"),
                             replaced("cn-example", std::string(64, 'a')),
                             replaced("suite p256", "suite sm2"),
                             replaced("tree-hash sha256", "tree-hash sm3"),
                             replaced("size 64", "size 064"),
                             replaced("size 64", "size 63"),
                             replaced("size 64", "size 0"),
                             replaced("size 64", "size 512"),
                             replaced("size 64", "size +64"),
                             replaced("size 64", "size 4294967360"),
                             replaced("jeQ=", "jeR="),
                             replaced("jeQ=", "jeQ"),
                             replaced("root un59", "root AAAAun59"),
                             replaced(".130Z", ".13Z"),
                             replaced("\nsize", " \nsize"),
                             replaced("\nsuite", "\r\nsuite"),
                             replaced("suite p256\ntree-hash sha256", "tree-hash sha256\nsuite p256")};
  for (const auto& text : bad) EXPECT_EQ(BatchStatement::parse(text).error().code, Errc::malformed) << text;
}

// Written out by hand from RFC 5652 11 and RFC 5035 3, attributes in DER order; `openssl asn1parse` reads the same.
TEST(SignedAttributes, AreThePinnedBytes) {
  BatchSignature signature;
  signature.key_id = sha256(as_bytes("certificate"));
  signature.signing_time = 1'795'327'203;
  signature.statement = kText;
  const auto time = "301c06092a864886f70d010905310f170d" + to_hex(as_bytes("261122060003Z"));
  const auto type = std::string("302306092a864886f70d01090331160614") + kContentTypeOid;
  const auto digest = "302f06092a864886f70d01090431220420" + to_hex(sha256(as_bytes(kText)).value);
  const auto certificate =
      "3037060b2a864886f70d010910022f312830263024302204 20" + to_hex(sha256(as_bytes("certificate")).value);
  auto expected = "3181ad" + time + type + digest + certificate;
  std::erase(expected, ' ');
  EXPECT_EQ(to_hex(signed_attributes(signature)), expected);
}

TEST(SignedAttributes, WriteGeneralizedTimeOutside1950To2049) {
  BatchSignature signature;
  const auto has = [&](std::int64_t seconds, const std::string& element) {
    signature.signing_time = seconds;
    return to_hex(signed_attributes(signature)).find(element) != std::string::npos;
  };
  EXPECT_TRUE(has(2'524'607'999, "170d" + to_hex(as_bytes("491231235959Z"))));
  EXPECT_TRUE(has(2'524'608'000, "180f" + to_hex(as_bytes("20500101000000Z"))));
  EXPECT_TRUE(has(-631'152'000, "170d" + to_hex(as_bytes("500101000000Z"))));
  EXPECT_TRUE(has(-631'152'001, "180f" + to_hex(as_bytes("19491231235959Z"))));
  EXPECT_TRUE(has(INT64_MAX, "180f" + to_hex(as_bytes("99991231235959Z"))));
}

class Batch : public testing::Test {
 protected:
  SignedBatch sign(std::size_t leaves) {
    return sign_batch("cn-example", authority_.key, authority_.certificate.id(), some_leaves(leaves), kNow, random_)
        .value();
  }
  [[nodiscard]] Errc refusal(const BatchSignature& signature) const {
    return verify_batch(signature, authority_.certificate).error().code;
  }
  Authority authority_ = make_authority();
  SeededRandom random_{1};
};

TEST_F(Batch, HoldsEveryLeafAtItsPlaceOnly) {
  for (const std::size_t count : {1U, 2U, 3U, 5U, 64U, 255U, 256U}) {
    const auto batch = sign(count);
    const auto statement = verify_batch(batch.signature, authority_.certificate).value();
    EXPECT_EQ(statement.size, std::bit_ceil(count));
    EXPECT_EQ(statement.root, naive_root(batch.leaves));
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto path = batch.path(i);
      EXPECT_EQ(path.hashes, naive_path(batch.leaves, i));
      EXPECT_TRUE(in_batch(statement, some_leaves(count)[i], path));
      EXPECT_EQ(in_batch(statement, some_leaves(count)[i], {path.index ^ 1U, path.hashes}), false);
    }
  }
}

// In whatever order its leaves are asked for, and whatever was shown before.
TEST_F(Batch, HoldsTheSameWhatIsRemembered) {
  for (const std::size_t count : {1U, 2U, 3U, 64U, 256U}) {
    const auto batch = sign(count);
    const auto statement = verify_batch(batch.signature, authority_.certificate).value();
    const auto leaves = some_leaves(count);
    VerifiedBatch remembered(statement);
    const auto same = [&](const Digest& leaf, const Path& path) {
      const bool expected = in_batch(statement, leaf, path);
      EXPECT_EQ(remembered.holds(leaf, path), expected);
      return expected;
    };
    for (std::uint32_t step = 0; step < 2 * count; ++step) {
      const auto i = static_cast<std::uint32_t>(std::size_t{step} * 37 % count);
      const auto path = batch.path(i);
      // Wrong ones before and after the right one.
      for (const bool shown : {false, true}) {
        EXPECT_FALSE(same(leaves[i], {path.index ^ 1U, path.hashes}));
        EXPECT_FALSE(same(leaves[i], {path.index + statement.size, path.hashes}));
        EXPECT_FALSE(same(leaf_hash(as_bytes("another")), path));
        for (std::size_t level = 0; level < path.hashes.size(); ++level) {
          auto changed = path;
          changed.hashes[level].value[31] ^= 1U;
          EXPECT_FALSE(same(leaves[i], changed)) << count << " " << i << " " << level;
        }
        auto longer = path;
        longer.hashes.push_back(statement.root);
        EXPECT_FALSE(same(leaves[i], longer));
        auto shorter = path;
        if (!path.hashes.empty()) shorter.hashes.pop_back();
        EXPECT_EQ(same(leaves[i], shorter), path.hashes.empty());
        if (shown) continue;
        EXPECT_TRUE(same(leaves[i], path));
      }
    }
  }
}

TEST_F(Batch, TakesOneTo256Leaves) {
  for (const std::size_t count : {0U, 257U})
    EXPECT_EQ(sign_batch("cn-example", authority_.key, {}, some_leaves(count), kNow, random_).error().code,
              Errc::malformed);
  EXPECT_DEATH(static_cast<void>(sign(2).path(2)), "no such leaf");
}

TEST_F(Batch, RefusesAnyChange) {
  const auto good = sign(3).signature;
  auto changed = good;
  changed.signing_time += 1;
  EXPECT_EQ(refusal(changed), Errc::unauthenticated);
  changed = good;
  changed.key_id.value[0] ^= 1U;
  EXPECT_EQ(refusal(changed), Errc::unauthenticated);
  changed = good;
  changed.suite = Suite::ed25519;
  EXPECT_EQ(refusal(changed), Errc::unauthenticated);
  changed = good;
  changed.signature.push_back(0);
  EXPECT_EQ(refusal(changed), Errc::unauthenticated);
  for (std::size_t i = 0; i < good.statement.size(); ++i) {
    changed = good;
    changed.statement[i] = static_cast<char>(changed.statement[i] ^ 1);
    EXPECT_EQ(refusal(changed), Errc::unauthenticated) << i;
  }
}

// The signature is right and the text is not: signed by a colleague's broken daemon.
TEST_F(Batch, RefusesSignedTextThatIsNoBatch) {
  auto signature = sign(1).signature;
  const auto resign = [&] { signature.signature = authority_.key.sign(signed_attributes(signature)).value(); };
  const auto text = signature.statement;
  signature.statement = text + "\n";
  resign();
  EXPECT_EQ(refusal(signature), Errc::malformed);
  signature.statement = text;
  signature.signing_time += 61;
  resign();
  EXPECT_EQ(refusal(signature), Errc::malformed);
  signature.signing_time -= 2;
  resign();
  EXPECT_TRUE(verify_batch(signature, authority_.certificate).has_value());
  for (const auto time : {INT64_MAX, INT64_MIN}) {
    signature.signing_time = time;
    resign();
    EXPECT_EQ(refusal(signature), Errc::malformed);
  }
}

TEST_F(Batch, RefusesTextThatNamesAnotherSuiteThanItsKey) {
  auto signature = sign(1).signature;
  auto statement = BatchStatement::parse(signature.statement).value();
  statement.suite = Suite::ed25519;
  signature.statement = statement.to_text();
  signature.signature = authority_.key.sign(signed_attributes(signature)).value();
  EXPECT_EQ(refusal(signature), Errc::malformed);
}

TEST_F(Batch, IsNotAnotherAuthoritys) {
  const auto other = make_authority();
  EXPECT_EQ(verify_batch(sign(1).signature, other.certificate).error().code, Errc::unauthenticated);
}

TEST(BatchOfEd25519, SignsAndVerifies) {
  auto authority = make_authority(CertificateUse::sign, Suite::ed25519);
  SeededRandom random(2);
  const auto batch =
      sign_batch("cn-example", authority.key, authority.certificate.id(), some_leaves(2), kNow, random).value();
  EXPECT_TRUE(verify_batch(batch.signature, authority.certificate).has_value());
}

}  // namespace
}  // namespace chancery::crypto
