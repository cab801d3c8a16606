#include "client/verify/evidence.h"

#include <gtest/gtest.h>

#include "daemon/core/statement.h"
#include "tests/unit/client/folder.h"

namespace chancery::client::verify {
namespace {

constexpr Instant kNow{1'795'000'000'000};

// An authority with an anchor and a signing key, and a batch of its statements.
class EvidenceTest : public testing::Test {
 protected:
  EvidenceTest()
      : anchor_key_(*crypto::PrivateKey::generate(crypto::Suite::p256)),
        key_(*crypto::PrivateKey::generate(crypto::Suite::p256)),
        anchor_(*crypto::issue_certificate({"anchor", crypto::CertificateUse::anchor, kNow - days(1), kNow + days(9)},
                                           anchor_key_.public_key(), anchor_key_, nullptr)),
        certificate_(*crypto::issue_certificate(
            {"cn-example sign", crypto::CertificateUse::sign, kNow - days(1), kNow + days(9)}, key_.public_key(),
            anchor_key_, &anchor_)) {}

  crypto::SignedStatement sign(std::size_t count, std::uint32_t index) {
    std::vector<std::string> statements;
    std::vector<Digest> leaves;
    for (std::size_t i = 0; i < count; ++i) {
      statements.push_back("chancery/receipt/v1\nnumber " + std::to_string(i) + "\n");
      leaves.push_back(core::statement_digest(statements.back()));
    }
    const auto batch = *crypto::sign_batch("cn-example", key_, certificate_.id(), std::move(leaves), kNow, random_);
    return {statements[index], batch.signature, batch.path(index)};
  }

  void write(const crypto::SignedStatement& statement) {
    const auto files = evidence_files(statement, certificate_, anchor_, nullptr);
    ASSERT_TRUE(files.has_value());
    for (const auto& file : *files) test::spit(out_.path(file.name), file.content);
  }

  test::Ran run_script() { return test::shell("sh " + out_.path("verify.sh")); }

  crypto::SystemRandom random_;
  crypto::PrivateKey anchor_key_;
  crypto::PrivateKey key_;
  crypto::Certificate anchor_;
  crypto::Certificate certificate_;
  test::Folder out_;
};

TEST_F(EvidenceTest, IsVerifiedByTheScriptWithPlainOpenssl) {
  for (const auto& [count, index] :
       std::vector<std::pair<std::size_t, std::uint32_t>>{{1, 0}, {5, 0}, {5, 3}, {8, 7}}) {
    const auto statement = sign(count, index);
    ASSERT_TRUE(verify_evidence(statement, certificate_, anchor_).has_value());
    write(statement);
    const auto ran = run_script();
    EXPECT_EQ(ran.exit_code, 0) << count << "/" << index << ": " << ran.output;
    EXPECT_NE(ran.output.find("signed by  cn-example at " + to_string(kNow)), std::string::npos) << ran.output;
  }
}

TEST_F(EvidenceTest, IsBadForTheScriptWhenAnythingIsChanged) {
  const auto statement = sign(5, 3);
  for (const auto* file : {"statement.txt", "batch.txt", "path.txt", "signature.p7m"}) {
    write(statement);
    auto content = test::slurp(out_.path(file));
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    test::spit(out_.path(file), content);
    EXPECT_NE(run_script().exit_code, 0) << file;
  }
  write(statement);
  test::spit(out_.path("path.txt"), test::slurp(out_.path("path.txt")) + std::string(64, '0') + "\n");
  EXPECT_EQ(run_script().exit_code, 8);
}

TEST_F(EvidenceTest, IsBadUnderAnotherAnchor) {
  auto key = *crypto::PrivateKey::generate(crypto::Suite::p256);
  const auto other = *crypto::issue_certificate(
      {"anchor", crypto::CertificateUse::anchor, kNow - days(1), kNow + days(9)}, key.public_key(), key, nullptr);
  write(sign(2, 1));
  test::spit(out_.path("anchor.pem"), other.pem());
  EXPECT_EQ(run_script().exit_code, 8);
  EXPECT_FALSE(verify_evidence(sign(2, 1), certificate_, other).has_value());
}

}  // namespace
}  // namespace chancery::client::verify
