#include "daemon/service/seal_keys.h"

#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using core::KeyRole;

class SealKeysTest : public PeerTest {
 protected:
  std::vector<core::SealKey> own() { return ru_.store().directory()->find("ru-example")->seal_keys; }

  // ru opens the content key of a message of cn.
  struct Sealed {
    crypto::Wrap wrap;
    Digest header;
  };
  Sealed sealed() {
    const auto frame = frame_of(released_to_ru());
    const auto wraps = crypto::parse_wraps(frame.messages.at(0).wraps).value();
    return {wraps.at(0), core::header_digest(frame.messages.at(0).statement.statement)};
  }
  Errc shut(const Sealed& it, const std::string& wrapper = "cn-example") {
    const auto key = keys_.unwrap(wrapper, it.wrap, it.header);
    EXPECT_FALSE(key.has_value());
    return key.has_value() ? Errc::internal : key.error().code;
  }

  // A seal key of cn, from now on.
  core::SealKey of_cn(Duration from_now = {}) {
    auto key = ru_.store().directory()->find("cn-example")->seal_keys.back();
    const auto fresh = crypto::KemPrivateKey::generate(crypto::Suite::p256).value();
    key.public_key.assign(fresh.public_key().spki().begin(), fresh.public_key().spki().end());
    key.from = clock_.now() + from_now;
    key.to = key.from + kSealKeyLife;
    key.accept_until = key.to + core::kSealKeyGrace;
    return key;
  }
  // How many of them were nobody's.
  std::size_t stated(const store::SignedStatement& statement) {
    wire::Frame frame;
    frame.seal_keys.push_back(frame.add(statement));
    const auto directory = ru_.store().directory();
    FrameVerifier verifier(frame.signatures, *directory, certificates_);
    return take_seal_keys(node_, "cn-example", frame.seal_keys, verifier).value();
  }
  store::SignedStatement sign(const core::SealKey& key, KeyRole role = KeyRole::sign) {
    return cn_.sign(key.to_text(), role, clock_.now());
  }
  std::size_t known() { return ru_.store().directory()->find("cn-example")->seal_keys.size(); }
};

TEST_F(SealKeysTest, AreIssuedADayBeforeTheLastOneEnds) {
  const auto end = own().back().to;
  clock_.set(end - kSealKeyRenewal - Duration{1});
  EXPECT_FALSE(keys_.renew().value());
  clock_.set(end - kSealKeyRenewal);
  EXPECT_TRUE(keys_.renew().value());
  EXPECT_FALSE(keys_.renew().value());
  EXPECT_EQ(own().size(), 2u);
  EXPECT_GT(own()[1].to, own()[0].to);
}

TEST_F(SealKeysTest, AreIssuedInTheSuiteThatIsInUseNow) {
  Identity switched = node_.identity;
  switched.suite = crypto::Suite::ed25519;
  const Node node{switched, node_.store, node_.agreements, node_.clock, node_.random, node_.storage_key, node_.log};
  SealKeys keys(node);
  clock_.advance(seconds(1));
  EXPECT_TRUE(keys.renew().value());
  EXPECT_FALSE(keys.renew().value());
  ASSERT_EQ(own().size(), 2u);
  EXPECT_EQ(own().back().suite, crypto::Suite::ed25519);
}

TEST_F(SealKeysTest, CoverAPeerWhoseClockIsBehind) { EXPECT_LT(own().back().from, clock_.now()); }

TEST_F(SealKeysTest, OpenWhatWasWrappedForThem) {
  const auto it = sealed();
  EXPECT_TRUE(keys_.unwrap("cn-example", it.wrap, it.header).has_value());
}

TEST_F(SealKeysTest, OpenNothingOfAnotherWrapperHeaderOrCiphertext) {
  const auto it = sealed();
  auto header = it, ciphertext = it;
  header.header.value[0] ^= 1;
  ciphertext.wrap.ciphertext[0] ^= 1;
  EXPECT_EQ(shut(it, "kz-example"), Errc::unauthenticated);
  EXPECT_EQ(shut(header), Errc::unauthenticated);
  EXPECT_EQ(shut(ciphertext), Errc::unauthenticated);
}

TEST_F(SealKeysTest, OpenNothingUnderAKeyThatWasNeverOurs) {
  auto it = sealed();
  it.wrap.key_id.value[0] ^= 1;
  EXPECT_EQ(shut(it), Errc::not_found);
}

TEST_F(SealKeysTest, OpenUntilTheirGraceIsOverAndAreDestroyedThen) {
  const auto it = sealed();
  const auto last = own().back().accept_until;
  clock_.set(last);
  EXPECT_TRUE(keys_.unwrap("cn-example", it.wrap, it.header).has_value());
  clock_.advance(Duration{1});
  EXPECT_EQ(shut(it), Errc::stale);
  EXPECT_TRUE(keys_.renew().value());
  EXPECT_TRUE(ru_.store().reader().seal_keys("ru-example")->back().sealed_private_key.empty());
  SealKeys fresh(node_);
  EXPECT_EQ(fresh.unwrap("cn-example", it.wrap, it.header).error().code, Errc::stale);
}

TEST_F(SealKeysTest, AreDestroyedInTimeThoughNoneCanBeIssued) {
  clock_.set(ru_.store().directory()->find("ru-example")->history.back().valid_to);
  EXPECT_EQ(keys_.renew().error().code, Errc::unavailable);
  EXPECT_TRUE(ru_.store().reader().seal_keys("ru-example")->back().sealed_private_key.empty());
}

// ---- of peers

TEST_F(SealKeysTest, OfAPeerAreRecordedWhenNewerThanAllOthers) {
  const auto newer = sign(of_cn());
  EXPECT_EQ(stated(newer), 0u);
  EXPECT_EQ(known(), 2u);
  EXPECT_EQ(stated(newer), 0u);
  EXPECT_EQ(stated(sign(of_cn(Duration{-days(10).ms}))), 0u);
  EXPECT_EQ(known(), 2u);
}

// The designation after names the key of the evidence to sign with, too: the only other one that is there.
TEST_F(SealKeysTest, OfAPeerAreNotSealedToOnceTheKeyTheyAreStatedUnderIsCompromised) {
  const auto forged = of_cn(minutes(10));
  EXPECT_EQ(stated(sign(forged)), 0u);
  EXPECT_EQ(known(), 2u);
  const auto sealed_to = [&] { return ru_.store().directory()->seal_key("cn-example", clock_.now()); };
  EXPECT_NE(sealed_to(), nullptr);
  const auto item = cn_.redesignated([&](core::Designation& d) {
    auto keys = d.keys;
    for (auto& key : d.keys)
      if (key.role == KeyRole::sign) {
        key.state = core::KeyState::compromised;
        key.since = clock_.now();
      }
    for (auto& key : keys)
      if (key.role == KeyRole::evidence) {
        key.role = KeyRole::sign;
        d.keys.push_back(key);
      }
    std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
  });
  const auto done = ru_.store().run<void>(0, [&](store::Transaction& tx) {
    return tx.record_designation({{item.statement, item.signature, item.path}, item.certificates}, {});
  });
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(sealed_to(), nullptr);
  EXPECT_FALSE(ru_.store().directory()->opens("cn-example", forged.id(), clock_.now()));
  // It was to be the newest for ten minutes more; and that it is stated again changes nothing.
  EXPECT_EQ(stated(sign(forged)), 1u);
  auto fresh = of_cn(minutes(1));
  fresh.designation = core::statement_digest(item.statement);
  EXPECT_EQ(stated(sign(fresh, KeyRole::evidence)), 0u);
  EXPECT_EQ(known(), 3u);
  clock_.advance(minutes(10));
  ASSERT_NE(sealed_to(), nullptr);
  EXPECT_EQ(sealed_to()->id(), fresh.id());
}

TEST_F(SealKeysTest, OfAPeerAreNobodysUnderAnotherKeyOrSigner) {
  EXPECT_EQ(stated(sign(of_cn(), KeyRole::evidence)), 1u);
  EXPECT_EQ(stated(ru_.sign(of_cn().to_text(), KeyRole::sign, clock_.now())), 1u);
  auto other = of_cn();
  other.authority = "ru-example";
  EXPECT_EQ(stated(sign(other)), 1u);
  EXPECT_EQ(known(), 1u);
}

TEST_F(SealKeysTest, OfAPeerAreNobodysWhenTheyDoNotParseOrAreNoKeys) {
  auto torn = of_cn().to_text();
  torn.pop_back();
  EXPECT_EQ(stated(cn_.sign(torn, KeyRole::sign, clock_.now())), 1u);
  auto no_key = of_cn();
  no_key.public_key.back() ^= 1;
  EXPECT_EQ(stated(sign(no_key)), 1u);
  EXPECT_EQ(known(), 1u);
}

}  // namespace
}  // namespace chancery::service
