#include "daemon/service/handling.h"

#include "daemon/core/handling.h"
#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {
namespace {

using core::Act;
using test::DraftOptions;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// RU holds what CN released, and marks it.
class HandlingDeskTest : public DeskTest {
 protected:
  HandlingDeskTest()
      : handlings_(ru_.node()),
        theirs_(ru_.node(), recorded_.lanes()),
        ru_submit_(ru_.node(), recorded_.lanes(), ru_.quotations()) {}

  std::string held(const std::string& label) {
    auto id = released({.label = label});
    deliver(id);
    return id;
  }
  Outcome<wire::MessageView> handle(const std::string& id, const std::string& label, const core::User& user,
                                    std::vector<std::string> categories = {}, const std::string& review = {}) {
    return handlings_.handle(user, {id, label, review, std::move(categories)});
  }
  std::vector<store::HandlingRecord> history(const std::string& id) {
    return ru_.store().reader().handlings(core::parse_message_id(id).value()).value();
  }
  // What RU would send CN, quoting the message.
  Outcome<wire::Preview> quote(const std::string& id, const std::string& label, const core::User& user) {
    DraftOptions options{.recipients = {"cn-example"}, .label = label};
    options.sources = {{id, "quotes"}};
    return ru_submit_.preview(user, test::draft_bytes(options));
  }

  HandlingDesk handlings_;
  Reading theirs_;
  Submit ru_submit_;
};

TEST_F(HandlingDeskTest, MarksWithoutTouchingTheOriginal) {
  const auto id = held("open");
  const auto before = ru_.store().reader().message(core::parse_message_id(id).value())->statement.statement;
  const auto plain = value_of(theirs_.read(test::officer(), id)).message;
  EXPECT_EQ(plain.own_label->text(), "ru-example/1 open -");
  EXPECT_FALSE(plain.handled);
  const auto view = value_of(handle(id, "restricted", test::officer(), {}, "2027-06-01"));
  EXPECT_EQ(view.own_label->text(), "ru-example/1 restricted 2027-06-01");
  EXPECT_EQ(view.own_marking, "restricted");
  EXPECT_TRUE(view.handled);
  EXPECT_TRUE(view.restricted);
  EXPECT_EQ(view.message.labels.front().text(), "cn-example/1 open -");
  EXPECT_EQ(ru_.store().reader().message(core::parse_message_id(id).value())->statement.statement, before);
  EXPECT_EQ(journal(ru_).back().act, Act::handled);
  EXPECT_EQ(journal(ru_).back().content, core::statement_digest(history(id).back().statement.statement));
}

TEST_F(HandlingDeskTest, RefusesALaxerMarkWithItsArticleAndJournalsIt) {
  const auto id = held("restricted");
  const auto refusal = std::get<Refused>(*handle(id, "open", test::approver()));
  EXPECT_EQ(refusal.decision.reasons(),
            (std::vector<core::Reason>{{core::ReasonCode::label_laxer, "S6.7", "6(3)", "ru-example/1 restricted -"}}));
  EXPECT_EQ(journal(ru_).back().act, Act::handling_refused);
  EXPECT_THAT(journal(ru_).back().reasons, ElementsAre("E-LABEL-LAXER"));
  EXPECT_THAT(history(id), IsEmpty());
  EXPECT_EQ(value_of(theirs_.read(test::officer(), id)).message.own_label->text(), "ru-example/1 restricted -");
}

TEST_F(HandlingDeskTest, ClosesTheTextToWhoIsNotClearedForTheMark) {
  const auto id = held("open");
  const auto uncleared = test::officer("petrov", "");
  (void)value_of(theirs_.read(uncleared, id));
  (void)value_of(handle(id, "restricted", {"ivanov", core::Role::officer, "restricted", {"judicial"}}, {"judicial"}));
  EXPECT_THAT(codes_of(theirs_.read(uncleared, id)), ElementsAre("E-CLEARANCE"));
  EXPECT_THAT(codes_of(theirs_.acknowledge(uncleared, id)), ElementsAre("E-CLEARANCE"));
  EXPECT_THAT(codes_of(theirs_.read(test::officer(), id)), ElementsAre("E-CLEARANCE"));
  EXPECT_THAT(value_of(theirs_.read({"orlov", core::Role::officer, "restricted", {"judicial"}}, id)).parts, SizeIs(2));
}

TEST_F(HandlingDeskTest, SignsAHistoryThatVerifiesAlone) {
  const auto id = held("open");
  (void)value_of(handle(id, "restricted", test::officer()));
  clock_.advance(minutes(1));
  EXPECT_THAT(codes_of(handle(id, "open", test::officer())), ElementsAre("E-LABEL-LOWERED"));
  (void)value_of(handle(id, "open", test::approver()));
  const auto all = history(id);
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[1].handling.previous, core::statement_digest(all[0].statement.statement));
  EvidenceExport evidence(ru_.node());
  const auto view = value_of(evidence.run(test::auditor(), {id, std::nullopt, "", true}));
  EXPECT_EQ(view.name, "IN-2026-0001-handling");
  EXPECT_EQ(core::Handling::parse(view.statement.statement)->label.text(), "ru-example/1 open -");
  const auto certificate = crypto::Certificate::from_der(view.certificate).value();
  const auto batch = crypto::verify_batch(view.statement.signature, certificate);
  ASSERT_TRUE(batch.has_value()) << batch.error().detail;
  EXPECT_EQ(batch->signer, "ru-example");
  EXPECT_TRUE(crypto::in_batch(*batch, core::statement_digest(view.statement.statement), view.statement.path));
}

TEST_F(HandlingDeskTest, LetsNothingMadeOfItOutUnderALaxerMark) {
  const auto id = held("open");
  EXPECT_TRUE(value_of(quote(id, "open", test::officer())).decision.allowed());
  (void)value_of(handle(id, "restricted", test::officer()));
  const auto laxer = value_of(quote(id, "open", test::officer()));
  EXPECT_THAT(laxer.decision.codes(), ElementsAre("E-LABEL-LAXER"));
  const auto kept = value_of(quote(id, "restricted", test::officer()));
  EXPECT_TRUE(kept.decision.allowed());
  EXPECT_TRUE(kept.needs_approval);
  EXPECT_THAT(codes_of(quote(id, "open", test::officer("petrov", ""))), ElementsAre("E-CLEARANCE"));
}

TEST_F(HandlingDeskTest, LetsNothingOutThatIsHandledAsAStateSecret) {
  const auto id = held("open");
  const auto cleared = test::officer("ivanov", "state-secret");
  EXPECT_THAT(codes_of(handle(id, "state-secret", cleared)), ElementsAre("E-LABEL-REVIEW"));
  (void)value_of(handle(id, "state-secret", cleared, {}, "2030-01-01"));
  EXPECT_THAT(value_of(quote(id, "restricted", cleared)).decision.codes(),
              ElementsAre("E-LABEL-LAXER", "E-LABEL-STATE-SECRET"));
}

TEST_F(HandlingDeskTest, ChangesNothingWhenItIsMarkedSoAlready) {
  const auto id = held("open");
  (void)value_of(handle(id, "restricted", test::officer()));
  const auto size = ru_.store().checkpoint().size;
  EXPECT_TRUE(value_of(handle(id, "restricted", test::officer("petrov"))).handled);
  EXPECT_EQ(ru_.store().checkpoint().size, size);
}

TEST_F(HandlingDeskTest, IsForWhoWorksWithTextsAndIsClearedForThem) {
  const auto id = held("restricted");
  EXPECT_THAT(codes_of(handle(id, "restricted", test::auditor())), testing::Contains("E-ROLE"));
  EXPECT_THAT(codes_of(handle(id, "restricted", test::administrator())), testing::Contains("E-ROLE"));
  EXPECT_THAT(codes_of(handle(id, "restricted", test::officer("petrov", "open"))), ElementsAre("E-CLEARANCE"));
  EXPECT_THAT(codes_of(handle(id, "restricted", test::officer(), {"judicial"})), ElementsAre("E-CLEARANCE"));
  EXPECT_THAT(codes_of(handle("IN-2026-0777", "restricted", test::officer())), ElementsAre("E-NOT-FOUND"));
}

TEST_F(HandlingDeskTest, IsNotForOurOwnMessages) {
  const auto id = released({.label = "open"});
  HandlingDesk ours(cn_.node());
  EXPECT_THAT(codes_of(ours.handle(test::approver(), {id, "restricted", "", {}})), ElementsAre("E-NOT-ADDRESSED"));
}

}  // namespace
}  // namespace chancery::service
