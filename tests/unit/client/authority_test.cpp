#include "client/authority.h"

#include <gtest/gtest.h>

#include "client/designation_bundle.h"
#include "client/verify/evidence.h"
#include "tests/unit/client/folder.h"

namespace chancery::client {
namespace {

const test::Folder& made() {
  static const test::Folder kFolder;
  static const bool kDone = [] {
    const auto init = test::chancery(
        kFolder, {"init", "--authority", "cn-example", "--party", "CN", "--agreement", "sco-2009,cn-ru-2015",
                  "--endpoint", "127.0.0.1:7443", "--directory", kFolder.path("cn"), "--languages", "zh,ru"});
    EXPECT_EQ(init.exit_code, 0) << init.notes;
    const auto sign = test::chancery(kFolder, {"designation", "sign", "--directory", kFolder.path("cn")});
    EXPECT_EQ(sign.exit_code, 0) << sign.notes;
    return true;
  }();
  EXPECT_TRUE(kDone);
  return kFolder;
}

TEST(Init, MakesKeysThatOnlyTheirOwnerReads) {
  const auto listing = test::shell("cd " + made().path("cn") + " && stat -c '%a %n' */*.key | sort").output;
  EXPECT_EQ(listing,
            "600 admin/administrator.key\n600 anchor/anchor.key\n600 keys/database.key\n600 keys/evidence.key\n"
            "600 keys/log.key\n600 keys/sign.key\n600 keys/storage.key\n600 keys/tls.key\n600 keys/witness.key\n");
  EXPECT_EQ(test::slurp(made().path("cn/keys/storage.key")).size(), 32u);
  EXPECT_EQ(test::slurp(made().path("cn/keys/database.key")).size(), 32u);
}

TEST(Init, IssuesCertificatesThatOpensslVerifiesUnderTheAnchor) {
  for (const auto* role : {"tls", "sign", "evidence"}) {
    const auto ran = test::shell("cd " + made().path("cn/keys") + " && openssl verify -CAfile anchor.pem " + role +
                                 ".pem && openssl pkey -in " + role + ".key -pubout -out a.pub && openssl x509 -in " +
                                 role + ".pem -pubkey -noout | cmp - a.pub");
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
  }
  const auto anchors = test::shell("cd " + made().path("cn") + " && cmp anchor/anchor.pem keys/anchor.pem");
  EXPECT_EQ(anchors.exit_code, 0) << anchors.output;
}

TEST(Init, WritesOverNothing) {
  const auto again =
      test::chancery(made(), {"init", "--authority", "cn-example", "--party", "CN", "--agreement", "sco-2009",
                              "--endpoint", "127.0.0.1:7443", "--directory", made().path("cn")});
  EXPECT_EQ(again.exit_code, 9);
  EXPECT_NE(again.notes.find("E-FILE-EXISTS"), std::string::npos);
}

TEST(Init, RefusesCodesThatTheAgreementsDoNotHave) {
  const auto words = [&](const std::string& option, const std::string& value) {
    std::vector<std::string> all = {
        "init",           "--authority", "cn-example",         "--party", "CN", "--agreement", "sco-2009", "--endpoint",
        "127.0.0.1:7443", "--directory", made().path("other"), option,    value};
    return all;
  };
  EXPECT_EQ(test::chancery(made(), words("--directions", "sco-2009/3/99")).exit_code, 2);
  EXPECT_EQ(test::chancery(made(), words("--party", "China")).exit_code, 2);
  EXPECT_EQ(test::chancery(made(), words("--label-policy", "ru-example")).exit_code, 2);
}

TEST(Designation, ShowsWhatItVerifiedWithTheAnchorsFingerprint) {
  const auto shown = test::chancery(made(), {"designation", "show", "--directory", made().path("cn")});
  EXPECT_EQ(shown.exit_code, 0) << shown.notes;
  const auto fingerprint = test::shell("openssl x509 -in " + made().path("cn/keys/anchor.pem") +
                                       " -outform DER | sha256sum | cut -d ' ' -f 1")
                               .output;
  EXPECT_NE(shown.out.find("sha256:" + fingerprint.substr(0, 64)), std::string::npos) << shown.out;
  const auto id =
      test::chancery(made(), {"designation", "show", made().path("cn/keys/designation.bundle"), "-o", "id"});
  EXPECT_EQ(id.out, "sha256:" + fingerprint);
}

TEST(Designation, IsVerifiedByPlainOpenssl) {
  const auto bundle = open_bundle(test::slurp(made().path("cn/keys/designation.bundle")));
  ASSERT_TRUE(bundle.has_value()) << bundle.error().detail;
  const auto files = verify::evidence_files(bundle->statement, bundle->anchor(), bundle->anchor(), nullptr);
  ASSERT_TRUE(files.has_value());
  const test::Folder out;
  for (const auto& file : *files) test::spit(out.path(file.name), file.content);
  const auto ran = test::shell("sh " + out.path("verify.sh"));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  EXPECT_NE(ran.output.find("statement  chancery/designation/v1"), std::string::npos) << ran.output;
  EXPECT_TRUE(verify::verify_evidence(bundle->statement, bundle->anchor(), bundle->anchor(), nullptr).has_value());
}

TEST(Designation, FailsWhenAnyByteOfItIsChanged) {
  const auto bytes = test::slurp(made().path("cn/keys/designation.bundle"));
  for (std::size_t at = 0; at < bytes.size(); at += 13) {
    auto changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(open_bundle(changed).has_value()) << "byte " << at;
  }
}

TEST(Designation, ExitsWithEightWhenItDoesNotVerify) {
  test::spit(made().path("bad.bundle"), "nonsense");
  const auto shown = test::chancery(made(), {"designation", "show", made().path("bad.bundle")});
  EXPECT_EQ(shown.exit_code, 8);
  EXPECT_NE(shown.notes.find("E-DESIGNATION"), std::string::npos);
}

TEST(UserKey, MakesAKeyAndItsCertificateForAPerson) {
  const auto answer = test::chancery(made(), {"user", "key", "wang", "--directory", made().path("people")});
  EXPECT_EQ(answer.exit_code, 0) << answer.notes;
  EXPECT_EQ(test::shell("stat -c %a " + made().path("people/wang.key")).output, "600\n");
  const auto subject = test::shell("openssl x509 -in " + made().path("people/wang.pem") + " -noout -subject");
  EXPECT_NE(subject.output.find("wang"), std::string::npos);
  EXPECT_EQ(test::chancery(made(), {"user", "key", "wang", "--directory", made().path("people")}).exit_code, 9);
}

TEST(NoticeNew, WritesATemplateAndNeverOverADraft) {
  const auto words = std::vector<std::string>{"notice", "new", "-f", made().path("notice.md")};
  EXPECT_EQ(test::chancery(made(), words).exit_code, 0);
  EXPECT_NE(test::slurp(made().path("notice.md")).find("## zh"), std::string::npos);
  EXPECT_EQ(test::chancery(made(), words).exit_code, 9);
}

TEST(Send, TellsFaultsOfTheDraftWithFileAndLineBeforeItConnects) {
  test::spit(made().path("bad.md"), "---\nagreement: sco-2009\nlabell: open\n---\n## zh\n# 标题\n正文\n");
  const auto answer = test::chancery(made(), {"send", made().path("bad.md"), "--yes"});
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_NE(answer.notes.find(made().path("bad.md") + ":3"), std::string::npos) << answer.notes;
}

TEST(Send, NamesTheFlagWhenNobodyCanBeAsked) {
  test::spit(
      made().path("good.md"),
      "---\nagreement: sco-2009\ndirections: sco-2009/3/5\nlabel: open\nto: ru-example\n---\n## zh\n# 标题\n正文\n");
  const auto answer = test::chancery(made(), {"send", made().path("good.md")});
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_NE(answer.notes.find("--yes"), std::string::npos) << answer.notes;
}

}  // namespace
}  // namespace chancery::client
