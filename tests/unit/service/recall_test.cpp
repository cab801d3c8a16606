// What a decision ends at who has a text at second hand: by the recall of who passed it on, which shows the decision.
#include <gmock/gmock.h>

#include "daemon/service/ending.h"
#include "daemon/service/reports.h"
#include "tests/unit/service/passing_fixture.h"

namespace chancery::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RecallTest : public PassingTest {
 protected:
  static core::MessageId id_of(const std::string& text) { return core::parse_message_id(text).value(); }
  static bool locked(test::ExampleAuthority& at, const std::string& id) {
    return at.store().reader().locked(id_of(id)).value();
  }
  static bool erased(test::ExampleAuthority& at, const std::string& id) {
    const auto known = at.store().reader().erasure(id_of(id)).value();
    return known && known->state == store::ErasureState::erased;
  }
  // RU passes CN's notice on to KZ.
  std::string forward_at_kz() {
    (void)granted(terms("9"));
    auto forward = value_of(forwarded()).id;
    EXPECT_THAT(carry(ru_, kz_, forward), ElementsAre("delivered"));
    return forward;
  }
  using Pair = std::pair<test::ExampleAuthority*, test::ExampleAuthority*>;
  using Numbers = std::map<Pair, std::size_t>;
  std::vector<Pair> pairs() {
    std::vector<Pair> all;
    for (auto* from : {&cn_, &ru_, &kz_})
      for (auto* to : {&cn_, &ru_, &kz_})
        if (from != to) all.emplace_back(from, to);
    return all;
  }
  static std::vector<store::OutboxRow> rows_of(const Pair& pair) {
    return pair.first->store().reader().dispatches_from(pair.second->id(), 1, 1, 1000).value();
  }
  // How much went between each two.
  Numbers carried() {
    Numbers all;
    for (const auto& pair : pairs()) all[pair] = rows_of(pair).size();
    return all;
  }
  // Carries what goes after that, and what all daemons say to it, until none has more to say or it is too much.
  std::size_t talk(Numbers known) {
    std::size_t all = 0;
    for (auto before = all + 1; before != all && all < 100;) {
      before = all;
      for (const auto& pair : pairs()) {
        (void)send_reports(pair.first->node()).value();
        const auto rows = rows_of(pair);
        for (auto& next = known[pair]; next < rows.size(); ++next, ++all)
          EXPECT_THAT(carry(*pair.first, *pair.second, core::to_string(*rows[next].message)), ElementsAre("delivered"));
      }
    }
    return all;
  }
  static std::size_t recalls(test::ExampleAuthority& by, const std::string& to) {
    std::size_t all = 0;
    const auto rows = by.store().reader().dispatches_from(to, 1, 1, 1000).value();
    for (const auto& row : rows)
      if (row.message &&
          core::Message::parse(by.store().reader().message_row(*row.message)->statement)->kind == "recall")
        ++all;
    return all;
  }
  test::DraftOptions spill_of(const std::string& id, std::vector<std::string> to) {
    return {.recipients = std::move(to),
            .kind = "spill-notice",
            .facts = {{"effective", to_string(clock_.now())}, {"message", id}}};
  }
};

TEST_F(RecallTest, OfASpillErasesWhereItShowsTheWordOfItsAuthor) {
  const auto forward = forward_at_kz();
  EXPECT_THAT(carry(cn_, ru_, released(spill_of(original_, {"ru-example"}), ++submissions_)), ElementsAre("delivered"));
  EXPECT_THAT(carry(ru_, kz_, said_last(ru_, kz_)), ElementsAre("delivered"));
  for (const auto& copy : {forward, original_}) EXPECT_TRUE(locked(kz_, copy) && erased(kz_, copy)) << copy;
  EXPECT_THAT(findings(), IsEmpty());
}

// KZ has the statement of what was spilled beside that alone.
TEST_F(RecallTest, OfWhatIsMadeOfASpillErasesItToo) {
  (void)granted(terms("9"));
  const auto made = value_of(released_by_ru({.recipients = {"kz-example"}, .sources = {{original_, "quotes"}}})).id;
  EXPECT_THAT(carry(ru_, kz_, made), ElementsAre("delivered"));
  EXPECT_FALSE(kz_.store().reader().message_row(id_of(original_)).has_value());
  EXPECT_THAT(carry(cn_, ru_, released(spill_of(original_, {"ru-example"}), ++submissions_)), ElementsAre("delivered"));
  EXPECT_THAT(carry(ru_, kz_, said_last(ru_, kz_)), ElementsAre("delivered"));
  EXPECT_TRUE(locked(kz_, made) && erased(kz_, made));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(RecallTest, OfASpillLocksWhereAnotherThanItsAuthorSaysSo) {
  const auto forward = forward_at_kz();
  (void)value_of(released_by_ru(spill_of(original_, {"cn-example"})));
  EXPECT_THAT(carry(ru_, kz_, said_last(ru_, kz_)), ElementsAre("delivered"));
  for (const auto& copy : {forward, original_}) {
    EXPECT_TRUE(locked(kz_, copy)) << copy;
    EXPECT_FALSE(erased(kz_, copy)) << copy;
  }
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(RecallTest, WithoutItsDecisionIsRefusedAndLocksNothing) {
  const auto forward = forward_at_kz();
  EXPECT_THAT(carry(cn_, ru_, released(spill_of(original_, {"ru-example"}), ++submissions_)), ElementsAre("delivered"));
  EXPECT_THAT(carry(ru_, kz_, said_last(ru_, kz_), [](auto& item) { item.sources.clear(); }),
              ElementsAre("E-SOURCE-UNPROVEN"));
  EXPECT_FALSE(locked(kz_, forward));
}

// A notice of its own that it did not send to us is no decision about what we hold.
TEST_F(RecallTest, ByADecisionAboutSomethingElseLocksNothing) {
  const auto forward = forward_at_kz();
  const auto other = value_of(released_by_ru({.recipients = {"kz-example"}, .title = "Другое"})).id;
  EXPECT_THAT(carry(ru_, kz_, other), ElementsAre("delivered"));
  const auto notice = value_of(released_by_ru(spill_of(other, {"kz-example"}))).id;
  EXPECT_THAT(carry(ru_, kz_, notice), ElementsAre("delivered"));
  core::Message recall = core::Message::parse(kz_.store().reader().message_row(id_of(forward))->statement).value();
  recall.kind = "recall";
  recall.sources = {};
  recall.facts = core::facts_of(core::Recall{id_of(forward), id_of(notice)});
  (void)kz_.store()
      .run<bool>(0,
                 [&](store::Transaction& tx) {
                   return end_use(kz_.node(), tx, {id_of(std::string(64, 'a')), recall, {}, "peer:ru-example"});
                 })
      .value();
  EXPECT_TRUE(locked(kz_, other));
  EXPECT_FALSE(locked(kz_, forward));
}

// Whoever forwards knows the id of his forward before he sends it; an honest daemon signs no such recall.
TEST_F(RecallTest, FiledBeforeItsCopyStopsNoDecisionAndIsAnsweredToNobody) {
  const auto grant = granted(terms("9"));
  const auto forward = value_of(forwarded()).id;
  const auto other = value_of(released_by_ru({.recipients = {"cn-example"}, .title = "Другое"})).id;
  const auto notice = value_of(released_by_ru(spill_of(other, {"cn-example"}))).id;
  auto recall = core::Message::parse(ru_.store().reader().message_row(id_of(forward))->statement).value();
  recall.kind = "recall";
  recall.sources = {};
  for (const auto& decision : {other, notice}) {
    recall.facts = core::facts_of(core::Recall{id_of(forward), id_of(decision)});
    store::MessageRecord record;
    record.statement = ru_.sign(recall.to_text(), core::KeyRole::sign, clock_.now());
    record.id = core::message_id(record.statement.statement, recall.created);
    record.number = "IN-" + core::to_string(record.id).substr(52);
    record.direction = store::Direction::incoming;
    record.sources = {ru_.store().reader().message(id_of(decision))->statement};
    file_statement(recall, record);
    core::JournalEntry entry;
    entry.actor = "peer:ru-example";
    entry.act = core::Act::accepted;
    entry.message = record.id;
    entry.content = core::statement_digest(record.statement.statement);
    ASSERT_TRUE(kz_.store()
                    .run<Digest>(0, [&](store::Transaction& tx) { return tx.record_inbound(record, entry); })
                    .has_value());
  }
  EXPECT_THAT(carry(ru_, kz_, forward), ElementsAre("delivered"));
  EXPECT_FALSE(locked(kz_, forward));
  EXPECT_THAT(carry(cn_, kz_, revoked(grant)), ElementsAre("delivered"));
  EXPECT_TRUE(locked(kz_, forward));
  std::vector<std::string> told;
  const auto reports = kz_.store().reader().owed(0, 100).value();
  for (const auto& report : reports) told.push_back(report.recipient + " " + report.kind);
  EXPECT_THAT(told, ElementsAre("cn-example transfer-report", "cn-example consent-compliance"));
}

TEST_F(RecallTest, OfARevocationLeavesWhatCameUnderAnotherPermission) {
  const auto first = granted(terms("1"));
  const auto forward = value_of(forwarded()).id;
  EXPECT_THAT(carry(ru_, kz_, forward), ElementsAre("delivered"));
  (void)granted(terms("2"));
  const auto made = value_of(released_by_ru({.recipients = {"kz-example"}, .sources = {{original_, "quotes"}}})).id;
  EXPECT_THAT(carry(ru_, kz_, made), ElementsAre("delivered"));
  EXPECT_THAT(carry(cn_, kz_, revoked(first)), ElementsAre("delivered"));
  EXPECT_TRUE(locked(kz_, forward) && locked(kz_, original_));
  EXPECT_FALSE(locked(kz_, made)) << "its own permission lives";
  EXPECT_THAT(findings(), IsEmpty());
}

// Nobody holds what was spilled; what is made of it says so.
TEST_F(RecallTest, IsNotNeededForWhatIsMadeOfASpillAndComesAfterItsNotice) {
  const auto spilled = released({.recipients = {"kz-example", "ru-example"}}, ++submissions_);
  EXPECT_THAT(carry(cn_, ru_, spilled), ElementsAre("delivered"));
  const auto made = value_of(released_by_ru({.recipients = {"kz-example"}, .sources = {{spilled, "quotes"}}})).id;
  const auto further = value_of(released_by_ru({.recipients = {"kz-example"}, .sources = {{made, "quotes"}}})).id;
  const auto notice = released(spill_of(spilled, {"kz-example", "ru-example"}), ++submissions_);
  EXPECT_THAT(carry(cn_, kz_, notice), ElementsAre("delivered"));
  for (const auto& copy : {further, made}) {
    EXPECT_THAT(carry(ru_, kz_, copy), ElementsAre("delivered"));
    EXPECT_TRUE(locked(kz_, copy) && erased(kz_, copy)) << copy;
  }
  EXPECT_THAT(findings(), IsEmpty());
}

// The step between went to CN alone, and the text itself never came, or came: KZ knows of both by what stands beside.
TEST_F(RecallTest, OfASpillIsNotNeededWhereALinkOfTheChainIsNotHeld) {
  for (const bool holds : {false, true}) {
    const auto spilled = released({.recipients = {"kz-example", "ru-example"}}, ++submissions_);
    EXPECT_THAT(carry(cn_, ru_, spilled), ElementsAre("delivered"));
    if (holds) {
      EXPECT_THAT(carry(cn_, kz_, spilled), ElementsAre("delivered"));
    }
    const auto between = value_of(released_by_ru({.recipients = {"cn-example"}, .sources = {{spilled, "quotes"}}})).id;
    const auto made = value_of(released_by_ru({.recipients = {"kz-example"}, .sources = {{between, "quotes"}}})).id;
    EXPECT_THAT(carry(ru_, kz_, made), ElementsAre("delivered"));
    const auto notice = released(spill_of(spilled, {"kz-example", "ru-example"}), ++submissions_);
    EXPECT_THAT(carry(cn_, kz_, notice), ElementsAre("delivered"));
    EXPECT_TRUE(locked(kz_, made) && erased(kz_, made)) << holds;
  }
  EXPECT_THAT(findings(), IsEmpty());
}

// A notice goes to its recipients alone: who passed it on tells the others, whether they have it by right or not.
TEST_F(RecallTest, OfASpillGoesToEverybodyTheNoticeIsNotAddressedTo) {
  const auto spilled = released({.recipients = {"kz-example", "ru-example"}}, ++submissions_);
  EXPECT_THAT(carry(cn_, ru_, spilled), ElementsAre("delivered"));
  const auto made = value_of(released_by_ru({.recipients = {"kz-example"}, .sources = {{spilled, "quotes"}}})).id;
  EXPECT_THAT(carry(ru_, kz_, made), ElementsAre("delivered"));
  const auto notice = released(spill_of(spilled, {"ru-example"}), ++submissions_);
  EXPECT_THAT(carry(cn_, ru_, notice), ElementsAre("delivered"));
  EXPECT_THAT(carry(ru_, kz_, said_last(ru_, kz_)), ElementsAre("delivered"));
  EXPECT_TRUE(locked(kz_, made) && erased(kz_, made));
  EXPECT_THAT(findings(), IsEmpty());
}

// Both made something of it for each other: each takes its own back once, however often it hears of it.
TEST_F(RecallTest, OfASpillEndsWhereEachHasWorksOfTheOther) {
  test::ExampleAuthority second("kz-second", clock_, random_);
  test::introduce({&cn_, &ru_, &kz_, &second});
  const auto spilled = released({.recipients = {"kz-example", "kz-second", "ru-example"}}, ++submissions_);
  EXPECT_THAT(carry(cn_, ru_, spilled), ElementsAre("delivered"));
  EXPECT_THAT(carry(cn_, kz_, spilled), ElementsAre("delivered"));
  const auto by_ru = value_of(released_by(ru_, {.recipients = {"kz-example"}, .sources = {{spilled, "quotes"}}})).id;
  const auto by_kz = value_of(released_by(kz_, {.recipients = {"ru-example"}, .sources = {{spilled, "quotes"}}})).id;
  EXPECT_THAT(carry(ru_, kz_, by_ru), ElementsAre("delivered"));
  EXPECT_THAT(carry(kz_, ru_, by_kz), ElementsAre("delivered"));
  const auto known = carried();
  (void)released(spill_of(spilled, {"kz-second"}), ++submissions_);
  EXPECT_LT(talk(known), 20U);
  EXPECT_EQ(recalls(ru_, "kz-example"), 1U);
  EXPECT_EQ(recalls(kz_, "ru-example"), 1U);
  for (auto* at : {&ru_, &kz_})
    for (const auto& copy : {spilled, by_ru, by_kz}) EXPECT_TRUE(locked(*at, copy) && erased(*at, copy)) << at->id();
  EXPECT_THAT(findings(), IsEmpty());
}

// An honest daemon tells nobody what he said himself.
TEST_F(RecallTest, ByOurOwnNoticeErasesNothingHere) {
  const auto spilled = released({.recipients = {"ru-example"}}, ++submissions_);
  EXPECT_THAT(carry(cn_, ru_, spilled), ElementsAre("delivered"));
  const auto made = value_of(released_by_ru({.recipients = {"cn-example"}, .sources = {{spilled, "quotes"}}})).id;
  EXPECT_THAT(carry(ru_, cn_, made), ElementsAre("delivered"));
  const auto notice = released(spill_of(spilled, {"ru-example"}), ++submissions_);
  auto recall = core::Message::parse(ru_.store().reader().message_row(id_of(made))->statement).value();
  recall.kind = "recall";
  recall.sources = {};
  recall.facts = core::facts_of(core::Recall{id_of(made), id_of(notice)});
  (void)cn_.store()
      .run<bool>(0,
                 [&](store::Transaction& tx) {
                   return end_use(cn_.node(), tx, {id_of(std::string(64, 'a')), recall, {}, "peer:ru-example"});
                 })
      .value();
  for (const auto& copy : {spilled, made}) {
    EXPECT_TRUE(locked(cn_, copy)) << copy;
    EXPECT_FALSE(erased(cn_, copy)) << copy;
  }
}

// Who forwards somebody's text answers for the forward alone.
TEST_F(RecallTest, OfAForwardThatIsSpilledErasesNothingThatAnotherWrote) {
  const auto forward = forward_at_kz();
  const auto notice = value_of(released_by_ru(spill_of(forward, {"kz-example"}))).id;
  EXPECT_THAT(carry(ru_, kz_, notice), ElementsAre("delivered"));
  EXPECT_TRUE(locked(kz_, forward) && erased(kz_, forward));
  EXPECT_TRUE(locked(kz_, original_));
  EXPECT_FALSE(erased(kz_, original_));
  EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace chancery::service
