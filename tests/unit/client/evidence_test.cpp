#include "client/verify/evidence.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/core/designation.h"
#include "tests/unit/client/folder.h"

namespace chancery::client::verify {
namespace {

constexpr Instant kNow{1'795'000'000'000};

// An authority with an anchor and a signing key, and a batch of its statements.
class EvidenceTest : public testing::TestWithParam<crypto::Suite> {
 protected:
  EvidenceTest()
      : anchor_key_(*crypto::PrivateKey::generate(GetParam())),
        key_(*crypto::PrivateKey::generate(GetParam())),
        anchor_(*crypto::issue_certificate({"anchor", crypto::CertificateUse::anchor, kNow - days(1), kNow + days(9)},
                                           anchor_key_.public_key(), anchor_key_, nullptr)),
        certificate_(*crypto::issue_certificate(
            {"cn-example sign", crypto::CertificateUse::sign, kNow - days(1), kNow + days(9)}, key_.public_key(),
            anchor_key_, &anchor_)) {}

  // The statements are all alike, but for their number.
  crypto::SignedStatement sign(std::size_t count, std::uint32_t index,
                               const std::string& lines = "chancery/receipt/v1\nreceiver cn-example\n") {
    std::vector<std::string> statements;
    std::vector<Digest> leaves;
    for (std::size_t i = 0; i < count; ++i) {
      statements.push_back(lines + "number " + std::to_string(i) + "\n");
      leaves.push_back(core::statement_digest(statements.back()));
    }
    const auto batch = *crypto::sign_batch("cn-example", key_, certificate_.id(), std::move(leaves), kNow, random_);
    return {statements[index], batch.signature, batch.path(index)};
  }

  [[nodiscard]] core::Designation draft() const {
    core::Designation d;
    d.authority = "cn-example";
    d.party = "CN";
    d.kind = "competent-authority";
    d.agreements = {"sco-2009"};
    d.valid_from = kNow - days(1);
    d.valid_to = kNow + days(9);
    d.directions = {"sco-2009/3/5"};
    d.languages = {"ru"};
    d.endpoint = "127.0.0.1:7443";
    d.channel = "depositary";
    d.keys = {key_line()};
    return d;
  }
  [[nodiscard]] core::DesignatedKey key_line() const {
    return {core::KeyRole::sign,    GetParam(),  certificate_.id(), kNow - days(1), kNow + days(9),
            core::KeyState::active, std::nullopt};
  }
  Designation designate(const core::Designation& draft, const std::string& signer = "cn-example") {
    const auto text = draft.to_text();
    const auto batch = *crypto::sign_batch(signer, anchor_key_, anchor_.id(), {core::statement_digest(text)},
                                           kNow - hours(1), random_);
    return {{text, batch.signature, batch.path(0)}};
  }
  Designation designate(const core::DesignatedKey& key) {
    auto d = draft();
    d.keys = {key};
    return designate(d);
  }

  void write(const crypto::SignedStatement& statement, const Designation* designation) {
    const auto files = evidence_files(statement, certificate_, anchor_, designation);
    ASSERT_TRUE(files.has_value());
    for (const auto& file : *files) test::spit(out_.path(file.name), file.content);
  }
  void write(const crypto::SignedStatement& statement) {
    const auto designation = designate(draft());
    write(statement, &designation);
  }

  test::Ran run_script() { return test::shell("sh " + out_.path("verify.sh")); }

  // Good, or bad with this line, for the script and for the client.
  void expect_bad(const crypto::SignedStatement& statement, const Designation* designation, const std::string& line) {
    write(statement, designation);
    const auto ran = run_script();
    EXPECT_EQ(ran.exit_code, 8) << ran.output;
    EXPECT_NE(ran.output.find("BAD   " + line), std::string::npos) << ran.output;
    EXPECT_FALSE(verify_evidence(statement, certificate_, anchor_, designation).has_value()) << line;
  }
  void expect_good(const crypto::SignedStatement& statement, const Designation& designation, const std::string& line) {
    write(statement, &designation);
    const auto ran = run_script();
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_NE(ran.output.find(line), std::string::npos) << ran.output;
    EXPECT_TRUE(verify_evidence(statement, certificate_, anchor_, &designation).has_value()) << line;
  }

  crypto::SystemRandom random_;
  crypto::PrivateKey anchor_key_;
  crypto::PrivateKey key_;
  crypto::Certificate anchor_;
  crypto::Certificate certificate_;
  test::Folder out_;
};

TEST_P(EvidenceTest, IsVerifiedByTheScriptWithPlainOpenssl) {
  for (const auto& [count, index] :
       std::vector<std::pair<std::size_t, std::uint32_t>>{{1, 0}, {5, 0}, {5, 3}, {8, 7}}) {
    expect_good(sign(count, index), designate(draft()), "signed by  cn-example at " + to_string(kNow));
  }
}

TEST_P(EvidenceTest, IsBadForTheScriptWhenAnythingIsChanged) {
  const auto statement = sign(5, 3);
  for (const auto* file : {"statement.txt", "batch.txt", "path.txt", "signature.p7m", "designation.txt"}) {
    write(statement);
    auto content = test::slurp(out_.path(file));
    // Of a container of ed25519 nothing is believed but the time and the signature, which stands at its end.
    const bool container = GetParam() == crypto::Suite::ed25519 && std::string_view(file) == "signature.p7m";
    auto& changed = content[container ? content.size() - 1 : content.size() / 2];
    changed = static_cast<char>(changed ^ 1);
    test::spit(out_.path(file), content);
    EXPECT_NE(run_script().exit_code, 0) << file;
  }
  write(statement);
  test::spit(out_.path("path.txt"), test::slurp(out_.path("path.txt")) + std::string(64, '0') + "\n");
  EXPECT_EQ(run_script().exit_code, 8);
}

// Some shells run what stands where a number should.
TEST_P(EvidenceTest, RunsNothingThatStandsInIt) {
  write(sign(5, 3));
  const auto path = test::slurp(out_.path("path.txt"));
  const auto hashes = path.substr(path.find('\n'));
  for (const auto* shell : {"sh ", "bash "}) {
    for (const auto* index : {"size[$(touch pwned)3]-size[0]", "x[$(touch pwned)]", "", "-1", "03", "3 ", "$index"}) {
      test::spit(out_.path("path.txt"), index + hashes);
      EXPECT_EQ(test::shell(shell + out_.path("verify.sh")).exit_code, 8) << shell << index;
      EXPECT_FALSE(std::filesystem::exists(out_.path("pwned"))) << shell << index;
    }
  }
}

TEST_P(EvidenceTest, IsBadWhereACertificateIsDamaged) {
  for (const auto* file : {"anchor.pem", "certificate.pem"}) {
    write(sign(2, 1));
    test::spit(out_.path(file), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    const auto ran = run_script();
    EXPECT_EQ(ran.exit_code, 8) << ran.output;
    EXPECT_NE(ran.output.find("BAD   "), std::string::npos) << ran.output;
  }
}

TEST_P(EvidenceTest, IsBadUnderAnotherAnchor) {
  auto key = *crypto::PrivateKey::generate(crypto::Suite::p256);
  const auto other = *crypto::issue_certificate(
      {"anchor", crypto::CertificateUse::anchor, kNow - days(1), kNow + days(9)}, key.public_key(), key, nullptr);
  write(sign(2, 1));
  test::spit(out_.path("anchor.pem"), other.pem());
  EXPECT_EQ(run_script().exit_code, 8);
  const auto designation = designate(draft());
  EXPECT_FALSE(verify_evidence(sign(2, 1), certificate_, other, &designation).has_value());
}

TEST_P(EvidenceTest, IsGoodOnlyWhenWhoSpeaksInTheStatementSignedIt) {
  const auto designation = designate(draft());
  const std::vector<std::pair<std::string, std::string>> kinds = {{"message", "originator"}, {"receipt", "receiver"},
                                                                  {"dispatch", "sender"},    {"seal-key", "authority"},
                                                                  {"handling", "authority"}, {"permit", "provider"}};
  for (const auto& [kind, author] : kinds) {
    const auto lines = "chancery/" + kind + "/v1\n" + author + " ";
    expect_good(sign(2, 1, lines + "cn-example\n"), designation, "signed by  cn-example");
    expect_bad(sign(2, 1, lines + "ru-example\n"), &designation,
               "statement.txt: speaks for ru-example, but cn-example signed it");
    expect_bad(sign(2, 1, "chancery/" + kind + "/v1\n"), &designation, "statement.txt: speaks for ");
  }
  expect_bad(sign(2, 1, "chancery/batch/v1\nsigner cn-example\n"), &designation, "statement.txt: not a kind");
}

TEST_P(EvidenceTest, IsBadWhenTheKeyWasNotTheSignersAtThatTime) {
  const auto statement = sign(2, 1);
  const auto expect = [&](const core::DesignatedKey& key, const std::string& line) {
    const auto designation = designate(key);
    expect_bad(statement, &designation, "certificate.pem: " + line);
  };
  auto key = key_line();
  key.to = kNow;
  expect(key, "designated to " + to_string(kNow) + ", signed " + to_string(kNow));
  key = key_line();
  key.from = kNow + Duration{1};
  expect(key, "designated from " + to_string(key.from) + " only, signed " + to_string(kNow));
  key = key_line();
  key.state = core::KeyState::compromised;
  key.since = kNow;
  expect(key, "compromised since " + to_string(kNow));
  key = key_line();
  key.role = core::KeyRole::evidence;
  expect(key, "not a key of the designation");
  key = key_line();
  key.suite = GetParam() == crypto::Suite::p256 ? crypto::Suite::ed25519 : crypto::Suite::p256;
  expect(key, "not a key of the designation");
}

// Under an anchor of the other suite, as an authority that changes its suite has it.
TEST_P(EvidenceTest, IsVerifiedUnderAnAnchorOfEitherSuite) {
  const auto other = GetParam() == crypto::Suite::p256 ? crypto::Suite::ed25519 : crypto::Suite::p256;
  anchor_key_ = *crypto::PrivateKey::generate(other);
  anchor_ = *crypto::issue_certificate({"anchor", crypto::CertificateUse::anchor, kNow - days(1), kNow + days(9)},
                                       anchor_key_.public_key(), anchor_key_, nullptr);
  certificate_ =
      *crypto::issue_certificate({"cn-example sign", crypto::CertificateUse::sign, kNow - days(1), kNow + days(9)},
                                 key_.public_key(), anchor_key_, &anchor_);
  expect_good(sign(2, 1), designate(draft()), "signed by  cn-example");
}

// A batch that says it is of the other suite, over the same certificate.
TEST_P(EvidenceTest, IsBadWhereTheBatchNamesAnotherSuite) {
  auto statement = sign(1, 0);
  const auto name = std::string("suite ") + crypto::to_string(GetParam());
  const auto other = std::string("suite ") + (GetParam() == crypto::Suite::p256 ? "ed25519" : "p256");
  auto& text = statement.signature.statement;
  text.replace(text.find(name), name.size(), other);
  const auto designation = designate(draft());
  expect_bad(statement, &designation, "certificate.pem: not of the suite of batch.txt");
  text.replace(text.find(other), other.size(), "suite sm2");
  expect_bad(statement, &designation, "batch.txt: of a suite that is not known here");
}

INSTANTIATE_TEST_SUITE_P(OfEverySuite, EvidenceTest, testing::Values(crypto::Suite::p256, crypto::Suite::ed25519),
                         [](const auto& suite) { return std::string(crypto::to_string(suite.param)); });

TEST_P(EvidenceTest, IsGoodToTheMillisecondWhenTheKeyWasTheSigners) {
  auto key = key_line();
  key.from = kNow;
  key.to = kNow + Duration{1};
  key.state = core::KeyState::retired;
  expect_good(sign(2, 1), designate(key), "good  certificate.pem: designated for cn-example");
  key.state = core::KeyState::compromised;
  key.since = kNow + Duration{1};
  expect_good(sign(2, 1), designate(key), "note  certificate.pem: compromised since " + to_string(*key.since));
}

TEST_P(EvidenceTest, IsBadUnderADesignationThatEndedOrIsOfAnotherOrNobodys) {
  const auto statement = sign(2, 1);
  auto changed = draft();
  changed.valid_to = kNow;
  auto designation = designate(changed);
  expect_bad(statement, &designation, "designation.txt: ended " + to_string(kNow));
  changed = draft();
  changed.authority = "ru-example";
  designation = designate(changed, "ru-example");
  expect_bad(statement, &designation, "the signer is not who is designated");
  designation = designate(changed);
  expect_bad(statement, &designation, "designation.txt: speaks for ru-example, but cn-example signed it");
}

TEST_P(EvidenceTest, IsBadWithoutADesignation) {
  expect_bad(sign(2, 1), nullptr, "no designation: nothing says that certificate.pem speaks for cn-example");
}

TEST_P(EvidenceTest, IsBadWhenAKeyThatIsNotTheAnchorSignsADesignation) {
  expect_bad(sign(1, 0, draft().to_text()), nullptr, "statement.txt: a designation that the anchor did not sign");
}

}  // namespace
}  // namespace chancery::client::verify
