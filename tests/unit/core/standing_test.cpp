#include "daemon/core/standing.h"

#include <gtest/gtest.h>

#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

constexpr const char* kTheirs = "ru-example";

// One authority, designated for [0, 1000) with a tls and a sign key of that time, and another designation in hand.
class StandingOf : public testing::Test {
 protected:
  StandingOf() {
    Designation one = sample_designation();
    one.serial = 1;
    one.supersedes = std::nullopt;
    one.valid_from = {0};
    one.valid_to = {1000};
    one.keys = {key(KeyRole::anchor, "anchor"), key(KeyRole::sign, "sign"), key(KeyRole::tls, "tls")};
    entry.state = PeerState::active;
    entry.history = {one};
  }

  static DesignatedKey key(KeyRole role, std::string_view word) {
    return {role, crypto::Suite::p256, digest_of(word), {0}, {1000}, KeyState::active, std::nullopt};
  }
  // From 500 on, shorter than the first.
  void designate(std::vector<DesignatedKey> keys, Instant to = {800}) {
    Designation next = entry.history.back();
    next.supersedes = statement_digest(next.to_text());
    ++next.serial;
    next.valid_from = {500};
    next.valid_to = to;
    next.keys = std::move(keys);
    entry.history.push_back(next);
  }
  void revoke(std::string_view word, Instant since, bool compromised = false, Instant next_update = {700}) {
    if (!entry.revocations) entry.revocations.emplace();
    entry.revocations->keys[digest_of(word)] = {since, compromised};
    entry.revocations->next_update = next_update;
  }
  SealKey state_seal_key() {
    auto seal = sample_seal_key();
    seal.authority = kTheirs;
    seal.designation = statement_digest(entry.history.front().to_text());
    seal.from = {0};
    seal.to = {1000};
    seal.accept_until = {2000};
    entry.seal_keys = {seal};
    return seal;
  }
  [[nodiscard]] Directory directory() const { return Directory({{kTheirs, entry}}); }
  [[nodiscard]] std::optional<ReasonCode> why(Instant at, std::optional<Duration> grace = std::nullopt) const {
    return why_parked(directory(), kTheirs, at, grace);
  }

  DirectoryEntry entry;
};

TEST_F(StandingOf, IsNoneOfAnAuthorityThatIsDesignatedAndVerified) {
  EXPECT_EQ(why({500}), std::nullopt);
  EXPECT_EQ(why_parked(directory(), "kz-example", {500}, std::nullopt), ReasonCode::peer_inactive);
  EXPECT_EQ(why({-1}), ReasonCode::designation_ended);
  EXPECT_EQ(why({1000}), ReasonCode::designation_ended);
  entry.state = PeerState::suspended;
  EXPECT_EQ(why({500}), ReasonCode::peer_suspended);
  entry.state = PeerState::unverified;
  EXPECT_EQ(why({500}), ReasonCode::peer_inactive);
}

TEST_F(StandingOf, EndsWithAWithdrawalThoughTheDesignationBeforeWouldLast) {
  designate({key(KeyRole::anchor, "anchor")});
  EXPECT_EQ(why({499}), std::nullopt);
  EXPECT_EQ(why({500}), ReasonCode::designation_ended);
  EXPECT_EQ(why({900}), ReasonCode::designation_ended) << "the one before does not come into force again";
  EXPECT_NE(directory().key(kTheirs, KeyRole::sign, digest_of("sign"), {499}), nullptr)
      << "signed while it was designated";
  EXPECT_EQ(directory().key(kTheirs, KeyRole::sign, digest_of("sign"), {500}), nullptr);
  EXPECT_EQ(directory().authority_of_tls(digest_of("tls"), {500}), nullptr);
}

TEST_F(StandingOf, EndsWithTheLastCertificateOfEitherKind) {
  for (const auto* word : {"tls", "sign"}) {
    entry.revocations.reset();
    revoke(word, {300});
    EXPECT_EQ(why({299}), std::nullopt) << word;
    EXPECT_EQ(why({300}), ReasonCode::certificate_ended) << word;
  }
  entry.revocations.reset();
  designate({key(KeyRole::sign, "sign"), key(KeyRole::tls, "another")});
  revoke("tls", {300});
  EXPECT_EQ(why({500}), std::nullopt) << "it has another";
  entry.history.back().keys.back().to = {600};
  EXPECT_EQ(why({600}), ReasonCode::certificate_ended);
}

TEST_F(StandingOf, EndsWithTheGraceOfItsRevocationList) {
  EXPECT_EQ(why({99}, Duration{100}), std::nullopt) << "newly designated";
  EXPECT_EQ(why({100}, Duration{100}), ReasonCode::revocation_stale);
  revoke("another", {0});
  EXPECT_EQ(why({799}, Duration{100}), std::nullopt);
  EXPECT_EQ(why({800}, Duration{100}), ReasonCode::revocation_stale);
  EXPECT_EQ(why({800}), std::nullopt) << "nobody asks for lists";
}

TEST_F(StandingOf, LeavesWhatWasSignedBeforeARevocationAsItWas) {
  revoke("sign", {300});
  EXPECT_NE(directory().key(kTheirs, KeyRole::sign, digest_of("sign"), {299}), nullptr);
  EXPECT_EQ(directory().key(kTheirs, KeyRole::sign, digest_of("sign"), {300}), nullptr);
  EXPECT_FALSE(directory().is_compromised(kTheirs, KeyRole::sign, digest_of("sign")));
  revoke("sign", {300}, true);
  EXPECT_TRUE(directory().is_compromised(kTheirs, KeyRole::sign, digest_of("sign")));
}

TEST_F(StandingOf, RetiresTheSealKeysOfAnAuthorityThatSignsWithOtherKeys) {
  const auto seal = state_seal_key();
  EXPECT_NE(directory().seal_key(kTheirs, {499}), nullptr);
  designate({key(KeyRole::sign, "sign"), key(KeyRole::sign, "second"), key(KeyRole::tls, "tls")});
  EXPECT_NE(directory().seal_key(kTheirs, {500}), nullptr) << "both keys sign during the overlap";
  EXPECT_TRUE(directory().opens(kTheirs, seal.id(), {500}));
  entry.history.pop_back();
  designate({key(KeyRole::sign, "second"), key(KeyRole::tls, "tls")});
  EXPECT_EQ(directory().seal_key(kTheirs, {500}), nullptr);
  EXPECT_FALSE(directory().opens(kTheirs, seal.id(), {500}));
  EXPECT_TRUE(directory().opens(kTheirs, digest_of("unknown"), {500}));
}

// Signed before or after: nobody can tell.
TEST_F(StandingOf, RetiresTheSealKeysThatAreStatedUnderACompromisedKey) {
  auto seal = state_seal_key();
  entry.seal_key_signers = {{seal.id(), digest_of("sign")}};
  auto lost = key(KeyRole::sign, "sign");
  lost.state = KeyState::compromised;
  lost.since = Instant{400};
  designate({lost, key(KeyRole::sign, "second"), key(KeyRole::tls, "tls")});
  // Another sign key is of both designations.
  for (auto& designation : entry.history) designation.keys.push_back(key(KeyRole::sign, "third"));
  seal.designation = entry.seal_keys.front().designation = statement_digest(entry.history.front().to_text());
  EXPECT_TRUE(directory().is_doubtful(seal));
  EXPECT_EQ(directory().seal_key(kTheirs, {500}), nullptr);
  EXPECT_FALSE(directory().opens(kTheirs, seal.id(), {500})) << "what waits under it does not go like that";
  entry.seal_key_signers = {{seal.id(), digest_of("third")}};
  EXPECT_FALSE(directory().is_doubtful(seal));
  EXPECT_NE(directory().seal_key(kTheirs, {500}), nullptr);
  revoke("third", {600}, true);
  EXPECT_EQ(directory().seal_key(kTheirs, {500}), nullptr) << "by a revocation list as well";
}

TEST_F(StandingOf, RetiresASealKeyThatADesignationCallsRetired) {
  auto seal = sample_seal_key();
  seal.authority = kTheirs;
  seal.from = {0};
  seal.to = {1000};
  seal.accept_until = {2000};
  entry.seal_keys = {seal};
  EXPECT_TRUE(directory().opens(kTheirs, seal.id(), {500}));
  auto line = key(KeyRole::seal, "");
  line.id = seal.id();
  line.state = KeyState::retired;
  designate({line, key(KeyRole::sign, "sign"), key(KeyRole::tls, "tls")});
  EXPECT_FALSE(directory().opens(kTheirs, seal.id(), {500}));
  EXPECT_EQ(directory().seal_key(kTheirs, {500}), nullptr);
}

}  // namespace
}  // namespace chancery::core
