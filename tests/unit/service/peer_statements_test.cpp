#include "daemon/service/peer_statements.h"

#include "daemon/service/exchange.h"
#include "daemon/service/reissue.h"
#include "daemon/service/sealing.h"
#include "daemon/service/voiding.h"
#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using core::KeyRole;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words(const std::vector<wire::Answer>& answers) {
  std::vector<std::string> all;
  for (const auto& answer : answers) all.push_back(service::words(answer));
  return all;
}

// ---- dispatches

class DispatchesTest : public PeerTest {
 protected:
  // The next of a chain cn signs by hand.
  store::SignedStatement next(core::DispatchItem item) {
    core::Dispatch dispatch{"cn-example", "ru-example", 1, ++sequence_, previous_, std::move(item), random_.bytes(32)};
    previous_ = core::statement_digest(dispatch.to_text());
    return sign(dispatch.to_text());
  }
  store::SignedStatement message() {
    core::MessageId id;
    random_.fill(id.value);
    return next(core::DispatchMessage{id});
  }
  store::SignedStatement sign(const std::string& text) { return cn_.sign(text, KeyRole::sign, clock_.now()); }

  // What ru answers to one dispatch before it is recorded; empty when it is good.
  std::string read(const store::SignedStatement& statement) {
    wire::Frame frame;
    frame.dispatches.push_back(frame.add(statement));
    const auto at = intake();
    FrameVerifier verifier(frame.signatures, *at.directory, certificates_);
    const auto read = read_dispatch(at, frame.dispatches[0], verifier);
    return std::holds_alternative<wire::Answer>(read) ? service::words(std::get<wire::Answer>(read)) : "";
  }
  std::string changed(store::SignedStatement statement, const std::string& from, const std::string& to) {
    statement.statement.replace(statement.statement.find(from), from.size(), to);
    return statement.statement;
  }
  std::uint64_t missing() {
    return ru_.store()
        .run<std::uint64_t>(0, [](store::Transaction& tx) { return tx.missing_messages("cn-example"); })
        .value();
  }

  // What ru sends to cn until cn confirms it.
  std::vector<store::SignedStatement> unconfirmed() {
    std::vector<store::SignedStatement> all;
    const auto unsent = ru_.store().reader().unsent_receipts("cn-example", 0, 10);
    for (const auto& receipt : unsent.value()) all.push_back(receipt.statement);
    return all;
  }
  void confirm(const store::SignedStatement& receipt) {
    const auto digest = core::statement_digest(receipt.statement);
    ASSERT_TRUE(ru_.store()
                    .run<void>(0, [&](store::Transaction& tx) { return tx.mark_receipt_taken("cn-example", digest); })
                    .has_value());
  }

  std::uint64_t sequence_ = 0;
  std::optional<Digest> previous_;
};

TEST_F(DispatchesTest, AreReadWhenTheyAreTheSendersToUs) { EXPECT_EQ(read(message()), ""); }

TEST_F(DispatchesTest, OfAnotherSignerAreRejected) {
  const auto text = message().statement;
  EXPECT_EQ(read(ru_.sign(text, KeyRole::sign, clock_.now())), "rejected E-VERIFY-SIGNATURE");
  EXPECT_EQ(read(cn_.sign(text, KeyRole::evidence, clock_.now())), "rejected E-VERIFY-SIGNATURE");
  EXPECT_EQ(read(sign(changed(message(), "sender cn-", "sender kz-"))), "rejected E-VERIFY-SIGNATURE");
}

TEST_F(DispatchesTest, ToAnotherRecipientAreRejected) {
  EXPECT_EQ(read(sign(changed(message(), "recipient ru-", "recipient kz-"))), "rejected E-NOT-ADDRESSED");
}

TEST_F(DispatchesTest, ThatDoNotParseAreRejectedAfterTheirSignatureHeld) {
  auto torn = message();
  torn.statement.pop_back();
  EXPECT_EQ(read(sign(torn.statement)), "rejected E-MALFORMED");
  EXPECT_EQ(read(torn), "rejected E-VERIFY-SIGNATURE");
}

TEST_F(DispatchesTest, UnderAnUnknownKeyAreDeferred) {
  test::ExampleAuthority stranger("kz-example", clock_, random_);
  EXPECT_EQ(read(stranger.sign(message().statement, KeyRole::sign, clock_.now())), "deferred E-KEY-UNKNOWN");
}

TEST_F(DispatchesTest, AreRecordedInOrderWithOneAnswer) {
  EXPECT_THAT(words(dispatched({message(), message(), message()}).answers), ElementsAre("taken before 1/4"));
  EXPECT_EQ(missing(), 3u);
}

TEST_F(DispatchesTest, AgainAreConfirmedAgainAndRecordedOnce) {
  const auto one = message(), two = message();
  (void)dispatched({one, two});
  EXPECT_THAT(words(dispatched({one}).answers), ElementsAre("taken before 1/3"));
  EXPECT_EQ(missing(), 2u);
}

TEST_F(DispatchesTest, BehindAGapAskForTheOneThatIsMissing) {
  const auto one = message(), two = message(), three = message();
  EXPECT_THAT(words(dispatched({one, three}).answers), ElementsAre("taken before 1/2", "expected 1/2"));
  EXPECT_THAT(words(dispatched({two, three}).answers), ElementsAre("taken before 1/4"));
}

TEST_F(DispatchesTest, OfOneNumberWithOtherBytesAreEvidence) {
  const auto one = message();
  sequence_ = 0;
  previous_.reset();
  const auto other = message();
  (void)dispatched({one});
  const auto recorded = dispatched({other});
  EXPECT_THAT(words(recorded.answers), ElementsAre("rejected E-ID-CONFLICT"));
  EXPECT_EQ(recorded.alarms.size(), 1u);
  ASSERT_EQ(evidence().size(), 1u);
  EXPECT_EQ(evidence()[0].first, one.statement);
  EXPECT_EQ(evidence()[0].second, other.statement);
}

TEST_F(DispatchesTest, ThatDoNotNameTheOneBeforeAreEvidence) {
  const auto one = message();
  previous_ = crypto::sha256(as_bytes("another"));
  const auto broken = message();
  EXPECT_THAT(words(dispatched({one, broken}).answers), ElementsAre("rejected E-ID-CONFLICT", "taken before 1/2"));
  EXPECT_EQ(evidence().size(), 1u);
}

TEST_F(DispatchesTest, OfALaterEpochBeginWithARestore) {
  (void)dispatched({message()});
  core::Dispatch restored{"cn-example", "ru-example", 2, 1, {}, core::DispatchRestored{1, 1, 0}, random_.bytes(32)};
  auto bare = restored;
  bare.item = core::DispatchMessage{core::MessageId{}};
  EXPECT_THAT(words(dispatched({sign(bare.to_text())}).answers), ElementsAre("rejected E-ID-CONFLICT"));
  EXPECT_THAT(words(dispatched({sign(restored.to_text())}).answers), ElementsAre("taken before 2/2"));
}

// One statement of a few hundred bytes asks for all that was ever delivered.
TEST_F(DispatchesTest, OfManyRestoresInAShortTimeWait) {
  const auto restored = [&](std::uint64_t epoch) {
    return sign(core::Dispatch{
        "cn-example", "ru-example", epoch, 1, {}, core::DispatchRestored{epoch - 1, 0, 0}, random_.bytes(32)}
                    .to_text());
  };
  EXPECT_THAT(words(dispatched({restored(2), restored(3)}).answers), ElementsAre("taken before 3/2"));
  const auto third = restored(4);
  EXPECT_THAT(words(dispatched({third}).answers), ElementsAre("expected 3/2"));
  EXPECT_THAT(words(dispatched({third}).answers), ElementsAre("expected 3/2"));
  clock_.advance(Quota::kWithin);
  EXPECT_THAT(words(dispatched({third}).answers), ElementsAre("taken before 4/2"));
}

TEST_F(DispatchesTest, RunNoFurtherAheadOfTheirMessagesThanTheWindow) {
  std::vector<store::SignedStatement> all;
  for (std::uint64_t i = 0; i <= core::kMissingWindow; ++i) all.push_back(message());
  EXPECT_THAT(words(dispatched(all).answers), ElementsAre("taken before 1/1025", "expected 1/1025"));
  EXPECT_EQ(missing(), core::kMissingWindow);
  // A number that closes another needs no room, and makes some.
  sequence_ = core::kMissingWindow;
  previous_ = core::statement_digest(all[core::kMissingWindow - 1].statement);
  EXPECT_THAT(words(dispatched({next(core::DispatchVoid{1, "withdrawn"}), message(), message()}).answers),
              ElementsAre("taken before 1/1027", "expected 1/1027"));
  EXPECT_EQ(missing(), core::kMissingWindow);
}

TEST_F(DispatchesTest, ThatCloseANumberCloseTheGapAndItsMessageStaysOut) {
  const auto id = released_to_ru();
  const auto row = cn_.store().reader().due("ru-example", clock_.now(), 10)->at(0);
  (void)dispatched(dispatches());
  EXPECT_EQ(missing(), 1u);
  ASSERT_TRUE(cn_.store()
                  .run<void>(1, [&](store::Transaction& tx) { return void_dispatch(tx, row, "withdrawn", "li"); })
                  .has_value());
  EXPECT_THAT(words(dispatched(dispatches()).answers), ElementsAre("taken before 1/3"));
  EXPECT_EQ(missing(), 0u);
  EXPECT_EQ(service::words(answer_to(frame_of(id))), "expected 1/3");
  EXPECT_EQ(held_by_ru(), 0u);
  EXPECT_EQ(cn_.store().reader().queued("ru-example").value(), 0u);
}

TEST_F(DispatchesTest, ThatCloseAnAnsweredNumberHaveNoEffect) {
  const auto frame = frame_of(released_to_ru());
  const auto row = cn_.store().reader().due("ru-example", clock_.now(), 10)->at(0);
  (void)dispatched(dispatches());
  const auto first = take(frame);
  ASSERT_TRUE(cn_.store()
                  .run<void>(1, [&](store::Transaction& tx) { return void_dispatch(tx, row, "withdrawn", "li"); })
                  .has_value());
  EXPECT_THAT(unconfirmed(), IsEmpty());
  // The answer was lost, it seems. It waits until it is confirmed, whatever becomes of the answer to the closing.
  (void)dispatched(dispatches());
  EXPECT_EQ(unconfirmed(), first.issued);
  (void)dispatched(dispatches());
  EXPECT_EQ(unconfirmed(), first.issued) << "once";
  EXPECT_EQ(take(frame).accepted.stored, first.issued);
  EXPECT_EQ(held_by_ru(), 1u);
  confirm(first.issued.at(0));
  EXPECT_THAT(unconfirmed(), IsEmpty());
}

// The answer is not signed yet, and its frame may be lost as any other.
TEST_F(DispatchesTest, ThatCloseANumberInTheGroupThatAnswersItHaveNoEffect) {
  auto frame = frame_of(released_to_ru());
  const auto row = cn_.store().reader().due("ru-example", clock_.now(), 10)->at(0);
  (void)dispatched(dispatches());
  ASSERT_TRUE(cn_.store()
                  .run<void>(1, [&](store::Transaction& tx) { return void_dispatch(tx, row, "withdrawn", "li"); })
                  .has_value());
  const auto arrived = std::get<Arrived>(arrive_from(std::move(frame)));
  const auto statement = dispatches().back();
  const PeerDispatch closing{core::Dispatch::parse(statement.statement).value(),
                             core::statement_digest(statement.statement), statement};
  const auto done = ru_.store().run<void>(1, [&](store::Transaction& tx) -> Result<void> {
    TRY(accept(node_, tx, arrived));
    TRY(record_dispatches(tx, "cn-example", {closing}, restores_));
    return {};
  });
  ASSERT_TRUE(done.has_value()) << done.error().detail;
  const auto kept = ru_.store().reader().receipts(arrived.id).value();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_THAT(unconfirmed(), ElementsAre(kept[0].statement));
}

TEST_F(DispatchesTest, ThatCloseWhatAnotherSentAreToldNothingAboutIt) {
  const auto frame = frame_of(released_to_ru());
  (void)dispatched(dispatches());
  ASSERT_FALSE(take(frame).issued.empty());
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&ru_, &kz});
  // kz numbers cn's message as if it were its own, and closes the number.
  const auto id = core::message_id(frame.messages[0].statement.statement,
                                   core::Message::parse(frame.messages[0].statement.statement)->created);
  const auto of_kz = [&](core::DispatchItem item) {
    core::Dispatch dispatch{"kz-example", "ru-example", 1, ++sequence_, previous_, std::move(item), random_.bytes(32)};
    const auto statement = kz.sign(dispatch.to_text(), KeyRole::sign, clock_.now());
    previous_ = core::statement_digest(statement.statement);
    return PeerDispatch{dispatch, *previous_, statement};
  };
  const std::vector<PeerDispatch> all = {of_kz(core::DispatchMessage{id}), of_kz(core::DispatchVoid{1, "withdrawn"})};
  const auto recorded = ru_.store().run<Recorded>(
      0, [&](store::Transaction& tx) { return record_dispatches(tx, "kz-example", all, restores_); });
  ASSERT_TRUE(recorded.has_value()) << recorded.error().detail;
  EXPECT_THAT(words(recorded->answers), ElementsAre("taken before 1/3"));
  EXPECT_THAT(ru_.store().reader().unsent_receipts("kz-example", 0, 10).value(), IsEmpty());
  EXPECT_THAT(unconfirmed(), IsEmpty());
}

// ---- receipts, as cn takes them in

class ReceiptsTest : public PeerTest {
 protected:
  ReceiptsTest() : cn_node_(cn_.node()), cn_keys_(cn_node_), cn_certificates_(cn_.store()) {
    id_ = core::parse_message_id(released_to_ru()).value();
  }

  core::Receipt receipt(core::Stage stage = core::Stage::delivered) {
    core::Receipt out{"ru-example", "cn-example", id_, stage, clock_.now(), {}, {}, {}, random_.bytes(32)};
    if (stage == core::Stage::refused) out.reasons = {"E-EXPIRED"};
    return out;
  }
  store::SignedStatement sign(const core::Receipt& receipt) {
    return ru_.sign(receipt.to_text(), KeyRole::sign, clock_.now());
  }
  std::variant<wire::Answer, PeerReceipt> read_it(const store::SignedStatement& statement) {
    wire::Frame frame;
    frame.receipts.push_back(frame.add(statement));
    const Intake at{cn_node_,
                    cn_keys_,
                    cn_attachments_,
                    "ru-example",
                    cn_.store().directory(),
                    cn_.store().joint_acts(),
                    cn_node_.agreements(),
                    clock_.now()};
    FrameVerifier verifier(frame.signatures, *at.directory, cn_certificates_);
    return read_receipt(at, frame.receipts[0], verifier, [this](const core::MessageId& id) { return id == id_; });
  }
  std::string read(const store::SignedStatement& statement) {
    const auto read = read_it(statement);
    return std::holds_alternative<wire::Answer>(read) ? service::words(std::get<wire::Answer>(read)) : "";
  }
  Recorded record(const store::SignedStatement& statement) {
    const auto receipt = std::get<PeerReceipt>(read_it(statement));
    return cn_.store()
        .run<Recorded>(kReissueLeaves,
                       [&](store::Transaction& tx) { return record_receipts(cn_node_, tx, "ru-example", {receipt}); })
        .value();
  }
  // The officer gives up on it.
  void close() {
    const auto row = cn_.store().reader().deliveries(id_)->at(0);
    const auto done =
        cn_.store().run<void>(1, [&](store::Transaction& tx) { return void_dispatch(tx, row, "withdrawn", "li"); });
    ASSERT_TRUE(done.has_value());
  }
  // ru took nothing of what cn sent.
  void restored() {
    const core::Dispatch dispatch{"ru-example",     "cn-example", 2, 1, {}, core::DispatchRestored{1, 0, 0},
                                  random_.bytes(32)};
    const auto statement = ru_.sign(dispatch.to_text(), KeyRole::sign, clock_.now());
    const std::vector<PeerDispatch> all = {{dispatch, core::statement_digest(statement.statement), statement}};
    const auto recorded = cn_.store().run<Recorded>(
        0, [&](store::Transaction& tx) { return record_dispatches(tx, "ru-example", all, restores_); });
    ASSERT_THAT(words(recorded.value().answers), ElementsAre("taken before 2/2"));
  }
  void goes_again() {
    ASSERT_TRUE(cn_.store().run<void>(0, [](store::Transaction& tx) { return tx.send_again("ru-example", 0); }));
  }
  store::OutboxState state() { return cn_.store().reader().deliveries(id_)->at(0).state; }

  core::MessageId id_;
  const Node cn_node_;
  SealKeys cn_keys_;
  ArrivingAttachments cn_attachments_{cn_node_, [](const std::string&, const wire::AttachmentState&) {}};
  Certificates cn_certificates_;
};

TEST_F(ReceiptsTest, AreReadWhenTheyAreTheReceiversAboutAMessageOfOurs) { EXPECT_EQ(read(sign(receipt())), ""); }

TEST_F(ReceiptsTest, OfAnotherSignerOrReceiverAreRejected) {
  EXPECT_EQ(read(cn_.sign(receipt().to_text(), KeyRole::sign, clock_.now())), "rejected E-VERIFY-SIGNATURE");
  EXPECT_EQ(read(ru_.sign(receipt().to_text(), KeyRole::evidence, clock_.now())), "rejected E-VERIFY-SIGNATURE");
  auto other = receipt();
  other.receiver = "kz-example";
  EXPECT_EQ(read(sign(other)), "rejected E-VERIFY-SIGNATURE");
}

TEST_F(ReceiptsTest, OfAnotherTimeThanTheirBatchAreRejected) {
  auto early = receipt(), late = receipt(), in_time = receipt();
  early.time = clock_.now() - seconds(60) - Duration{1};
  late.time = clock_.now() + seconds(60) + Duration{1};
  in_time.time = clock_.now() - seconds(60);
  EXPECT_EQ(read(sign(early)), "rejected E-VERIFY-SIGNATURE");
  EXPECT_EQ(read(sign(late)), "rejected E-VERIFY-SIGNATURE");
  EXPECT_EQ(read(sign(in_time)), "");
}

TEST_F(ReceiptsTest, AboutWhatWeNeverSentThemAreRejected) {
  auto message = receipt(), originator = receipt();
  message.message.value[40 % message.message.value.size()] ^= 1;
  originator.originator = "kz-example";
  EXPECT_EQ(read(sign(message)), "rejected E-NOT-ADDRESSED");
  EXPECT_EQ(read(sign(originator)), "rejected E-NOT-ADDRESSED");
}

TEST_F(ReceiptsTest, ThatDoNotParseAreRejected) {
  EXPECT_EQ(read(ru_.sign("chancery/receipt/v1\n", KeyRole::sign, clock_.now())), "rejected E-MALFORMED");
}

TEST_F(ReceiptsTest, SettleTheMessageOnceAndAgainWithoutASecondEntry) {
  const auto statement = sign(receipt());
  EXPECT_THAT(record(statement).settled, ElementsAre(id_));
  EXPECT_EQ(state(), store::OutboxState::delivered);
  const auto entries = journal(cn_).size();
  EXPECT_THAT(record(statement).settled, ElementsAre(id_));
  EXPECT_EQ(journal(cn_).size(), entries);
}

TEST_F(ReceiptsTest, ThatNothingAsksForAgainAreConfirmed) {
  (void)record(sign(receipt()));
  const auto read_receipt = sign(receipt(core::Stage::read));
  EXPECT_THAT(words(record(read_receipt).answers), ElementsAre("taken"));
  EXPECT_THAT(words(record(read_receipt).answers), ElementsAre("taken"));
  EXPECT_THAT(record(sign(receipt(core::Stage::acknowledged))).settled, IsEmpty());
}

// Where the number was closed the receiver sends its answer until it is confirmed.
TEST_F(ReceiptsTest, ThatComeAgainAreConfirmed) {
  for (const auto stage : {core::Stage::delivered, core::Stage::refused}) {
    id_ = core::parse_message_id(released_to_ru(static_cast<unsigned>(stage) + 10)).value();
    close();
    ASSERT_EQ(state(), store::OutboxState::closed);
    const auto statement = sign(receipt(stage));
    EXPECT_THAT(record(statement).answers, IsEmpty());
    EXPECT_THAT(state(), stage == core::Stage::refused ? store::OutboxState::refused : store::OutboxState::delivered);
    for (int i = 0; i < 2; ++i) {
      const auto again = record(statement);
      EXPECT_THAT(words(again.answers), ElementsAre("taken"));
      EXPECT_THAT(again.settled, ElementsAre(id_));
    }
  }
}

// Its epoch is 2 now, and what it had taken of cn goes again.
TEST_F(ReceiptsTest, OfARestoredPeerMaySayAnewWhatItForgot) {
  const auto first = sign(receipt());
  (void)record(first);
  const auto read_before = sign(receipt(core::Stage::read));
  (void)record(read_before);
  restored();
  for (const auto state_before : {store::OutboxState::queued, store::OutboxState::closed}) {
    goes_again();
    if (state_before == store::OutboxState::closed) close();
    ASSERT_EQ(state(), state_before);
    for (const auto stage : {core::Stage::delivered, core::Stage::refused}) {
      const auto anew = sign(receipt(stage));
      // The message went more than once, and so does its answer.
      for (int i = 0; i < 3; ++i) EXPECT_THAT(record(anew).settled, ElementsAre(id_));
      EXPECT_EQ(state(), store::OutboxState::delivered);
    }
  }
  EXPECT_THAT(words(record(sign(receipt(core::Stage::read))).answers), ElementsAre("taken"));
  EXPECT_THAT(cn_.store().reader().conflicts(10).value(), IsEmpty());
  const auto kept = cn_.store().reader().receipts(id_).value();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].statement.statement, first.statement);
  EXPECT_EQ(kept[1].statement.statement, read_before.statement);
}

TEST_F(ReceiptsTest, OfARestoredPeerAreNotTakenForThoseOfAnother) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &ru_, &kz});
  id_ = core::parse_message_id(released({.recipients = {"kz-example", "ru-example"}}, 2)).value();
  restored();
  for (const auto stage : {core::Stage::delivered, core::Stage::read}) {
    auto of_kz = receipt(stage);
    of_kz.receiver = "kz-example";
    const auto statement = kz.sign(of_kz.to_text(), KeyRole::sign, clock_.now());
    const PeerReceipt read{of_kz, core::statement_digest(statement.statement), statement};
    ASSERT_TRUE(
        cn_.store()
            .run<Recorded>(kReissueLeaves,
                           [&](store::Transaction& tx) { return record_receipts(cn_node_, tx, "kz-example", {read}); })
            .has_value());
    (void)record(sign(receipt(stage)));
  }
  EXPECT_EQ(cn_.store().reader().receipts(id_)->size(), 4u);
}

TEST_F(ReceiptsTest, ThatContradictAnotherAreEvidenceAndChangeNothing) {
  const auto first = sign(receipt());
  (void)record(first);
  const auto refused = sign(receipt(core::Stage::refused)), again = sign(receipt());
  for (const auto& second : {refused, again}) {
    const auto recorded = record(second);
    EXPECT_THAT(words(recorded.answers), ElementsAre("rejected E-ID-CONFLICT"));
    EXPECT_THAT(recorded.settled, IsEmpty());
  }
  EXPECT_EQ(state(), store::OutboxState::delivered);
  const auto kept = cn_.store().reader().conflicts(10).value();
  ASSERT_EQ(kept.size(), 1u) << "one proves it; more of them would fill the disk";
  EXPECT_EQ(kept[0].first, first.statement);
  EXPECT_EQ(kept[0].second, refused.statement);
}

TEST_F(ReceiptsTest, OfARefusalEndTheDelivery) {
  EXPECT_THAT(record(sign(receipt(core::Stage::refused))).settled, ElementsAre(id_));
  EXPECT_EQ(state(), store::OutboxState::refused);
}

// ---- key-retired: the sender reissues by itself

class ReissueTest : public ReceiptsTest {
 protected:
  core::Receipt key_retired() {
    auto out = receipt(core::Stage::refused);
    out.reasons = {"E-KEY-RETIRED"};
    return out;
  }
  // As the peer would after an outage longer than its keys are kept.
  void outlive_the_seal_key() {
    clock_.set(clock_.now() + kSealKeyLife + core::kSealKeyGrace);
    ru_.renew_seal_key();
    cn_.knows(ru_);
  }
  std::vector<store::MessageRow> outbox() { return cn_.store().reader().list(store::Box::outbox, 0, 10).value(); }

  // The same before cn has heard of the key that is current there.
  void refused_before_the_key_is_known() {
    clock_.set(clock_.now() + kSealKeyLife + core::kSealKeyGrace);
    ru_.renew_seal_key();
    (void)record(sign(key_retired()));
  }
  // A key of ru that cn hears of before it is in force.
  void knows_a_key_of_later(Duration from_now) {
    auto key = ru_.store().directory()->find("ru-example")->seal_keys.back();
    const auto fresh = crypto::KemPrivateKey::generate(crypto::Suite::p256).value();
    key.public_key.assign(fresh.public_key().spki().begin(), fresh.public_key().spki().end());
    key.from = clock_.now() + from_now;
    key.to = key.from + kSealKeyLife;
    key.accept_until = key.to + core::kSealKeyGrace;
    wire::Frame frame;
    frame.seal_keys.push_back(frame.add(ru_.sign(key.to_text(), KeyRole::sign, clock_.now())));
    const auto directory = cn_.store().directory();
    FrameVerifier verifier(frame.signatures, *directory, cn_certificates_);
    ASSERT_EQ(take_seal_keys(cn_.node(), "ru-example", frame.seal_keys, verifier).value(), 0u);
  }
  // As whoever keeps house does; how many it found due.
  std::size_t send_again() {
    const auto due = due_reissues(cn_.node()).value();
    for (const auto& one : due) EXPECT_TRUE(reissue(cn_.node(), one).has_value());
    return due.size();
  }
  // What the second message of cn's outbox is sent again for.
  std::optional<core::MessageId> sent_again_for() {
    const auto all = outbox();
    return all.size() == 2 ? core::reissue_of(core::Message::parse(all.front().statement).value()) : std::nullopt;
  }
};

TEST_F(ReissueTest, SendsTheSameTextsAgainUnderTheKeyThatIsCurrent) {
  const auto first = cn_.store().reader().message(id_).value();
  outlive_the_seal_key();
  (void)record(sign(key_retired()));
  EXPECT_EQ(state(), store::OutboxState::refused);
  ASSERT_EQ(outbox().size(), 2u);
  const auto row = outbox().front();
  EXPECT_EQ(row.number, "CN-2027-0001");
  const auto message = core::Message::parse(row.statement).value();
  EXPECT_THAT(message.recipients, ElementsAre("ru-example"));
  EXPECT_THAT(message.facts, ElementsAre(core::Fact{"reissue-of", core::to_string(id_)}));

  const auto arrived = std::get<Arrived>(arrive_from(frame_of(core::to_string(row.id))));
  EXPECT_TRUE(arrived.decision.allowed()) << arrived.decision.codes().front();
  const auto texts = open_held(cn_node_, first, core::Message::parse(first.statement.statement).value()).value();
  const auto again = open_held(cn_node_, cn_.store().reader().message(row.id).value(), message).value();
  ASSERT_EQ(again.size(), texts.size());
  EXPECT_TRUE(std::equal(again.begin(), again.end() - 1, texts.begin())) << "all but the registry number";
  EXPECT_NE(again.back(), texts.back());
  EXPECT_EQ(cn_.store().reader().deliveries(row.id)->size(), 1u);
}

TEST_F(ReissueTest, TravelsWithTheFirstSoThatItsAudienceIsKnown) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &ru_, &kz});
  id_ = core::parse_message_id(released({.recipients = {"kz-example", "ru-example"}}, 2)).value();
  const auto first = cn_.store().reader().message(id_)->statement;
  outlive_the_seal_key();
  (void)record(sign(key_retired()));
  const auto again = frame_of(core::to_string(outbox().front().id));
  ASSERT_EQ(again.messages[0].sources.size(), 1u);
  EXPECT_EQ(again.messages[0].sources[0].statement, first.statement);
  (void)dispatched(dispatches());
  ASSERT_FALSE(take(again).issued.empty());
  // What ru makes of it may go to whom the first one went to.
  const auto held = core::parse_message_id(core::to_string(outbox().front().id)).value();
  const auto sources =
      HeldSources::gather({held}, [this](const core::MessageId& id) { return ru_.store().reader().message(id); });
  const auto audience = core::audience(*sources->lookup()(held));
  EXPECT_THAT(audience, ElementsAre("cn-example", "kz-example", "ru-example"));
}

TEST_F(ReissueTest, NamesTheFirstHoweverOftenItGoesAgain) {
  outlive_the_seal_key();
  const auto first = id_;
  (void)record(sign(key_retired()));
  id_ = outbox().front().id;
  outlive_the_seal_key();
  (void)record(sign(key_retired()));
  const auto message = core::Message::parse(outbox().front().statement).value();
  EXPECT_THAT(message.facts, ElementsAre(core::Fact{"reissue-of", core::to_string(first)}));
}

TEST_F(ReissueTest, LeavesAnEntryAboutTheFirst) {
  outlive_the_seal_key();
  (void)record(sign(key_retired()));
  const auto last = journal(cn_).back();
  EXPECT_EQ(last.act, core::Act::used);
  EXPECT_EQ(last.message, id_);
  EXPECT_EQ(last.content, core::statement_digest(outbox().front().statement));
}

TEST_F(ReissueTest, HappensOnceForOneReceipt) {
  outlive_the_seal_key();
  const auto statement = sign(key_retired());
  (void)record(statement);
  (void)record(statement);
  EXPECT_EQ(outbox().size(), 2u);
}

TEST_F(ReissueTest, IsNotOfWhatMayNoLongerBeUsed) {
  const auto made = core::parse_message_id(released({.sources = {{core::to_string(id_), "quotes"}}}, 2)).value();
  core::JournalEntry entry;
  entry.actor = "daemon";
  entry.act = core::Act::copy_locked;
  (void)cn_.store().run<bool>(0, [&](store::Transaction& tx) { return tx.lock(id_, id_, entry); }).value();
  outlive_the_seal_key();
  for (const auto& id : {id_, made}) {
    const auto before = outbox().size();
    id_ = id;
    (void)record(sign(key_retired()));
    EXPECT_EQ(outbox().size(), before) << "itself, and what is made of it";
    const auto last = journal(cn_).back();
    EXPECT_EQ(last.act, core::Act::release_refused);
    EXPECT_EQ(last.message, id);
    EXPECT_THAT(last.reasons, ElementsAre("E-COPY-LOCKED"));
  }
}

TEST_F(ReissueTest, IsNotForWhoStillShowsTheKeyThatWasUsed) {
  (void)record(sign(key_retired()));
  EXPECT_EQ(outbox().size(), 1u);
}

TEST_F(ReissueTest, WaitsForAKeyThatIsNotKnownYetAndGoesOnce) {
  refused_before_the_key_is_known();
  EXPECT_EQ(state(), store::OutboxState::refused);
  EXPECT_EQ(send_again(), 0u);
  EXPECT_EQ(outbox().size(), 1u);

  cn_.knows(ru_);
  const auto due = due_reissues(cn_.node()).value();
  ASSERT_EQ(due.size(), 1u);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(reissue(cn_.node(), due.front()).has_value());
  EXPECT_EQ(send_again(), 0u);
  EXPECT_EQ(sent_again_for(), id_);
  const auto arrived = std::get<Arrived>(arrive_from(frame_of(core::to_string(outbox().front().id))));
  EXPECT_TRUE(arrived.decision.allowed()) << arrived.decision.codes().front();
}

TEST_F(ReissueTest, WaitsForAKeyThatIsKnownAndNotYetInForce) {
  knows_a_key_of_later(minutes(10));
  (void)record(sign(key_retired()));
  const auto from = clock_.now() + minutes(10);
  clock_.set(from - Duration{1});
  EXPECT_EQ(send_again(), 0u);
  clock_.set(from);
  EXPECT_EQ(send_again(), 1u);
  EXPECT_EQ(send_again(), 0u);
  EXPECT_EQ(sent_again_for(), id_);
}

// The gate would refuse it, and nothing would wait any more.
TEST_F(ReissueTest, WaitsWhileItsRecipientIsWithdrawn) {
  const auto withdrawal = ru_.redesignated([&](core::Designation& d) {
    d.valid_from = clock_.now();
    std::erase_if(d.keys, [](const auto& key) { return key.role == core::KeyRole::sign; });
  });
  refused_before_the_key_is_known();
  cn_.knows(ru_);
  ASSERT_EQ(due_reissues(cn_.node())->size(), 1u);
  const auto done = cn_.store().run<void>(0, [&](store::Transaction& tx) {
    return tx.record_designation(
        {{withdrawal.statement, withdrawal.signature, withdrawal.path}, withdrawal.certificates}, {});
  });
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(send_again(), 0u);
  EXPECT_EQ(cn_.store().reader().waiting_reissues()->size(), 1u);
}

TEST_F(ReissueTest, WaitsThroughARestartAndTheStoreHoldsItsChecks) {
  refused_before_the_key_is_known();
  EXPECT_THAT(cn_.fsck()->findings, IsEmpty());
  EXPECT_EQ(send_again(), 0u);
  cn_.knows(ru_);
  cn_.restart();
  EXPECT_EQ(send_again(), 1u);
  EXPECT_THAT(cn_.fsck()->findings, IsEmpty());
  EXPECT_EQ(send_again(), 0u);
  EXPECT_EQ(sent_again_for(), id_);
}

TEST_F(ReissueTest, ThatCouldNotBeMadeStillWaits) {
  refused_before_the_key_is_known();
  cn_.knows(ru_);
  const auto due = due_reissues(cn_.node()).value();
  // Of a message that is not there the act fails.
  auto other = due.at(0);
  other.message.value[0] ^= 1;
  const auto done = cn_.store().run<void>(0, [&](store::Transaction& tx) { return tx.record_waiting_reissue(other); });
  ASSERT_TRUE(done.has_value());
  EXPECT_FALSE(reissue(cn_.node(), other).has_value());
  EXPECT_EQ(due_reissues(cn_.node())->size(), 2u);
}

TEST_F(ReissueTest, IsLoggedByIdAndCodeWhenItWaits) {
  std::vector<std::string> lines;
  auto node = cn_.node();
  node.log = [&](const LogLine& line) { lines.push_back(to_string(line)); };
  const auto read = std::get<PeerReceipt>(read_it(sign(key_retired())));
  const auto recorded = cn_.store().run<Recorded>(
      kReissueLeaves, [&](store::Transaction& tx) { return record_receipts(node, tx, "ru-example", {read}); });
  ASSERT_TRUE(recorded.has_value());
  EXPECT_THAT(lines, ElementsAre("<4>event=\"reissue.waits\" message=\"" + core::to_string(id_) +
                                 "\" code=\"E-KEY-RETIRED\"\n"));
}

TEST_F(ReissueTest, IsNotForAnyOtherRefusal) {
  outlive_the_seal_key();
  auto other = key_retired();
  other.reasons = {"E-EXPIRED", "E-KEY-RETIRED"};
  (void)record(sign(other));
  EXPECT_EQ(outbox().size(), 1u);
}

// It was delivered there, and is lost with the store; the backup is from before the key it was sealed to.
TEST_F(ReissueTest, GoesOnceToARestoredPeerThatLostTheKeyWithItsStore) {
  const auto first = sign(receipt());
  (void)record(first);
  outlive_the_seal_key();
  restored();
  ASSERT_EQ(state(), store::OutboxState::queued);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(record(sign(key_retired())).settled, ElementsAre(id_));
  EXPECT_EQ(state(), store::OutboxState::delivered);
  EXPECT_EQ(sent_again_for(), id_);
  const auto arrived = std::get<Arrived>(arrive_from(frame_of(core::to_string(outbox().front().id))));
  EXPECT_TRUE(arrived.decision.allowed()) << arrived.decision.codes().front();
  const auto kept = cn_.store().reader().receipts(id_).value();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].statement.statement, first.statement);
  EXPECT_THAT(cn_.store().reader().conflicts(10).value(), IsEmpty());
  EXPECT_THAT(cn_.fsck()->findings, IsEmpty());
}

TEST_F(ReissueTest, WaitsForTheNewKeyOfARestoredPeerAndTheStoreHoldsItsChecks) {
  (void)record(sign(receipt()));
  restored();
  refused_before_the_key_is_known();
  for (int i = 0; i < 3; ++i) (void)record(sign(key_retired()));
  EXPECT_EQ(outbox().size(), 1u);
  EXPECT_THAT(cn_.fsck()->findings, IsEmpty());
  cn_.restart();
  cn_.knows(ru_);
  EXPECT_EQ(send_again(), 1u);
  EXPECT_EQ(send_again(), 0u);
  EXPECT_EQ(sent_again_for(), id_);
}

TEST_F(ReissueTest, IsNotOfWhatARestoredPeerRefusesForAnotherReasonWhichIsLogged) {
  (void)record(sign(receipt()));
  restored();
  outlive_the_seal_key();
  std::vector<std::string> lines;
  auto node = cn_.node();
  node.log = [&](const LogLine& line) { lines.push_back(to_string(line)); };
  for (int i = 0; i < 3; ++i) {
    const auto read = std::get<PeerReceipt>(read_it(sign(receipt(core::Stage::refused))));
    const auto recorded = cn_.store().run<Recorded>(
        kReissueLeaves, [&](store::Transaction& tx) { return record_receipts(node, tx, "ru-example", {read}); });
    ASSERT_TRUE(recorded.has_value());
  }
  EXPECT_EQ(outbox().size(), 1u);
  EXPECT_THAT(lines, ElementsAre("<4>event=\"send.forgotten\" peer=\"ru-example\" message=\"" + core::to_string(id_) +
                                 "\" code=\"E-EXPIRED\"\n"));
}

TEST_F(ReissueTest, OfWhatTheRulesNoLongerAllowIsJournalledAndNotSent) {
  id_ = core::parse_message_id(released({.expires = to_string(clock_.now() + days(1))}, 2)).value();
  outlive_the_seal_key();
  (void)record(sign(key_retired()));
  EXPECT_EQ(outbox().size(), 2u) << "as many as there were";
  EXPECT_EQ(journal(cn_).back().act, core::Act::release_refused);
  EXPECT_THAT(journal(cn_).back().reasons, ElementsAre("E-EXPIRED"));
}

// ---- with whoever keeps house

class Nobody final : public PeerNetwork {
 public:
  Result<std::shared_ptr<PeerLink>> dial(const std::string&, const std::string&, PeerEvents&) override {
    return fail(Errc::unavailable, "nobody is there");
  }
};

class HouseTest : public ReissueTest {
 protected:
  bool comes_again() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (outbox().size() < 2 && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return sent_again_for() == id_;
  }

  Nobody network_;
};

TEST_F(HouseTest, WhatWaitsGoesWhenAKeyOfItsRecipientComes) {
  refused_before_the_key_is_known();
  Exchange exchange(cn_.node(), network_, {});
  wire::Frame frame;
  const auto keys = ru_.store().reader().seal_keys("ru-example").value();
  frame.seal_keys.push_back(frame.add(keys.front().statement));
  exchange.received("ru-example", nullptr, std::move(frame));
  EXPECT_TRUE(comes_again());
}

TEST_F(HouseTest, WhatWaitsGoesAtTheStartWhenTheKeyIsThere) {
  refused_before_the_key_is_known();
  cn_.knows(ru_);
  const Exchange exchange(cn_.node(), network_, {});
  EXPECT_TRUE(comes_again());
}

}  // namespace
}  // namespace chancery::service
