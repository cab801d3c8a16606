// What ends the use of a copy, between two authorities without a network; how far it reaches is in dissemination_test,
// between real daemons in tests/integration/erasure.py and spill.py.
#include "daemon/service/ending.h"

#include "daemon/service/erasing.h"
#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using core::Act;
using store::ErasureState;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class CopiesTest : public PeerTest {
 protected:
  CopiesTest() : reading_at_ru_(node_, recorded_.lanes()), erasing_(node_, recorded_.lanes()) {}

  std::string sent(const test::DraftOptions& options = {}) {
    auto id = released(options, ++submissions_);
    (void)dispatched(dispatches());
    return id;
  }
  // Sent, and taken in by ru.
  std::string held(const test::DraftOptions& options = {}) {
    auto id = sent(options);
    (void)take(frame_of(id));
    return id;
  }
  // cn's notice that this was spilled.
  std::string spill_of(const std::string& id) {
    return sent({.kind = "spill-notice", .facts = {{"effective", "2026-11-22T06:00:00.000Z"}, {"message", id}}});
  }
  static core::MessageId id_of(const std::string& text) { return core::parse_message_id(text).value(); }
  bool locked(const std::string& id) { return ru_.store().reader().locked(id_of(id)).value(); }
  bool erased(const std::string& id) {
    const auto known = ru_.store().reader().erasure(id_of(id)).value();
    return known && known->state == ErasureState::erased;
  }
  std::vector<std::string> owed_by_ru() {
    std::vector<std::string> all;
    const auto reports = ru_.store().reader().owed(0, 100).value();
    for (const auto& report : reports) {
      all.push_back(report.recipient + " " + report.kind);
      for (const auto& fact : report.facts)
        if (fact.name == "state") all.back() += " " + fact.value;
    }
    return all;
  }
  std::vector<std::string> read_by_ru(const std::string& id) {
    return codes_of(reading_at_ru_.read(test::officer(), id));
  }
  Outcome<wire::ErasureView> erase(const core::User& who, const std::string& id, const std::string& retain = {}) {
    return erasing_.run(who, {id, retain});
  }
  std::string state_of(const Outcome<wire::ErasureView>& outcome) { return value_of(outcome).state; }
  // cn finds what it wrote to kz spilled; ru takes in every recall that cn's daemon sends of it.
  void recalled_by_cn(const std::string& original) {
    const auto before = cn_.store().reader().dispatches_from("ru-example", 1, 1, 1000)->size();
    (void)sent({.recipients = {"kz-example"},
                .kind = "spill-notice",
                .facts = {{"effective", "2026-11-22T06:00:00.000Z"}, {"message", original}}});
    (void)send_reports(cn_.node()).value();
    (void)dispatched(dispatches());
    const auto rows = cn_.store().reader().dispatches_from("ru-example", 1, before + 1, 1000).value();
    for (const auto& row : rows)
      if (row.message) (void)take(frame_of(core::to_string(*row.message)));
  }
  std::vector<core::JournalEntry> entries_about(const std::string& id, Act act) {
    auto all = journal(ru_);
    std::erase_if(all, [&](const auto& entry) { return entry.message != id_of(id) || entry.act != act; });
    return all;
  }

  Reading reading_at_ru_;
  Erasing erasing_;

 private:
  std::uint64_t submissions_ = 0;
};

// ---- spills

TEST_F(CopiesTest, OfASpillAreErasedInTheActThatTakesInTheWordOfItsAuthor) {
  const auto spilled = held();
  const auto notice = spill_of(spilled);
  (void)take(frame_of(notice));
  EXPECT_TRUE(locked(spilled) && erased(spilled));
  EXPECT_THAT(owed_by_ru(), ElementsAre("cn-example spill-receipt erased"));
  EXPECT_THAT(read_by_ru(spilled), ElementsAre("E-NO-LONGER-HELD"));
  const auto incident = entries_about(spilled, Act::copy_locked);
  ASSERT_EQ(incident.size(), 1U);
  EXPECT_EQ(incident[0].subject, "cn-example");
  EXPECT_EQ(incident[0].content, core::statement_digest(ru_.store().reader().message_row(id_of(notice))->statement));
  EXPECT_TRUE(cn_.store().reader().locked(id_of(spilled)).value()) << "at its author it waits for a person";
  EXPECT_FALSE(cn_.store().reader().erasure(id_of(spilled))->has_value());
}

TEST_F(CopiesTest, OfASpillThatComeAfterItsNoticeAreErasedAsTheyCome) {
  const auto spilled = sent();
  const auto frame = frame_of(spilled);
  (void)take(frame_of(spill_of(spilled)));
  EXPECT_THAT(owed_by_ru(), IsEmpty());
  const auto taken = take(frame);
  ASSERT_EQ(taken.issued.size(), 1U);
  EXPECT_TRUE(erased(spilled));
  EXPECT_THAT(read_by_ru(spilled), ElementsAre("E-NO-LONGER-HELD"));
  EXPECT_THAT(owed_by_ru(), ElementsAre("cn-example spill-receipt erased"));
}

TEST_F(CopiesTest, TakeWithThemWhatWeMadeOfThemAndItIsTakenBackFromOthers) {
  const auto spilled = held();
  Submit submit(node_, recorded_.lanes(), ru_.quotations());
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&ru_, &kz});
  const auto made = value_of(submit.submit(
      test::officer(),
      test::submission({.recipients = {"cn-example", "kz-example"}, .sources = {{spilled, "quotes"}}}, 1)));
  const auto waiting = value_of(submit.submit(
      test::officer(),
      test::submission({.recipients = {"cn-example"}, .label = "restricted", .sources = {{spilled, "quotes"}}}, 2)));
  ASSERT_TRUE(waiting.awaiting_approval);
  (void)take(frame_of(spill_of(spilled)));
  EXPECT_TRUE(erased(made.id));
  EXPECT_TRUE(ru_.store().reader().outgoing(id_of(made.id))->erased) << "what has not left does not leave";
  EXPECT_THAT(owed_by_ru(), ElementsAre("kz-example recall", "cn-example spill-receipt erased"));
  EXPECT_EQ(ru_.store().reader().draft(1)->state, store::DraftState::declined);
  EXPECT_TRUE(ru_.store().reader().draft(1)->sealed.empty());
  EXPECT_THAT(
      codes_of(submit.submit(test::officer(),
                             test::submission({.recipients = {"cn-example"}, .sources = {{spilled, "quotes"}}}, 3))),
      ElementsAre("E-NO-LONGER-HELD"));
  EXPECT_THAT(ru_.fsck()->findings, IsEmpty());
}

TEST_F(CopiesTest, LockedOnTheWordOfAnotherAreErasedWhenTheAuthorSaysItToo) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &ru_, &kz});
  const auto spilled = held({.recipients = {"kz-example", "ru-example"}});
  const auto row = ru_.store().reader().message_row(id_of(spilled)).value();
  core::Message notice = core::Message::parse(row.statement).value();
  notice.originator = "kz-example";
  notice.kind = "spill-notice";
  notice.facts = core::facts_of(core::SpillNotice{id_of(spilled), clock_.now()});
  (void)ru_.store()
      .run<bool>(0,
                 [&](store::Transaction& tx) {
                   return end_use(node_, tx, {id_of(std::string(64, 'a')), notice, {}, "peer:kz-example"});
                 })
      .value();
  EXPECT_TRUE(locked(spilled) && !erased(spilled));
  (void)take(frame_of(spill_of(spilled)));
  EXPECT_TRUE(erased(spilled));
  EXPECT_THAT(owed_by_ru(), Contains("cn-example spill-receipt erased"));
}

TEST_F(CopiesTest, ThatWereSpilledDoNotComeBackInsideAForward) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &ru_, &kz});
  const auto original = sent({.recipients = {"kz-example"}});
  const auto first = held({.kind = "forward", .sources = {{original, "forwards"}}});
  const auto second = frame_of(sent({.kind = "forward", .sources = {{original, "forwards"}}}));
  recalled_by_cn(original);
  EXPECT_TRUE(erased(first) && erased(original));
  (void)take(second);
  EXPECT_TRUE(locked(original) && erased(original));
  EXPECT_TRUE(ru_.store().reader().message(id_of(original))->sealed_key.empty());
  const auto again = core::to_string(ru_.store().reader().list(store::Box::inbox, 0, 1)->front().id);
  EXPECT_NE(again, first);
  EXPECT_THAT(read_by_ru(again), ElementsAre("E-NO-LONGER-HELD"));
  EXPECT_THAT(ru_.fsck()->findings, IsEmpty());
}

TEST_F(CopiesTest, LockedShowNothingOfTheDraftsMadeOfThem) {
  const auto copy = held();
  Submit submit(node_, recorded_.lanes(), ru_.quotations());
  const auto waiting = value_of(submit.submit(
      test::officer(),
      test::submission({.recipients = {"cn-example"}, .label = "restricted", .sources = {{copy, "quotes"}}}, 2)));
  ASSERT_TRUE(waiting.awaiting_approval);
  const auto shown = [&] {
    const auto drafts =
        value_of(reading_at_ru_.list(test::officer(), {.box = wire::DeskBox::drafts, .limit = 10, .message = {}}))
            .drafts;
    return drafts.size() == 1 && drafts.front().draft.has_value();
  };
  EXPECT_TRUE(shown());
  ASSERT_TRUE(ru_.store().run<bool>(0, [&](store::Transaction& tx) { return tx.lock(id_of(copy), {}, {}); }).value());
  EXPECT_FALSE(shown());
}

// ---- recalls

// One copy is held of what came in parts: no part outlives its forward because another part has one.
TEST_F(CopiesTest, OfSeveralPartsEndWithTheForwardOfAnyOfThem) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &ru_, &kz});
  const auto original = sent({.recipients = {"kz-example"}, .indicators = {"192.0.2.1"}});
  const auto first = held({.kind = "forward", .sources = {{original, "forwards"}}, .extent = "0"});
  const auto second = held({.kind = "forward", .sources = {{original, "forwards"}}, .extent = "1"});
  EXPECT_THAT(read_by_ru(second), IsEmpty());
  recalled_by_cn(original);
  EXPECT_TRUE(erased(first) && erased(original)) << "what is told as erased is gone";
  EXPECT_THAT(ru_.fsck()->findings, IsEmpty());
}

// ---- persons

TEST_F(CopiesTest, ThatAreRestrictedAreErasedByTwoPersonsTheSecondAnApprover) {
  const auto copy = held({.label = "restricted"});
  EXPECT_EQ(state_of(erase(test::officer("ivanov"), copy)), "proposed");
  EXPECT_THAT(codes_of(erase(test::officer("ivanov"), copy)), ElementsAre("E-APPROVAL-SAME-PERSON", "E-ROLE"));
  EXPECT_THAT(codes_of(erase(test::officer("petrov"), copy)), ElementsAre("E-ROLE"));
  EXPECT_THAT(codes_of(erase(test::approver("sidorov", ""), copy)), ElementsAre("E-CLEARANCE"));
  EXPECT_FALSE(erased(copy));
  const auto done = value_of(erase(test::approver("sidorov"), copy));
  EXPECT_EQ(done.state, "erased");
  EXPECT_EQ(done.copies, 1U);
  EXPECT_TRUE(erased(copy));
  EXPECT_EQ(entries_about(copy, Act::copy_erased).at(0).actor, "sidorov");
  EXPECT_EQ(entries_about(copy, Act::access_refused).size(), 3U);
  EXPECT_THAT(codes_of(erase(test::approver("sidorov"), copy)), ElementsAre("E-NO-LONGER-HELD"));
  EXPECT_THAT(owed_by_ru(), IsEmpty()) << "who has it by right answers to nobody";
  EXPECT_THAT(ru_.fsck()->findings, IsEmpty());
}

TEST_F(CopiesTest, ThatAreOpenAreErasedByAnApproverAlone) {
  const auto copy = held();
  EXPECT_EQ(state_of(erase(test::officer(), copy)), "proposed");
  EXPECT_EQ(state_of(erase(test::approver(), copy)), "erased");
  EXPECT_EQ(state_of(erase(test::approver(), held())), "erased");
  for (const auto& who : {test::auditor(), test::administrator()})
    EXPECT_THAT(codes_of(erase(who, held())), ElementsAre("E-ROLE"));
  EXPECT_THAT(codes_of(erase(test::approver(), "nothing")), ElementsAre("E-NOT-FOUND"));
}

TEST_F(CopiesTest, ProposedForOneThingAreNotApprovedForAnother) {
  const auto copy = held({.label = "restricted"});
  ASSERT_TRUE(ru_.store().run<bool>(0, [&](store::Transaction& tx) { return tx.lock(id_of(copy), {}, {}); }).value());
  EXPECT_EQ(state_of(erase(test::officer(), copy, "archives-act/17")), "proposed");
  EXPECT_EQ(state_of(erase(test::approver(), copy)), "proposed") << "that was about keeping it";
  EXPECT_EQ(state_of(erase(test::approver("orlov"), copy)), "erased");
}

TEST_F(CopiesTest, AreKeptUnderALawOnlyWhereALockWouldEraseThem) {
  const auto copy = held({.label = "restricted"});
  EXPECT_THAT(codes_of(erase(test::officer(), copy, "archives-act/17")), ElementsAre("E-MALFORMED"));
  ASSERT_TRUE(ru_.store().run<bool>(0, [&](store::Transaction& tx) { return tx.lock(id_of(copy), {}, {}); }).value());
  EXPECT_EQ(state_of(erase(test::officer(), copy, "archives-act/17")), "proposed");
  EXPECT_EQ(state_of(erase(test::approver(), copy, "archives-act/17")), "retained");
  EXPECT_THAT(codes_of(erase(test::approver(), copy, "archives-act/17")), ElementsAre("E-ALREADY"));
  EXPECT_THAT(read_by_ru(copy), ElementsAre("E-COPY-LOCKED")) << "kept is not free";
  EXPECT_EQ(state_of(erase(test::officer(), copy)), "proposed");
  EXPECT_EQ(state_of(erase(test::approver(), copy)), "erased");
}

}  // namespace
}  // namespace chancery::service
