// A successor in the place of its predecessor, at its own desk and in its own store; between real daemons in
// tests/integration/succession.py.
#include "daemon/core/succession.h"

#include <algorithm>

#include "crypto/sealing.h"
#include "daemon/service/peer_statements.h"
#include "daemon/service/permit_issuing.h"
#include "daemon/service/quota.h"
#include "daemon/service/reports.h"
#include "daemon/service/seal_keys.h"
#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// cn-example wrote to cn-second and ru-example, and permitted ru-example to pass it on to kz-example. An hour later
// cn-second succeeds it.
class SuccessionTest : public DeskTest {
 protected:
  SuccessionTest()
      : kz_("kz-example", clock_, random_),
        second_("cn-second", clock_, random_, nullptr, &cn_),
        at_ru_(ru_.node(), recorded_.lanes(), "test") {
    test::introduce({&kz_, &second_});
    for (auto* one : {&cn_, &ru_}) {
      test::introduce({one, &kz_});
      test::introduce({one, &second_});
    }
    notice_ = released({.recipients = {"cn-second", "ru-example"}});
    grant_ = granted();
  }

  wire::DesignationItem succeeding(const std::string& predecessor, const test::ExampleAuthority& who,
                                   Duration after = hours(1)) const {
    return who.redesignated([&](core::Designation& d) {
      d.succeeds = predecessor;
      d.valid_from = test::example_time() + after;
    });
  }
  std::vector<std::string> added_at_ru(const wire::DesignationItem& item) {
    return codes_of(at_ru_.add_peer(test::administrator(), item));
  }
  // Its own daemon starts under it, and others have it by then.
  void succeed() {
    const auto item = succeeding("cn-example", second_);
    ASSERT_TRUE(record_own_designations(second_.node(), {item}).has_value());
    ASSERT_THAT(added_at_ru(item), IsEmpty());
    Administration at_cn(cn_.node(), recorded_.lanes(), "test");
    ASSERT_THAT(codes_of(at_cn.add_peer(test::administrator(), item)), IsEmpty());
    clock_.advance(hours(2));
  }

  // On paper, because no crypto policy is in force here.
  std::string granted() {
    const auto draft = value_of(submit_.submit(
        test::officer(), test::submission({.recipients = {"kz-example", "ru-example"},
                                           .kind = "consent-grant",
                                           .facts = {{"original", notice_},
                                                     {"holder", "ru-example"},
                                                     {"to", "kz-example"},
                                                     {"verb", "transfer"},
                                                     {"extent", "all"},
                                                     {"uses", "5"},
                                                     {"from", "2026-11-22T00:00:00.000Z"},
                                                     {"until", "2026-11-30T00:00:00.000Z"},
                                                     {"mode", "online"},
                                                     {"onward", "ask"},
                                                     {"paper", to_string(crypto::sha256(as_bytes("scan")))}}},
                                          2)));
    return value_of(submit_.approve(test::approver(), {1, draft.plan})).id;
  }

  // cn-second has what its predecessor had, with or without the key.
  void hand_over(const std::string& id, bool with_key = true) {
    auto record = cn_.store().reader().message(core::parse_message_id(id).value()).value();
    const auto key = crypto::open_at_rest(cn_.node().storage_key.view(), record.id.view(), record.sealed_key).value();
    record.direction = store::Direction::incoming;
    record.their_number = std::exchange(record.number, "IN-2026-" + record.number.substr(8));
    record.sealed_key =
        with_key ? crypto::seal_at_rest(second_.node().storage_key.view(), record.id.view(), key.view(), random_)
                 : Bytes();
    const auto done = second_.store().run<void>(0, [&](store::Transaction& tx) -> Result<void> {
      core::JournalEntry entry;
      entry.actor = "peer:cn-example";
      entry.act = core::Act::accepted;
      entry.message = record.id;
      entry.content = core::statement_digest(record.statement.statement);
      TRY(tx.record_inbound(record, entry));
      return {};
    });
    if (!done.has_value()) throw std::runtime_error(done.error().detail);
  }

  core::PermitRequest request() const {
    core::PermitRequest out;
    out.grant = core::parse_message_id(grant_).value();
    out.original = core::parse_message_id(notice_).value();
    out.carrier = out.grant;  // any id will do
    out.receiver = "kz-example";
    return out;
  }
  Issued asked_of(test::ExampleAuthority& provider, const core::PermitRequest& request) {
    return provider.store()
        .run<Issued>(
            1,
            [&](store::Transaction& tx) { return issue_permit(provider.node(), tx, "ru-example", request, refusals_); })
        .value();
  }

  Quota refusals_;
  test::ExampleAuthority kz_;
  test::ExampleAuthority second_;
  Administration at_ru_;
  std::string notice_;
  std::string grant_;
};

TEST_F(SuccessionTest, IsTakenInOnlyWhereItCounts) {
  EXPECT_THAT(added_at_ru(succeeding("cn-nobody", second_)), ElementsAre("E-SUCCESSION-UNKNOWN"));
  EXPECT_THAT(added_at_ru(succeeding("kz-example", second_)), ElementsAre("E-SUCCESSION-PARTY"));
  EXPECT_THAT(added_at_ru(succeeding("cn-example", second_, Duration{-days(1000).ms})),
              ElementsAre("E-SUCCESSION-EARLY"));
  EXPECT_THAT(added_at_ru(succeeding("cn-second", cn_)), IsEmpty());
  EXPECT_THAT(added_at_ru(succeeding("cn-example", second_)), ElementsAre("E-SUCCESSION-CIRCULAR"));
  test::ExampleAuthority third("cn-third", clock_, random_, nullptr, &cn_);
  EXPECT_THAT(added_at_ru(succeeding("cn-second", third)), ElementsAre("E-SUCCESSION-TAKEN"));
  test::ExampleAuthority stranger("cn-stranger", clock_, random_);
  EXPECT_THAT(added_at_ru(succeeding("cn-example", stranger)), ElementsAre("E-SUCCESSION-PARTY"))
      << "under an anchor of its own";
}

TEST_F(SuccessionTest, IsShownWithItsDate) {
  EXPECT_THAT(added_at_ru(succeeding("cn-example", second_)), IsEmpty());
  const auto peers = value_of(at_ru_.peers(test::officer()));
  const auto predecessor =
      std::find_if(peers.begin(), peers.end(), [](const auto& view) { return view.authority == "cn-example"; });
  ASSERT_NE(predecessor, peers.end());
  EXPECT_THAT(predecessor->successors, ElementsAre(core::Successor{"cn-second", test::example_time() + hours(1)}));
}

TEST_F(SuccessionTest, PermitsUnderItsPredecessorsGrantWithTheKeyThatWasHandedOver) {
  succeed();
  hand_over(notice_);
  hand_over(grant_);
  const auto issued = asked_of(second_, request());
  ASSERT_TRUE(issued.decision.allowed()) << issued.decision.codes().front();
  const auto& permit = issued.record.permit;
  EXPECT_EQ(permit.provider, "cn-second");
  const auto wraps = crypto::parse_wraps(issued.record.wrap).value();
  ASSERT_EQ(wraps.size(), 1U);
  const auto extent = permit.extent.text();
  SealKeys keys(kz_.node());
  const auto opened = keys.unwrap(
      wraps.front(), {"cn-second", permit.grant.view(), request().carrier.view(), permit.original.view(), extent});
  const auto record = cn_.store().reader().message(permit.original).value();
  const auto key = crypto::open_at_rest(cn_.node().storage_key.view(), record.id.view(), record.sealed_key).value();
  EXPECT_TRUE(std::ranges::equal(opened.value().view(), key.view()));
  EXPECT_THAT(asked_of(cn_, request()).decision.codes(), ElementsAre("E-SUCCEEDED"));
}

TEST_F(SuccessionTest, PermitsWithoutTheKeyOnlyWhatTakesNoWrap) {
  succeed();
  hand_over(notice_, false);
  hand_over(grant_);
  EXPECT_THAT(asked_of(second_, request()).decision.codes(), ElementsAre("E-NO-LONGER-HELD"));
  auto quoting = request();
  quoting.relation = core::Relation::quotes;
  const auto issued = asked_of(second_, quoting);
  EXPECT_TRUE(issued.decision.allowed());
  EXPECT_FALSE(issued.record.permit.wrap.has_value());
}

TEST_F(SuccessionTest, OfWhatWasNotHandedOverHoldsNothingAnyMore) {
  EXPECT_THAT(asked_of(second_, request()).decision.codes(), ElementsAre("E-CONSENT-REQUIRED"))
      << "a colleague, so far";
  succeed();
  EXPECT_THAT(asked_of(second_, request()).decision.codes(), ElementsAre("E-NO-LONGER-HELD"));
  hand_over(grant_);
  EXPECT_THAT(asked_of(second_, request()).decision.codes(), ElementsAre("E-NO-LONGER-HELD"));
}

TEST_F(SuccessionTest, IsToldWhatIsOwedToItsPredecessor) {
  core::TransferReport report;
  report.original = core::parse_message_id(notice_).value();
  report.carrier = report.original;
  report.holder = "kz-example";
  const auto owed_at = [&](test::ExampleAuthority& who) {
    return who.store().run<bool>(0, [&](store::Transaction& tx) -> Result<bool> {
      CHECK_OK(owe(who.node(), tx, "cn-example", "sco-2009", report));
      return true;
    });
  };
  EXPECT_TRUE(owed_at(ru_).value());
  succeed();
  EXPECT_THAT(send_reports(ru_.node()).value(), ElementsAre("cn-second")) << "owed before, sent after";
  EXPECT_THAT(ru_.store().reader().owed(0, 10).value(), IsEmpty());
  EXPECT_TRUE(owed_at(second_).value());
  EXPECT_THAT(second_.store().reader().owed(0, 10).value(), IsEmpty()) << "nobody reports to himself";
}

TEST_F(SuccessionTest, ThatDoesNotFitIsKeptAsEvidenceWhenAPeerStatesIt) {
  test::ExampleAuthority third("cn-third", clock_, random_, nullptr, &cn_);
  ru_.knows(third);
  succeed();
  const auto second_of_two = succeeding("cn-example", third);
  EXPECT_EQ(take_designations(ru_.node(), "cn-third", {second_of_two}).value(), 0U);
  EXPECT_EQ(ru_.store().directory()->find("cn-third")->history.size(), 1U);
  const auto kept = ru_.store().reader().conflicts(10).value();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept.front().second, second_of_two.statement);
  EXPECT_EQ(take_designations(ru_.node(), "cn-third", {succeeding("cn-nobody", third)}).value(), 0U);
  EXPECT_EQ(ru_.store().directory()->find("cn-third")->history.size(), 2U) << "it may come to be known";
}

TEST_F(SuccessionTest, LeavesAStoreThatHoldsItsChecks) {
  succeed();
  EXPECT_THAT(second_.fsck()->findings, IsEmpty());
  EXPECT_THAT(ru_.fsck()->findings, IsEmpty());
}

}  // namespace
}  // namespace chancery::service
