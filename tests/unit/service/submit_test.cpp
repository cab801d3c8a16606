#include "daemon/service/submit.h"

#include "crypto/sealing.h"
#include "daemon/service/carried.h"
#include "daemon/service/seal_keys.h"
#include "daemon/wire/body.h"
#include "daemon/wire/draft.h"
#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {
namespace {

using test::DraftOptions;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class SubmitTest : public DeskTest {
 protected:
  store::MessageRecord stored(const std::string& id) {
    return cn_.store().reader().message(core::parse_message_id(id).value()).value();
  }
  static wire::Submission planned(wire::Submission submission, const Digest& plan) {
    submission.plan = plan;
    return submission;
  }
  std::uint64_t waiting(std::uint64_t number = 1) {
    const auto accepted = value_of(submit_.submit(test::officer(), test::submission({.label = "restricted"}, number)));
    return wire::parse_draft_name(accepted.number).value();
  }
  Digest plan_of(std::uint64_t draft) { return cn_.store().reader().draft(draft).value().plan; }
};

TEST_F(SubmitTest, ReleasesNumbersAndWakesTheRecipient) {
  const auto accepted = value_of(submit_.submit(test::officer(), test::submission()));
  EXPECT_EQ(accepted.number, "CN-2026-0001");
  EXPECT_FALSE(accepted.awaiting_approval);
  EXPECT_FALSE(accepted.repeated);
  EXPECT_THAT(recorded_.take(), ElementsAre("ru-example"));
  EXPECT_EQ(value_of(submit_.submit(test::officer(), test::submission({}, 2))).number, "CN-2026-0002");
  const auto rows = cn_.store().reader().deliveries(core::parse_message_id(accepted.id).value()).value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].peer, "ru-example");
  EXPECT_EQ(rows[0].sequence, 1u);
}

// After a rotation whose overlap ended without a switch of the keys.
TEST_F(SubmitTest, SaysThatNoDesignationNamesTheKey) {
  EXPECT_TRUE(cn_.store().signs());
  const auto next = cn_.redesignated([&](core::Designation& d) {
    for (auto& key : d.keys)
      if (key.role == core::KeyRole::sign) key.to = clock_.now() + seconds(60);
    std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
  });
  ASSERT_TRUE(record_own_designations(cn_.node(), {next}).has_value());
  EXPECT_TRUE(cn_.store().signs());
  (void)value_of(submit_.submit(test::officer(), test::submission()));
  clock_.advance(seconds(60));
  EXPECT_EQ(cn_.store().why_unsigned(), core::ReasonCode::sign_key_ended);
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission({}, 2))), ElementsAre("E-SIGN-KEY-ENDED"));
}

TEST_F(SubmitTest, SignsAStatementThatVerifiesUnderTheDesignatedKey) {
  const auto record = stored(released());
  const auto& certificates = cn_.designation().certificates;
  bool verified = false;
  for (const auto& der : certificates) {
    const auto certificate = crypto::Certificate::from_der(der).value();
    if (certificate.id() != record.statement.signature.key_id) continue;
    const auto batch = crypto::verify_batch(record.statement.signature, certificate);
    ASSERT_TRUE(batch.has_value()) << batch.error().detail;
    EXPECT_TRUE(crypto::in_batch(*batch, core::statement_digest(record.statement.statement), record.statement.path));
    EXPECT_EQ(batch->signer, "cn-example");
    verified = true;
  }
  EXPECT_TRUE(verified);
}

TEST_F(SubmitTest, SealsForTheRecipientWithTheNumberLast) {
  const auto record = stored(released());
  const auto message = core::Message::parse(record.statement.statement).value();
  EXPECT_EQ(crypto::sha256(record.wraps), message.wraps);
  const auto header = core::header_digest(record.statement.statement);
  SealKeys keys(ru_.node());
  const auto wraps = crypto::parse_wraps(record.wraps).value();
  const auto key = keys.unwrap("cn-example", wraps.at(0), header).value();
  const auto parts =
      crypto::open_body(record.ciphertexts, {message.parts, message.body_root, message.cek_commit, message.cipher_root},
                        key.view(), header);
  ASSERT_TRUE(parts.has_value()) << parts.error().detail;
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ(parts->back().content, wire::registry_part(record.number));
}

TEST_F(SubmitTest, AnswersTheSameKeyAndDraftWithoutAnotherEffect) {
  const auto first = value_of(submit_.submit(test::officer(), test::submission()));
  (void)recorded_.take();
  const auto size = cn_.store().checkpoint().size;
  const auto second = value_of(submit_.submit(test::officer(), test::submission()));
  EXPECT_TRUE(second.repeated);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.number, first.number);
  EXPECT_EQ(second.plan, first.plan);
  EXPECT_THAT(recorded_.take(), IsEmpty());
  EXPECT_EQ(cn_.store().checkpoint().size, size);
}

TEST_F(SubmitTest, RefusesTheSameKeyForAnotherDraft) {
  (void)released();
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission({.title = "Other"}))),
              ElementsAre("E-IDEMPOTENCY-CONFLICT"));
}

TEST_F(SubmitTest, KeepsTheKeysOfTwoOfficersApart) {
  const auto first = value_of(submit_.submit(test::officer("li"), test::submission()));
  const auto second = value_of(submit_.submit(test::officer("zhao"), test::submission()));
  EXPECT_FALSE(second.repeated);
  EXPECT_NE(first.id, second.id);
}

TEST_F(SubmitTest, AnswersManyInOrder) {
  std::vector<wire::Submission> all;
  for (std::uint64_t n = 1; n <= 64; ++n) all.push_back(test::submission({.title = "N" + std::to_string(n)}, n));
  all.push_back(test::submission({.label = "state-secret"}, 65));
  const auto outcomes = submit_.submit_all(test::officer("li", "state-secret"), all);
  ASSERT_EQ(outcomes.size(), 65u);
  for (std::size_t n = 0; n < 64; ++n) EXPECT_EQ(std::stoul(value_of(outcomes[n]).number.substr(8)), n + 1);
  EXPECT_THAT(codes_of(outcomes[64]), Contains("E-LABEL-STATE-SECRET"));
}

TEST_F(SubmitTest, RefusesWhatTheGateRefusesAndJournalsIt) {
  const auto outcome = submit_.submit(test::officer(), test::submission({.recipients = {"uz-example"}}));
  EXPECT_THAT(codes_of(outcome), Contains("E-RECIPIENT-UNKNOWN"));
  const auto entry = journal(cn_).back();
  EXPECT_EQ(entry.act, core::Act::release_refused);
  EXPECT_EQ(entry.actor, "li");
  EXPECT_EQ(entry.decision, "refuse");
  EXPECT_EQ(entry.data, test::example_book()->digest());
  EXPECT_THAT(entry.reasons, Contains("E-RECIPIENT-UNKNOWN"));
}

TEST_F(SubmitTest, RefusesAPlanThatChanged) {
  const auto plan = crypto::sha256(as_bytes("another plan"));
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), planned(test::submission(), plan))),
              ElementsAre("E-PLAN-CHANGED"));
  const auto preview = value_of(submit_.preview(test::officer(), test::draft_bytes()));
  const auto accepted = value_of(submit_.submit(test::officer(), planned(test::submission(), preview.plan)));
  EXPECT_EQ(accepted.plan, preview.plan);
}

TEST_F(SubmitTest, SaysMalformedWithTheField) {
  auto submission = test::submission();
  submission.draft = to_bytes("no draft");
  const auto outcome = submit_.submit(test::officer(), submission);
  EXPECT_THAT(codes_of(outcome), ElementsAre("E-MALFORMED"));
}

TEST_F(SubmitTest, SaysWhenASourceIsNotFound) {
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission({.sources = {{"CN-2026-9999", "quotes"}}}))),
              ElementsAre("E-NOT-FOUND"));
}

TEST_F(SubmitTest, LetsOnlyComposersSubmit) {
  for (const auto& user : {test::auditor(), test::administrator()})
    EXPECT_THAT(codes_of(submit_.submit(user, test::submission())), ElementsAre("E-ROLE"));
  EXPECT_EQ(journal(cn_).back().act, core::Act::access_refused);
  EXPECT_THAT(codes_of(submit_.submit(test::officer("li", ""), test::submission({.label = "restricted"}))),
              ElementsAre("E-CLEARANCE"));
}

TEST_F(SubmitTest, ListsTheSourcesAndTheirLabels) {
  const auto first = released({.label = "restricted"});
  const auto second = released({.sources = {{"CN-2026-0001", "quotes"}}}, 2);
  const auto record = stored(second);
  const auto message = core::Message::parse(record.statement.statement).value();
  ASSERT_EQ(message.sources.size(), 1u);
  EXPECT_EQ(core::to_string(message.sources[0].id), first);
  EXPECT_EQ(message.labels.size(), 2u);
  ASSERT_EQ(record.sources.size(), 1u);
  EXPECT_EQ(record.sources[0].statement, stored(first).statement.statement);
}

TEST_F(SubmitTest, WrapsAnOpenOriginalForWhoIsNotNamedInIt) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &kz});
  const auto original = stored(released({.recipients = {"ru-example"}}));
  const auto forward = stored(
      released({.recipients = {"kz-example"}, .kind = "forward", .sources = {{original.number, "forwards"}}}, 2));
  EXPECT_EQ(forward.original, original.id);
  const auto wraps = crypto::parse_wraps(forward.made_wraps).value();
  ASSERT_EQ(wraps.size(), 1u);
  const auto message = core::Message::parse(forward.statement.statement).value();
  EXPECT_THAT(message.facts, ElementsAre(core::Fact{"wrap", to_string(crypto::sha256(forward.made_wraps))}));
  SealKeys keys(kz.node());
  const auto header = core::header_digest(original.statement.statement);
  EXPECT_TRUE(keys.unwrap("cn-example", wraps[0], header).has_value());
}

TEST_F(SubmitTest, GivesEachWhoIsNotNamedInAnOriginalItsOwnWrapOnTheWay) {
  test::ExampleAuthority kz("kz-example", clock_, random_), other("kz-second", clock_, random_);
  test::introduce({&cn_, &ru_, &kz, &other});
  const auto original = stored(released({.recipients = {"ru-example"}}));
  const auto forward = core::parse_message_id(released({.recipients = {"kz-example", "kz-second", "ru-example"},
                                                        .kind = "forward",
                                                        .sources = {{original.number, "forwards"}}},
                                                       2));
  const auto header = core::header_digest(original.statement.statement);
  const auto on_the_way = [&](const std::string& recipient) {
    wire::Frame frame;
    auto item = to_item(cn_.node(), recipient, cn_.store().reader().outgoing(*forward).value(), {}, frame).value();
    return item.forwarded->forwarder_wrap;
  };
  for (auto* authority : {&kz, &other}) {
    const auto wraps = crypto::parse_wraps(on_the_way(authority->id())).value();
    ASSERT_EQ(wraps.size(), 1u) << authority->id();
    SealKeys keys(authority->node());
    EXPECT_TRUE(keys.unwrap("cn-example", wraps[0], header).has_value()) << authority->id();
  }
  EXPECT_TRUE(on_the_way("ru-example").empty()) << "the originator made one";
}

TEST_F(SubmitTest, LeavesWhatWasDoneWithASourceAmongTheEntriesAboutIt) {
  const auto source = core::parse_message_id(released()).value();
  const auto derived = stored(released({.sources = {{"CN-2026-0001", "quotes"}}}, 2));
  std::vector<core::JournalEntry> about;
  for (const auto& entry : journal(cn_))
    if (entry.message == source) about.push_back(entry);
  ASSERT_EQ(about.size(), 2u);
  EXPECT_EQ(about[1].act, core::Act::used);
  EXPECT_EQ(about[1].content, core::statement_digest(derived.statement.statement));
  EXPECT_EQ(about[1].previous, core::entry_leaf(about[0].to_text()));
}

TEST_F(SubmitTest, DoesNotForwardARestrictedOriginalOutsideItsAudience) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &kz});
  (void)released({.label = "restricted"});
  const auto outcome = submit_.submit(test::officer(), test::submission({.recipients = {"kz-example"},
                                                                         .label = "restricted",
                                                                         .kind = "forward",
                                                                         .sources = {{"CN-2026-0001", "forwards"}}},
                                                                        2));
  EXPECT_THAT(codes_of(outcome), Contains("E-CONSENT-REQUIRED"));
}

TEST_F(SubmitTest, HoldsARestrictedMessageForASecondPerson) {
  const auto accepted = value_of(submit_.submit(test::officer(), test::submission({.label = "restricted"})));
  EXPECT_TRUE(accepted.awaiting_approval);
  EXPECT_EQ(accepted.id, "");
  EXPECT_EQ(accepted.number, "DRAFT-1");
  EXPECT_THAT(recorded_.take(), IsEmpty());
  const auto again = value_of(submit_.submit(test::officer(), test::submission({.label = "restricted"})));
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.number, "DRAFT-1");
  EXPECT_EQ(again.plan, accepted.plan);
}

TEST_F(SubmitTest, ReleasesWhatTheApproverSaw) {
  const auto draft = waiting();
  const auto plan = plan_of(draft);
  const auto accepted = value_of(submit_.approve(test::approver(), {draft, plan, false, false}));
  EXPECT_EQ(accepted.number, "CN-2026-0001");
  EXPECT_THAT(recorded_.take(), ElementsAre("ru-example"));
  const auto entry = journal(cn_).back();
  EXPECT_EQ(entry.act, core::Act::released);
  EXPECT_EQ(entry.actor, "wang");
  EXPECT_EQ(entry.subject, "DRAFT-1");
  EXPECT_EQ(entry.plan, plan);
  EXPECT_THAT(codes_of(submit_.approve(test::approver(), {draft, plan, false, false})), ElementsAre("E-DRAFT-DECIDED"));
}

TEST_F(SubmitTest, NeverLetsOnePersonDoBoth) {
  const auto composed = value_of(submit_.submit(test::approver(), test::submission({.label = "restricted"})));
  const auto draft = wire::parse_draft_name(composed.number).value();
  EXPECT_THAT(codes_of(submit_.approve(test::approver(), {draft, composed.plan, false, false})),
              ElementsAre("E-APPROVAL-SAME-PERSON"));
  EXPECT_EQ(journal(cn_).back().act, core::Act::approval_refused);
  EXPECT_EQ(value_of(submit_.approve(test::approver("zhao"), {draft, composed.plan, false, false})).number,
            "CN-2026-0001");
}

TEST_F(SubmitTest, LetsOnlyApproversApprove) {
  const auto draft = waiting();
  EXPECT_THAT(codes_of(submit_.approve(test::officer("zhao"), {draft, plan_of(draft), false, false})),
              ElementsAre("E-ROLE"));
  EXPECT_THAT(codes_of(submit_.approve(test::approver("wang", ""), {draft, plan_of(draft), false, false})),
              ElementsAre("E-CLEARANCE"));
}

TEST_F(SubmitTest, ApprovesOnlyTheRecordedPlan) {
  const auto draft = waiting();
  EXPECT_THAT(codes_of(submit_.approve(test::approver(), {draft, crypto::sha256(as_bytes("x")), false, false})),
              ElementsAre("E-PLAN-CHANGED"));
  EXPECT_EQ(cn_.store().reader().draft(draft)->state, store::DraftState::waiting);
}

TEST_F(SubmitTest, DeclinesAndForgetsTheText) {
  const auto draft = waiting();
  const auto declined = value_of(submit_.approve(test::approver(), {draft, std::nullopt, true, false}));
  EXPECT_EQ(declined.id, "");
  EXPECT_EQ(declined.number, "DRAFT-1");
  const auto record = cn_.store().reader().draft(draft).value();
  EXPECT_EQ(record.state, store::DraftState::declined);
  EXPECT_THAT(record.sealed, IsEmpty());
  EXPECT_THAT(acts(), Not(Contains(core::Act::released)));
}

TEST_F(SubmitTest, LetsWhoComposedItWithdrawADraftAndNoOtherOfficer) {
  const auto draft = waiting();
  EXPECT_THAT(codes_of(submit_.approve(test::officer("zhao"), {draft, std::nullopt, true, false})),
              ElementsAre("E-ROLE"));
  EXPECT_EQ(value_of(submit_.approve(test::officer(), {draft, std::nullopt, true, false})).number, "DRAFT-1");
  EXPECT_EQ(cn_.store().reader().draft(draft)->state, store::DraftState::declined);
  EXPECT_EQ(journal(cn_).back().actor, test::officer().name);
}

TEST_F(SubmitTest, ShowsADraftWithoutDecidingIt) {
  const auto draft = waiting();
  const auto shown = value_of(submit_.approve(test::approver(), {draft, std::nullopt, false, true}));
  EXPECT_EQ(shown.plan, plan_of(draft));
  EXPECT_EQ(cn_.store().reader().draft(draft)->state, store::DraftState::waiting);
}

TEST_F(SubmitTest, DoesNotKnowADraftThatIsNotThere) {
  EXPECT_THAT(codes_of(submit_.approve(test::approver(), {9, Digest(), false, false})), ElementsAre("E-NOT-FOUND"));
}

TEST_F(SubmitTest, DecidesAgainAtApproval) {
  const auto draft = waiting();
  clock_.advance(days(40));  // the recipient's seal key is no longer sealed to
  EXPECT_THAT(codes_of(submit_.approve(test::approver(), {draft, plan_of(draft), false, false})),
              ElementsAre("E-RECIPIENT-KEY-MISSING"));
  EXPECT_EQ(journal(cn_).back().act, core::Act::release_refused);
}

TEST_F(SubmitTest, SurvivesARestart) {
  const auto draft = waiting();
  const auto plan = plan_of(draft);
  cn_.restart();
  Submit again(cn_.node(), recorded_.lanes(), cn_.quotations());
  EXPECT_EQ(value_of(again.approve(test::approver(), {draft, plan, false, false})).number, "CN-2026-0001");
}

TEST_F(SubmitTest, PreviewsRecipientsLabelAndWhoIsLeftOut) {
  test::ExampleAuthority kz("kz-example", clock_, random_);
  test::introduce({&cn_, &kz});
  const auto preview = value_of(submit_.preview(test::officer(), test::draft_bytes({.label = "restricted"})));
  ASSERT_EQ(preview.recipients.size(), 1u);
  EXPECT_EQ(preview.recipients[0].party, "RU");
  EXPECT_EQ(preview.recipients[0].marking, "restricted");
  EXPECT_THAT(preview.recipients[0].may_not, ElementsAre("forward"));
  EXPECT_THAT(preview.not_sent_to, ElementsAre("kz-example"));
  EXPECT_THAT(preview.labels, ElementsAre("cn-example/1 restricted -"));
  EXPECT_TRUE(preview.needs_approval);
  EXPECT_TRUE(preview.decision.allowed());
  EXPECT_THAT(preview.statement, ::testing::StartsWith("chancery/message/v1\noriginator cn-example\n"));
  EXPECT_THAT(preview.statement, Not(::testing::HasSubstr("\ncreated ")));
  EXPECT_THAT(preview.statement, ::testing::EndsWith("languages ru\n"));
}

TEST_F(SubmitTest, PreviewChangesNothing) {
  const auto size = cn_.store().checkpoint().size;
  (void)value_of(submit_.preview(test::officer(), test::draft_bytes()));
  EXPECT_THAT(codes_of(submit_.preview(test::auditor(), test::draft_bytes())), ElementsAre("E-ROLE"));
  EXPECT_EQ(cn_.store().checkpoint().size, size);
}

TEST_F(SubmitTest, RefusesWhatNoFrameCouldCarry) {
  const auto preview =
      value_of(submit_.preview(test::officer(), test::draft_bytes({.body = std::string(1035000, 'a')})));
  EXPECT_THAT(preview.decision.codes(), Contains("E-LIMIT"));
}

}  // namespace
}  // namespace chancery::service
