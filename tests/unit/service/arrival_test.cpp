#include "daemon/service/arrival.h"

#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ArrivalTest : public PeerTest {
 protected:
  // Released by cn, its number recorded by ru.
  std::string sent(const test::DraftOptions& options = {}) {
    auto id = released(options, ++submissions_);
    (void)dispatched(dispatches());
    return id;
  }
  core::Receipt receipt_of(const Taken& taken) { return core::Receipt::parse(taken.issued.at(0).statement).value(); }
  // The codes of the refusal that was signed; empty: none was.
  std::vector<std::string> refused(wire::Frame frame, const std::string& peer = "cn-example") {
    const auto taken = take(std::move(frame), peer);
    if (taken.issued.empty() || receipt_of(taken).stage != core::Stage::refused) return {};
    return receipt_of(taken).reasons;
  }
  // The statement of a message of cn, with one text in place of another.
  std::string changed(const std::string& id, const std::string& from, const std::string& to) {
    auto text = frame_of(id).messages.at(0).statement.statement;
    return text.replace(text.find(from), from.size(), to);
  }
  static core::JournalEntry carried_entry(const core::MessageId& id) {
    core::JournalEntry entry;
    entry.actor = "peer:cn-example";
    entry.act = core::Act::carried;
    entry.message = id;
    return entry;
  }
  std::size_t acts(core::Act act) {
    const auto all = journal(ru_);
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& entry) { return entry.act == act; }));
  }

 private:
  std::uint64_t submissions_ = 0;
};

// ---- taken

TEST_F(ArrivalTest, IsTakenInWithOneEntryOneNumberAndOneReceipt) {
  const auto id = sent();
  const auto taken = take(frame_of(id));
  ASSERT_EQ(taken.issued.size(), 1u);
  EXPECT_EQ(receipt_of(taken).stage, core::Stage::delivered);
  EXPECT_EQ(core::to_string(receipt_of(taken).message), id);
  const auto rows = ru_.store().reader().list(store::Box::inbox, 0, 10).value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].their_number, "CN-2026-0001");
  EXPECT_EQ(journal(ru_).back().act, core::Act::accepted);
  EXPECT_EQ(receipt_of(taken).entry, core::entry_leaf(ru_.store().reader().journal(0, 1000)->back().entry));
}

TEST_F(ArrivalTest, OfAForwardKeepsItsOriginalWithEntriesOfItsOwn) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &ru_, &kz});
  const auto original = core::parse_message_id(sent({.recipients = {"kz-example"}})).value();
  const auto frame = frame_of(sent({.kind = "forward", .sources = {{"CN-2026-0001", "forwards"}}}));
  ASSERT_EQ(receipt_of(take(frame)).stage, core::Stage::delivered);
  EXPECT_EQ(ru_.store().reader().message_row(original)->direction, store::Direction::carried);

  Reading reading(node_, recorded_.lanes());
  (void)value_of(reading.read(test::officer(), "IN-2026-0001"));
  std::vector<core::JournalEntry> about;
  for (const auto& entry : journal(ru_))
    if (entry.message == original) about.push_back(entry);
  ASSERT_EQ(about.size(), 2u);
  EXPECT_EQ(about[0].act, core::Act::carried);
  EXPECT_EQ(about[0].actor, "peer:cn-example");
  EXPECT_EQ(about[0].content, core::statement_digest(frame.messages[0].statement.statement));
  EXPECT_EQ(about[1].act, core::Act::read);
  EXPECT_EQ(about[1].actor, test::officer().name);
}

TEST_F(ArrivalTest, AgainGetsTheSameReceiptByteForByteAndNothingElse) {
  const auto frame = frame_of(sent());
  const auto first = take(frame);
  clock_.advance(seconds(5));
  const auto again = take(frame);
  EXPECT_THAT(again.issued, IsEmpty());
  EXPECT_EQ(again.accepted.stored, first.issued);
  EXPECT_EQ(held_by_ru(), 1u);
  EXPECT_EQ(acts(core::Act::accepted), 1u);
}

TEST_F(ArrivalTest, BeforeItsNumberIsToldWhichNumberIsExpected) {
  const auto one = frame_of(released({}, 1)), two = frame_of(released({}, 2));
  EXPECT_EQ(words(answer_to(two)), "expected 1/1");
  const auto numbers = dispatches();
  (void)dispatched({numbers.at(0)});
  EXPECT_EQ(words(answer_to(two)), "expected 1/2");
  EXPECT_EQ(take(one).issued.size(), 1u);
  EXPECT_EQ(held_by_ru(), 1u);
}

TEST_F(ArrivalTest, WithTheIdOfAnotherIsKeptAsEvidence) {
  const auto id = sent();
  auto frame = frame_of(id);
  // No two statements have one id; a store that holds such a pair is planted.
  auto other = cn_.store().reader().message(core::parse_message_id(id).value()).value();
  other.statement = cn_.sign("another statement\n", core::KeyRole::sign, clock_.now());
  ASSERT_TRUE(ru_.store()
                  .run<core::MessageId>(0,
                                        [&](store::Transaction& tx) -> Result<core::MessageId> {
                                          CHECK_OK(tx.record_carried(other, carried_entry(other.id)));
                                          return other.id;
                                        })
                  .has_value());
  const auto taken = take(frame);
  EXPECT_TRUE(taken.accepted.conflict);
  EXPECT_EQ(words(taken.accepted.answer.value()), "rejected E-ID-CONFLICT");
  ASSERT_EQ(evidence().size(), 1u);
  EXPECT_EQ(evidence()[0].first, "another statement\n");
  EXPECT_EQ(journal(ru_).back().act, core::Act::conflict_recorded);
}

// ---- deferred: nothing is signed, nothing is kept, it may come again

TEST_F(ArrivalTest, UnderAnUnknownKeyIsDeferred) {
  test::ExampleAuthority stranger("kz-example", clock_, random_);
  auto frame = frame_of(sent());
  frame.messages[0].statement =
      frame.add(stranger.sign(frame.messages[0].statement.statement, core::KeyRole::sign, clock_.now()));
  EXPECT_EQ(words(answer_to(frame)), "deferred E-KEY-UNKNOWN");
  EXPECT_EQ(held_by_ru(), 0u);
}

TEST_F(ArrivalTest, FromAClockMoreThanTheMarginAheadIsDeferred) {
  const auto frame = frame_of(sent());
  clock_.advance(Duration{-120'001});
  EXPECT_EQ(words(answer_to(frame)), "deferred E-CLOCK-AHEAD");
  clock_.advance(Duration{1});
  EXPECT_EQ(take(frame).issued.size(), 1u);
}

TEST_F(ArrivalTest, WhileNoDesignationOfOursIsInForceIsDeferred) {
  const auto frame = frame_of(sent());
  for (const auto jump : {days(4000), days(-4000)}) {
    clock_.advance(jump);
    EXPECT_EQ(words(answer_to(frame)), "deferred E-NOT-NOW");
    clock_.advance(Duration{-jump.ms});
  }
  EXPECT_EQ(take(frame).issued.size(), 1u);
}

// ---- rejected: nobody's, or not what its originator signed

TEST_F(ArrivalTest, NotSignedByItsOriginatorIsRejected) {
  const auto id = sent();
  auto frame = frame_of(id);
  frame.messages[0].statement =
      frame.add(ru_.sign(frame.messages[0].statement.statement, core::KeyRole::sign, clock_.now()));
  EXPECT_EQ(words(answer_to(frame)), "rejected E-VERIFY-SIGNATURE");
  EXPECT_EQ(take(frame_of(id)).issued.size(), 1u);
}

TEST_F(ArrivalTest, OlderThanItsBatchByMoreThanAMinuteIsRejected) {
  const auto frame = frame_of(sent());
  auto in_time = frame, too_late = frame;
  const auto& text = frame.messages[0].statement.statement;
  const auto created = core::Message::parse(text)->created;
  in_time.messages[0].statement = in_time.add(cn_.sign(text, core::KeyRole::sign, created + seconds(60)));
  too_late.messages[0].statement =
      too_late.add(cn_.sign(text, core::KeyRole::sign, created + seconds(60) + Duration{1}));
  EXPECT_EQ(words(answer_to(too_late)), "rejected E-VERIFY-SIGNATURE");
  EXPECT_EQ(take(in_time).issued.size(), 1u);
}

TEST_F(ArrivalTest, ThatIsNoMessageIsRejected) {
  EXPECT_EQ(words(answer_to(with_statement(sent(), "chancery/message/v1\n"))), "rejected E-MALFORMED");
}

TEST_F(ArrivalTest, WithOtherPartsOrWrapsIsRejected) {
  const auto frame = frame_of(sent());
  auto part = frame, missing = frame, wraps = frame;
  part.messages[0].ciphertexts[0][0] ^= 1;
  missing.messages[0].ciphertexts.pop_back();
  wraps.messages[0].wraps.back() ^= 1;
  for (const auto& wrong : {part, missing, wraps}) EXPECT_EQ(words(answer_to(wrong)), "rejected E-MALFORMED");
  EXPECT_EQ(take(frame).issued.size(), 1u);
}

TEST_F(ArrivalTest, WithAnOriginalThatIsNoForwardIsRejected) {
  auto frame = frame_of(sent());
  frame.messages[0].forwarded.emplace();
  frame.messages[0].forwarded->statement = frame.messages[0].statement;
  EXPECT_EQ(words(answer_to(frame)), "rejected E-MALFORMED");
}

// ---- refused: signed, final, and nothing of it is kept

TEST_F(ArrivalTest, AfterItsEndIsRefusedAndStaysRefused) {
  const auto frame = frame_of(sent({.expires = to_string(clock_.now() + seconds(10))}));
  clock_.advance(seconds(10));
  const auto first = take(frame);
  EXPECT_THAT(receipt_of(first).reasons, ElementsAre("E-EXPIRED"));
  clock_.advance(Duration{-10'000});  // it would be allowed now
  const auto again = take(frame);
  EXPECT_THAT(again.issued, IsEmpty());
  EXPECT_EQ(again.accepted.stored, first.issued);
  EXPECT_EQ(held_by_ru(), 0u);
  EXPECT_EQ(acts(core::Act::acceptance_refused), 1u);
}

TEST_F(ArrivalTest, JustBeforeItsEndIsTaken) {
  const auto frame = frame_of(sent({.expires = to_string(clock_.now() + seconds(10))}));
  clock_.advance(Duration{9'999});
  EXPECT_THAT(refused(frame), IsEmpty());
  EXPECT_EQ(held_by_ru(), 1u);
}

TEST_F(ArrivalTest, PresentedByAnotherThanItsOriginatorIsRejectedAndBurnsNoId) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&ru_, &kz});
  const auto id = sent();
  const auto answer = std::get<wire::Answer>(arrive_from(frame_of(id), "kz-example"));
  EXPECT_EQ(answer.outcome, wire::AnswerOutcome::rejected);
  ASSERT_EQ(answer.reasons.size(), 1U);
  EXPECT_EQ(answer.reasons.front().code, core::ReasonCode::not_addressed);
  EXPECT_THAT(refused(frame_of(id)), IsEmpty());
}

TEST_F(ArrivalTest, WhoseHeaderIsNotTheSealedOneIsRefusedAsUnopenable) {
  const auto id = sent();
  const auto frame = with_statement(id, changed(id, "precedence routine", "precedence immediate"));
  const auto arrived = std::get<Arrived>(arrive_from(frame));
  EXPECT_THAT(arrived.decision.codes(), ElementsAre("E-UNOPENABLE"));
  EXPECT_FALSE(arrived.body.has_value());
  EXPECT_TRUE(std::get<Arrived>(arrive_from(frame_of(id))).body.has_value());
}

// The mark is among the signed lines: whoever takes it off or changes it on the way brings nobody's statement.
TEST_F(ArrivalTest, WithItsLabelTakenOffOrChangedIsRejectedAndLeavesNothing) {
  const auto id = sent({.label = "restricted"});
  const std::string line = "label cn-example/1 restricted -\n";
  for (const auto* other : {"", "label cn-example/1 open -\n", "label cn-example/1 restricted - unverified\n",
                            "label cn-example/1 restricted 2027-01-01\n", "label cn-example/2 restricted -\n"}) {
    auto frame = frame_of(id);
    frame.messages[0].statement.statement = changed(id, line, other);
    EXPECT_EQ(words(answer_to(frame)), "rejected E-VERIFY-SIGNATURE") << other;
    EXPECT_EQ(held_by_ru(), 0u);
  }
  EXPECT_EQ(receipt_of(take(frame_of(id))).stage, core::Stage::delivered);
}

TEST_F(ArrivalTest, NamingASourceWithoutItsProofIsReportedToWhoIsSaidToHaveProvidedIt) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &ru_, &kz});
  const auto id = sent();
  const std::string source(64, 'a');
  const auto text =
      changed(id, "providers cn-example\n",
              "providers cn-example kz-example\nsource " + source + " quotes all sha256:" + source + "\n");
  const auto unproven = core::message_id(text, core::Message::parse(text).value().created);
  ASSERT_TRUE(cn_.store().run<std::uint64_t>(1, [&](store::Transaction& tx) {
    return tx.record_dispatch("ru-example", core::DispatchMessage{unproven}, core::Precedence::routine);
  }));
  (void)dispatched(dispatches());
  EXPECT_THAT(refused(with_statement(id, text)), testing::Contains("E-SOURCE-UNPROVEN"));
  const auto owed = ru_.store().reader().owed(0, 100).value();
  ASSERT_EQ(owed.size(), 1U);
  EXPECT_EQ(owed[0].recipient, "kz-example");
  EXPECT_THAT(owed[0].facts, testing::IsSupersetOf({core::Fact{"original", source}, core::Fact{"holder", "cn-example"},
                                                    core::Fact{"carrier", core::to_string(unproven)}}));
}

TEST_F(ArrivalTest, UnderASealKeyNoLongerAcceptedIsRefused) {
  const auto frame = frame_of(sent());
  clock_.set(clock_.now() + kSealKeyLife + core::kSealKeyGrace);
  const auto arrived = std::get<Arrived>(arrive_from(frame));
  EXPECT_THAT(arrived.decision.codes(), ElementsAre("E-KEY-RETIRED"));
}

// The originator's daemon seals it anew by itself, when we have stated a key we have.
TEST_F(ArrivalTest, UnderASealKeyThatIsLostIsRefusedAsRetired) {
  (void)lost_seal_key(core::statement_digest(ru_.designation().statement));
  const auto arrived = std::get<Arrived>(arrive_from(frame_of(sent())));
  EXPECT_THAT(arrived.decision.codes(), ElementsAre("E-KEY-RETIRED"));
}

TEST_F(ArrivalTest, IsDecidedAgainWhenTheDirectoryChangedMeanwhile) {
  const auto id = sent();
  const auto arrived = std::get<Arrived>(arrive_from(frame_of(id)));
  ASSERT_TRUE(arrived.decision.allowed());
  const auto next = cn_.redesignated([](core::Designation& d) { d.directions = {"sco-2009/3/1"}; });
  ASSERT_EQ(take_designations(node_, "cn-example", {next}).value(), 0u);
  const auto stage = ru_.store().run<core::Stage>(1, [&](store::Transaction& tx) -> Result<core::Stage> {
    CHECK_OK(accept(node_, tx, arrived));
    return TRY(tx.receipts(arrived.id)).at(0).receipt.stage;
  });
  EXPECT_EQ(stage.value(), core::Stage::refused);
  EXPECT_EQ(held_by_ru(), 0u);
}

}  // namespace
}  // namespace chancery::service
