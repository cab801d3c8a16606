#include "client/next_designation.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/unit/client/folder.h"

namespace chancery::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NextDesignationTest : public ::testing::Test {
 protected:
  NextDesignationTest() {
    must({"init", "--authority", "cn-example", "--party", "CN", "--agreement", "sco-2009", "--endpoint",
          "127.0.0.1:7443", "--directory", directory_});
    must({"designation", "sign", "--directory", directory_});
  }

  void must(const std::vector<std::string>& words) {
    const auto answer = test::chancery(folder_, words);
    ASSERT_EQ(answer.exit_code, 0) << answer.notes;
  }
  test::Answer next(const std::vector<std::string>& options) {
    std::vector<std::string> words = {"designation", "next", "--directory", directory_};
    words.insert(words.end(), options.begin(), options.end());
    return test::chancery(folder_, words);
  }
  void sign() { must({"designation", "sign", "--directory", directory_}); }
  core::Designation designation() { return open_bundle(test::slurp(bundle_path(directory_))).value().designation; }
  // The keys of this role that the designation in force names, in no order.
  std::vector<core::DesignatedKey> keys(core::KeyRole role) {
    auto all = designation().keys;
    std::erase_if(all, [role](const core::DesignatedKey& key) { return key.role != role; });
    return all;
  }

  const test::Folder folder_;
  const std::string directory_ = folder_.path("cn");
};

TEST_F(NextDesignationTest, NamesNewKeysBesideTheOldOnesUntilTheOverlapEnds) {
  const auto before = designation();
  const auto old = keys(core::KeyRole::tls).at(0);
  EXPECT_EQ(next({"--rotate", "tls", "--overlap", "3d"}).exit_code, 0);
  sign();
  const auto now = designation();
  EXPECT_EQ(now.serial, before.serial + 1);
  EXPECT_EQ(now.supersedes, core::statement_digest(before.to_text()));
  const auto tls = keys(core::KeyRole::tls);
  ASSERT_EQ(tls.size(), 2u);
  const auto& kept = tls[0].id == old.id ? tls[0] : tls[1];
  EXPECT_EQ(kept.id, old.id);
  EXPECT_EQ(kept.to, now.valid_from + days(3));
  // openssl says of the new one what the line says.
  const auto digest = test::shell("openssl x509 -in " + directory_ + "/keys/next/tls.pem -outform DER | sha256sum");
  const auto& added = tls[0].id == old.id ? tls[1] : tls[0];
  EXPECT_THAT("sha256:" + digest.output.substr(0, 64), to_string(added.id));
  EXPECT_EQ(keys(core::KeyRole::sign).size(), 1u);
}

// What nobody can read from a certificate would end with its line, and the others could not tell a journal put back.
TEST_F(NextDesignationTest, NamesTheKeysOfTheJournalAsLongAsTheOthers) {
  const auto before = keys(core::KeyRole::log).at(0);
  EXPECT_EQ(next({}).exit_code, 0);
  sign();
  for (const auto role : {core::KeyRole::log, core::KeyRole::witness})
    EXPECT_EQ(keys(role).at(0).to, designation().valid_to);
  EXPECT_GT(keys(core::KeyRole::log).at(0).to, before.to);
  EXPECT_EQ(keys(core::KeyRole::log).at(0).id, before.id);
}

TEST_F(NextDesignationTest, WithdrawsAndDesignatesAgainUnderNewKeysWithTheSameJournal) {
  const auto journal = keys(core::KeyRole::log).at(0).id;
  EXPECT_EQ(next({"--withdraw"}).exit_code, 0);
  sign();
  ASSERT_EQ(designation().keys.size(), 1u);
  EXPECT_EQ(designation().keys[0].role, core::KeyRole::anchor);
  // Not by mistake: it would name nobody to be reached or to sign.
  for (const auto* roles : {"tls", "sign", "evidence"}) {
    const auto refused = next({"--rotate", roles});
    EXPECT_EQ(refused.exit_code, 2) << roles;
    EXPECT_THAT(refused.notes, HasSubstr("E-USAGE-MISSING"));
  }
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/keys/next/tls.key"));
  EXPECT_EQ(next({"--rotate", "tls,sign,evidence"}).exit_code, 0);
  sign();
  for (const auto role : {core::KeyRole::tls, core::KeyRole::sign, core::KeyRole::evidence, core::KeyRole::witness})
    EXPECT_EQ(keys(role).size(), 1u) << core::to_string(role);
  ASSERT_EQ(keys(core::KeyRole::log).size(), 1u);
  EXPECT_EQ(keys(core::KeyRole::log)[0].id, journal);
}

TEST_F(NextDesignationTest, IsNotBegunBeforeTheOneBeforeIsFinished) {
  EXPECT_EQ(next({"--rotate", "sign"}).exit_code, 0);
  const auto draft = test::slurp(draft_path(directory_));
  EXPECT_THAT(next({"--rotate", "tls"}).notes, HasSubstr("E-DESIGNATION-OPEN"));  // the draft is not signed
  EXPECT_EQ(test::slurp(draft_path(directory_)), draft);
  sign();
  EXPECT_THAT(next({"--rotate", "sign"}).notes, HasSubstr("E-DESIGNATION-OPEN"));  // the keys are not switched
  must({"designation", "switch", "--directory", directory_});
  EXPECT_EQ(next({"--rotate", "sign"}).exit_code, 0);
}

TEST_F(NextDesignationTest, ComesIntoUseByASwitchThatKeepsTheKeysOfBefore) {
  const auto old = test::slurp(directory_ + "/keys/sign.key");
  EXPECT_EQ(next({"--rotate", "sign"}).exit_code, 0);
  const auto made = test::slurp(directory_ + "/keys/next/sign.key");
  const auto early = test::chancery(folder_, {"designation", "switch", "--directory", directory_});
  EXPECT_THAT(early.notes, HasSubstr("E-DESIGNATION-KEYS"));  // no signed designation names it
  EXPECT_EQ(test::slurp(directory_ + "/keys/sign.key"), old);
  sign();
  // Cut off half way: the key is there, its certificate is not.
  std::filesystem::create_directory(directory_ + "/keys/previous");
  std::filesystem::rename(directory_ + "/keys/sign.key", directory_ + "/keys/previous/sign.key");
  std::filesystem::rename(directory_ + "/keys/next/sign.key", directory_ + "/keys/sign.key");
  const auto roles = switch_keys(directory_, designation(), designation().valid_from + minutes(1));
  ASSERT_TRUE(roles.has_value());
  EXPECT_THAT(*roles, ElementsAre("sign"));
  EXPECT_EQ(test::slurp(directory_ + "/keys/sign.key"), made);
  EXPECT_EQ(test::slurp(directory_ + "/keys/previous/sign.key"), old);
  EXPECT_THAT(switch_keys(directory_, designation(), designation().valid_from).value(), IsEmpty());
}

}  // namespace
}  // namespace chancery::client
