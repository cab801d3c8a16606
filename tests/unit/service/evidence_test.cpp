#include "daemon/service/evidence.h"

#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {
namespace {

using ::testing::ElementsAre;

class EvidenceTest : public DeskTest {
 protected:
  // As `chancery-verify` would look at it: nothing but what was exported.
  static void expect_verifies(const wire::EvidenceView& view) {
    const auto certificate = crypto::Certificate::from_der(view.certificate).value();
    const auto anchor = crypto::Certificate::from_der(view.anchor).value();
    EXPECT_TRUE(certificate.issued_by(anchor));
    const auto batch = crypto::verify_batch(view.statement.signature, certificate);
    ASSERT_TRUE(batch.has_value()) << batch.error().detail;
    EXPECT_TRUE(crypto::in_batch(*batch, core::statement_digest(view.statement.statement), view.statement.path));
    ASSERT_TRUE(view.designation.has_value());
    EXPECT_TRUE(verify_designation(*view.designation).has_value());
  }
};

TEST_F(EvidenceTest, ExportsAMessageThatVerifiesAlone) {
  const auto id = released();
  EvidenceExport evidence(cn_.node());
  const auto view = value_of(evidence.run(test::auditor(), {"CN-2026-0001", std::nullopt, ""}));
  EXPECT_EQ(view.name, "CN-2026-0001");
  expect_verifies(view);
  const auto entry = journal(cn_).back();
  EXPECT_EQ(entry.act, core::Act::exported);
  EXPECT_EQ(entry.actor, "auditor");
  EXPECT_EQ(entry.content, core::statement_digest(view.statement.statement));
}

TEST_F(EvidenceTest, ExportsAReceiptAndAPeersMessage) {
  const auto id = released();
  deliver(id);
  EvidenceExport evidence(ru_.node());
  const auto receipt = value_of(evidence.run(test::officer(), {id, core::Stage::delivered, ""}));
  EXPECT_EQ(receipt.name, "IN-2026-0001-delivered-ru-example");
  EXPECT_TRUE(core::Receipt::parse(receipt.statement.statement).has_value());
  expect_verifies(receipt);
  const auto message = value_of(evidence.run(test::officer(), {id, std::nullopt, ""}));
  EXPECT_EQ(core::Designation::parse(message.designation->statement)->authority, "cn-example");
  expect_verifies(message);
}

TEST_F(EvidenceTest, NamesARestrictedMessageByItsClassAndCarriesBothMarks) {
  const auto id = released({.label = "open"});
  deliver(id);
  EvidenceExport theirs(ru_.node());
  EXPECT_EQ(value_of(theirs.run(test::officer(), {id, std::nullopt, ""})).name, "IN-2026-0001");
  const auto restricted = released({.label = "restricted"}, 2);
  deliver(restricted);
  const auto view = value_of(theirs.run(test::officer(), {restricted, std::nullopt, ""}));
  EXPECT_EQ(view.name, "IN-2026-0002-restricted");
  ASSERT_EQ(view.labels.size(), 1U);
  EXPECT_EQ(view.labels.front().text(), "cn-example/1 restricted -");
  EXPECT_EQ(view.own_label->text(), "ru-example/1 restricted -");
  EXPECT_THAT(codes_of(theirs.run(test::officer(), {restricted, std::nullopt, "", true})), ElementsAre("E-NOT-FOUND"));
}

TEST_F(EvidenceTest, RefusesWhatIsNotThereAndWhoMayNot) {
  const auto id = released();
  EvidenceExport evidence(cn_.node());
  EXPECT_THAT(codes_of(evidence.run(test::officer(), {id, core::Stage::read, ""})), ElementsAre("E-NOT-FOUND"));
  EXPECT_THAT(codes_of(evidence.run(test::officer(), {"CN-2026-0002", std::nullopt, ""})), ElementsAre("E-NOT-FOUND"));
  EXPECT_THAT(codes_of(evidence.run(test::administrator(), {id, std::nullopt, ""})), ElementsAre("E-ROLE"));
}

}  // namespace
}  // namespace chancery::service
