#include "daemon/service/read.h"

#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {
namespace {

using core::Act;
using core::Stage;
using test::DraftOptions;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReadingTest : public DeskTest {
 protected:
  ReadingTest() : theirs_(ru_.node(), recorded_.lanes()) {}

  std::vector<Stage> stages(const std::string& id) {
    std::vector<Stage> all;
    const auto records = ru_.store().reader().receipts(core::parse_message_id(id).value()).value();
    for (const auto& record : records) all.push_back(record.receipt.stage);
    return all;
  }
  std::vector<Act> last_acts(std::size_t count) {
    std::vector<Act> all;
    const auto entries = journal(ru_);
    for (auto it = entries.end() - static_cast<std::ptrdiff_t>(count); it != entries.end(); ++it)
      all.push_back(it->act);
    return all;
  }

  Reading theirs_;
};

TEST_F(ReadingTest, OpensWhatCameInAndTellsItsOriginatorOnce) {
  const auto id = released({.label = "restricted"});
  deliver(id);
  (void)recorded_.take();
  const auto view = value_of(theirs_.read(test::officer("ivanov"), id));
  EXPECT_THAT(view.parts, SizeIs(2));
  EXPECT_EQ(view.message.stage, "read");
  EXPECT_EQ(view.message.their_number, "CN-2026-0001");
  EXPECT_THAT(recorded_.take(), ElementsAre("cn-example"));
  EXPECT_THAT(stages(id), ElementsAre(Stage::delivered, Stage::read));
  for (const auto& check : view.checks) EXPECT_EQ(check.state, "good") << check.name;
  (void)value_of(theirs_.read(test::officer("petrov"), id));
  EXPECT_THAT(stages(id), ElementsAre(Stage::delivered, Stage::read));
  EXPECT_THAT(last_acts(2), ElementsAre(Act::read, Act::read));
  EXPECT_EQ(journal(ru_).back().actor, "petrov");
}

TEST_F(ReadingTest, FindsWhatAPeerSignedGoodThoughItIsSuspendedNow) {
  const auto id = released();
  deliver(id);
  Administration administration(ru_.node(), recorded_.lanes(), "0");
  (void)value_of(administration.decide_peer(test::administrator(), {"cn-example", core::PeerState::suspended, "why"}));
  const auto view = value_of(theirs_.read(test::officer(), id));
  for (const auto& check : view.checks) EXPECT_EQ(check.state, "good") << check.name;
}

TEST_F(ReadingTest, TiesTheReceiptToItsEntry) {
  const auto id = released();
  deliver(id);
  (void)value_of(theirs_.read(test::officer(), id));
  const auto rows = ru_.store().reader().journal(0, 1000).value();
  const auto receipts = ru_.store().reader().receipts(core::parse_message_id(id).value()).value();
  EXPECT_EQ(receipts.back().receipt.entry, core::entry_leaf(rows.back().entry));
}

TEST_F(ReadingTest, RefusesWhoIsNotClearedAndJournalsIt) {
  const auto id = released({.label = "restricted"});
  deliver(id);
  EXPECT_THAT(codes_of(theirs_.read(test::officer("ivanov", "open"), id)), ElementsAre("E-CLEARANCE"));
  EXPECT_THAT(last_acts(1), ElementsAre(Act::access_refused));
  EXPECT_EQ(journal(ru_).back().message, core::parse_message_id(id).value());
  EXPECT_THAT(codes_of(theirs_.read(test::auditor(), id)), testing::Contains("E-ROLE"));
  EXPECT_THAT(stages(id), ElementsAre(Stage::delivered));
}

TEST_F(ReadingTest, ReadsOurOwnWithoutAReceipt) {
  const auto id = released();
  (void)recorded_.take();
  const auto view = value_of(reading_.read(test::officer(), "CN-2026-0001"));
  EXPECT_EQ(core::to_string(view.message.id), id);
  EXPECT_THAT(view.parts, SizeIs(2));
  EXPECT_THAT(recorded_.take(), IsEmpty());
  EXPECT_EQ(journal(cn_).back().act, Act::read);
}

TEST_F(ReadingTest, DoesNotKnowWhatIsNotThere) {
  EXPECT_THAT(codes_of(reading_.read(test::officer(), "CN-2026-0777")), ElementsAre("E-NOT-FOUND"));
  EXPECT_THAT(codes_of(reading_.acknowledge(test::officer(), "CN-2026-0777")), ElementsAre("E-NOT-FOUND"));
}

TEST_F(ReadingTest, AcknowledgesAfterReading) {
  const auto id = released();
  deliver(id);
  (void)value_of(theirs_.read(test::officer(), id));
  clock_.advance(minutes(1));
  EXPECT_EQ(value_of(theirs_.acknowledge(test::officer(), id)).stage, "acknowledged");
  EXPECT_THAT(stages(id), ElementsAre(Stage::delivered, Stage::read, Stage::acknowledged));
}

TEST_F(ReadingTest, SignsReadBeforeAcknowledgedWhenNobodyHasRead) {
  const auto id = released();
  deliver(id);
  (void)value_of(theirs_.acknowledge(test::officer(), id));
  EXPECT_THAT(stages(id), ElementsAre(Stage::delivered, Stage::read, Stage::acknowledged));
  EXPECT_THAT(last_acts(2), ElementsAre(Act::read, Act::acknowledged));
}

TEST_F(ReadingTest, AcknowledgesOnce) {
  const auto id = released();
  deliver(id);
  (void)value_of(theirs_.acknowledge(test::officer(), id));
  const auto size = ru_.store().checkpoint().size;
  EXPECT_EQ(value_of(theirs_.acknowledge(test::officer("petrov"), id)).stage, "acknowledged");
  EXPECT_EQ(ru_.store().checkpoint().size, size);
}

TEST_F(ReadingTest, AcknowledgesOnlyWhatWasAddressedToUs) {
  const auto id = released();
  EXPECT_THAT(codes_of(reading_.acknowledge(test::officer(), id)), ElementsAre("E-NOT-ADDRESSED"));
}

TEST_F(ReadingTest, QueuesTheReceiptsForTheirOriginator) {
  const auto id = released();
  deliver(id);
  (void)value_of(theirs_.acknowledge(test::officer(), id));
  EXPECT_THAT(ru_.store().reader().unsent_receipts("cn-example", 0, 10).value(), SizeIs(2));
}

TEST_F(ReadingTest, ListsNewestFirstInPages) {
  for (std::uint64_t n = 1; n <= 3; ++n) (void)released({}, n);
  const auto first = value_of(reading_.list(test::officer(), {wire::DeskBox::outbox, 2, 0, ""}));
  ASSERT_THAT(first.messages, SizeIs(2));
  EXPECT_EQ(first.messages[0].number, "CN-2026-0003");
  const auto second = value_of(reading_.list(test::officer(), {wire::DeskBox::outbox, 2, first.next, ""}));
  ASSERT_THAT(second.messages, SizeIs(1));
  EXPECT_EQ(second.messages[0].number, "CN-2026-0001");
  EXPECT_EQ(second.next, 0u);
  EXPECT_EQ(second.messages[0].deliveries.at(0).stage, "queued");
}

TEST_F(ReadingTest, ListsOneByName) {
  const auto id = released({.label = "restricted"});
  const auto one = value_of(reading_.list(test::auditor(), {wire::DeskBox::inbox, 100, 0, "CN-2026-0001"}));
  ASSERT_THAT(one.messages, SizeIs(1));
  EXPECT_EQ(core::to_string(one.messages[0].id), id);
  EXPECT_TRUE(one.messages[0].restricted);
  EXPECT_EQ(one.messages[0].own_marking, "restricted");
  EXPECT_THAT(codes_of(reading_.list(test::officer(), {wire::DeskBox::inbox, 100, 0, "CN-2026-0099"})),
              ElementsAre("E-NOT-FOUND"));
}

TEST_F(ReadingTest, ShowsDraftsWithTextOnlyToWhoMay) {
  (void)value_of(submit_.submit(test::officer(), test::submission({.label = "restricted"})));
  const wire::ListQuery drafts{wire::DeskBox::drafts, 100, 0, ""};
  const auto seen = value_of(reading_.list(test::approver(), drafts));
  ASSERT_THAT(seen.drafts, SizeIs(1));
  EXPECT_TRUE(seen.drafts[0].draft.has_value());
  ASSERT_TRUE(seen.drafts[0].preview.has_value());
  EXPECT_EQ(seen.drafts[0].preview->plan, seen.drafts[0].plan);
  EXPECT_FALSE(value_of(reading_.list(test::auditor(), drafts)).drafts.at(0).draft.has_value());
  EXPECT_FALSE(value_of(reading_.list(test::officer("a", "open"), drafts)).drafts.at(0).draft.has_value());
  EXPECT_THAT(codes_of(reading_.list(test::administrator(), drafts)), ElementsAre("E-ROLE"));
}

TEST_F(ReadingTest, ListsDraftsPageByPage) {
  for (std::uint64_t n = 1; n <= 5; ++n)
    (void)value_of(submit_.submit(test::officer(), test::submission({.label = "restricted"}, n)));
  std::vector<std::uint64_t> seen;
  std::uint64_t before = 0;
  do {
    const auto page = value_of(reading_.list(test::approver(), {wire::DeskBox::drafts, 2, before, ""}));
    ASSERT_FALSE(page.drafts.empty());
    for (const auto& draft : page.drafts) seen.push_back(draft.id);
    before = page.next;
  } while (before != 0);
  EXPECT_THAT(seen, ElementsAre(5u, 4u, 3u, 2u, 1u));
}

}  // namespace
}  // namespace chancery::service
