#include "daemon/core/directory.h"

#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

constexpr const char* kRu = "ru-example";

// Two designations of one authority, [0, 100) and [50, 200), and what they say of their keys.
class DirectoryOf : public testing::Test {
 protected:
  DirectoryOf() {
    Designation one = sample_designation();
    one.serial = 1;
    one.supersedes = std::nullopt;
    one.valid_from = {0};
    one.valid_to = {100};
    one.keys = {key(KeyRole::sign, "old"), key(KeyRole::tls, "tls")};
    Designation two = one;
    two.serial = 2;
    two.supersedes = statement_digest(one.to_text());
    two.valid_from = {50};
    two.valid_to = {200};
    two.keys = {key(KeyRole::sign, "new"), key(KeyRole::tls, "tls 2")};
    entry.state = PeerState::active;
    entry.history = {one, two};
  }

  static DesignatedKey key(KeyRole role, std::string_view word) {
    return {role, crypto::Suite::p256, digest_of(word), {0}, {300}, KeyState::active, std::nullopt};
  }
  [[nodiscard]] Directory directory() const { return Directory({{kRu, entry}}); }
  [[nodiscard]] bool signs(std::string_view word, Instant at) const {
    return directory().key(kRu, KeyRole::sign, digest_of(word), at) != nullptr;
  }

  DirectoryEntry entry;
};

TEST_F(DirectoryOf, GivesTheDesignationInForceTheNewestOfThoseThatCoverTheTime) {
  const auto d = directory();
  EXPECT_EQ(d.designation(kRu, {-1}), nullptr);
  EXPECT_EQ(d.designation(kRu, {0})->serial, 1u);
  EXPECT_EQ(d.designation(kRu, {49})->serial, 1u);
  EXPECT_EQ(d.designation(kRu, {50})->serial, 2u);
  EXPECT_EQ(d.designation(kRu, {199})->serial, 2u);
  EXPECT_EQ(d.designation(kRu, {200}), nullptr);
  EXPECT_EQ(d.designation("kz-example", {50}), nullptr);
}

TEST_F(DirectoryOf, GivesNothingOfAPeerThatIsNotActive) {
  for (const auto state : {PeerState::unverified, PeerState::suspended}) {
    entry.state = state;
    EXPECT_EQ(directory().designation(kRu, {60}), nullptr);
    EXPECT_EQ(directory().authority_of_tls(digest_of("tls 2"), {60}), nullptr);
    EXPECT_EQ(parse_peer_state(to_string(state)).value(), state);
  }
  EXPECT_FALSE(parse_peer_state("friend").has_value());
}

TEST_F(DirectoryOf, JudgesAKeyAtItsTime) {
  EXPECT_TRUE(signs("old", {49}));
  EXPECT_FALSE(signs("old", {50})) << "the successor leaves it out";
  EXPECT_FALSE(signs("new", {49}));
  EXPECT_TRUE(signs("new", {50}));
  EXPECT_FALSE(signs("never", {50}));
  EXPECT_EQ(directory().key(kRu, KeyRole::evidence, digest_of("old"), {60}), nullptr) << "another role";
}

TEST_F(DirectoryOf, LetsTheNewestStatementAboutAKeyDecide) {
  auto lost = key(KeyRole::sign, "old");
  lost.state = KeyState::compromised;
  lost.since = Instant{30};
  entry.history.back().keys.push_back(lost);
  EXPECT_TRUE(signs("old", {29}));
  EXPECT_FALSE(signs("old", {30})) << "though the designation of that time calls it active";
}

TEST_F(DirectoryOf, KeepsSignaturesOfASuspendedPeerAndNoneOfAnUnverifiedOne) {
  entry.state = PeerState::suspended;
  EXPECT_TRUE(signs("new", {60}));
  entry.state = PeerState::unverified;
  EXPECT_FALSE(signs("new", {60}));
}

TEST_F(DirectoryOf, KnowsAPeerByTheTlsCertificateOfTheDesignationInForce) {
  EXPECT_EQ(*directory().authority_of_tls(digest_of("tls"), {49}), kRu);
  EXPECT_EQ(directory().authority_of_tls(digest_of("tls"), {50}), nullptr);
  EXPECT_EQ(*directory().authority_of_tls(digest_of("tls 2"), {50}), kRu);
  EXPECT_EQ(directory().authority_of_tls(digest_of("new"), {50}), nullptr) << "a sign key opens no stream";
  entry.history.back().keys.back().state = KeyState::compromised;
  EXPECT_EQ(directory().authority_of_tls(digest_of("tls 2"), {50}), nullptr);
}

TEST_F(DirectoryOf, SealsForTheNewestKeyOfTheTime) {
  auto one = sample_seal_key(), two = sample_seal_key();
  one.from = {0};
  one.to = {100};
  two.from = {90};
  two.to = {200};
  entry.seal_keys = {one, two};
  EXPECT_EQ(directory().seal_key(kRu, {89})->from, (Instant{0}));
  EXPECT_EQ(directory().seal_key(kRu, {90})->from, (Instant{90}));
  EXPECT_EQ(directory().seal_key(kRu, {200}), nullptr);
  EXPECT_EQ(directory().seal_key("kz-example", {90}), nullptr);
}

TEST_F(DirectoryOf, SealsForNobodyWithoutADesignationInForce) {
  auto key = sample_seal_key();
  key.from = {-100};
  key.to = {500};
  entry.seal_keys = {key};
  EXPECT_EQ(directory().seal_key(kRu, {-1}), nullptr) << "not begun";
  EXPECT_NE(directory().seal_key(kRu, {199}), nullptr);
  EXPECT_EQ(directory().seal_key(kRu, {200}), nullptr) << "run out";
  entry.history.back().keys.clear();
  EXPECT_EQ(directory().seal_key(kRu, {199}), nullptr) << "withdrawn";
}

TEST_F(DirectoryOf, LetsADesignationFollowOnlyTheOneItSupersedes) {
  const auto next = entry.history.back();
  const std::vector<Designation> history = {entry.history.front()};
  EXPECT_TRUE(check_next_designation({}, next).has_value());
  EXPECT_TRUE(check_next_designation(history, next).has_value());
  const auto refused = [&](auto change, Errc code) {
    auto changed = next;
    change(changed);
    const auto result = check_next_designation(history, changed);
    return !result.has_value() && result.error().code == code;
  };
  EXPECT_TRUE(refused([](auto& d) { d.authority = "kz-example"; }, Errc::conflict));
  EXPECT_TRUE(refused([](auto& d) { d.party = "KZ"; }, Errc::conflict));
  EXPECT_TRUE(refused([](auto& d) { d.serial = 3; }, Errc::conflict));
  EXPECT_TRUE(refused([](auto& d) { d.serial = 1; }, Errc::stale));
  EXPECT_TRUE(refused([](auto& d) { d.supersedes = std::nullopt; }, Errc::conflict));
  EXPECT_TRUE(refused([](auto& d) { d.supersedes = digest_of("another"); }, Errc::conflict));
}

}  // namespace
}  // namespace chancery::core
