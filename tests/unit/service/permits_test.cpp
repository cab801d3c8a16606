// What a provider permits, what a use costs and when it comes back, and how much refusals and reports make it write; at
// cn-example, whose restricted notice ru-example may pass on to kz-example. The permission is registered from paper,
// because no crypto policy is in force here.
#include "daemon/service/permit_issuing.h"

#include <future>

#include "daemon/service/copies.h"
#include "daemon/service/quota.h"
#include "daemon/service/receive.h"
#include "daemon/service/reports.h"
#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

class PermitTest : public DeskTest {
 protected:
  PermitTest() : kz_("kz-example", clock_, random_) {
    test::introduce({&cn_, &ru_, &kz_});
    original_ = released({.label = "restricted"}, 1);
  }

  test::DraftOptions terms(const std::string& to = "kz-example", const std::string& uses = "1") {
    const bool discloses = to.starts_with("public:");
    auto out = grant_of(original_, {{"to", to}, {"uses", uses}, {"verb", discloses ? "disclose" : "transfer"}});
    if (discloses) out.recipients = {"ru-example"};
    return out;
  }
  std::string granted(const std::string& to = "kz-example", const std::string& uses = "1") {
    return released(terms(to, uses), ++submissions_);
  }

  static core::MessageId carrier(std::uint8_t number) {
    core::MessageId id;
    id.value[0] = 1;
    id.value[31] = number;
    return id;
  }
  core::PermitRequest request(const std::string& grant, const core::MessageId& of) const {
    core::PermitRequest out;
    out.grant = core::parse_message_id(grant).value();
    out.original = core::parse_message_id(original_).value();
    out.carrier = of;
    out.receiver = "kz-example";
    return out;
  }
  // The codes of a refusal; none of a permit.
  Words asked(const core::PermitRequest& request) {
    return cn_.store()
        .run<Words>(1,
                    [&](store::Transaction& tx) -> Result<Words> {
                      return TRY(issue_permit(cn_.node(), tx, "ru-example", request, refusals_)).decision.codes();
                    })
        .value();
  }
  std::size_t entries(core::Act act) {
    const auto all = journal(cn_);
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& entry) { return entry.act == act; }));
  }

  // cn hears of the next designation of this authority, which names no key of these roles.
  void designated_without(test::ExampleAuthority& peer, const std::set<core::KeyRole>& roles) {
    const auto item = peer.redesignated([&](core::Designation& d) {
      d.valid_from = clock_.now();
      std::erase_if(d.keys, [&](const auto& key) { return roles.contains(key.role); });
    });
    core::JournalEntry entry;
    entry.actor = "administrator";
    entry.act = core::Act::designation_recorded;
    entry.subject = peer.id();
    const auto done = cn_.store().run<void>(0, [&](store::Transaction& tx) {
      return tx.record_designation({{item.statement, item.signature, item.path}, item.certificates}, entry);
    });
    if (!done.has_value()) throw std::runtime_error(done.error().detail);
  }

  Receiver& receiver(test::ExampleAuthority& at) {
    auto& known = receivers_[at.id()];
    if (!known)
      known = std::make_shared<Receiver>(
          at.node(), std::make_shared<PermitRequests>([](const std::string&) {}),
          std::make_shared<ArrivingAttachments>(at.node(), [](const std::string&, const wire::AttachmentState&) {}));
    return *known;
  }
  Reply take(test::ExampleAuthority& at, const std::string& peer, wire::Frame frame) {
    std::promise<Reply> done;
    receiver(at).take(
        peer, std::move(frame), [](const core::MessageId&) { return false; }, {},
        [&](Reply reply) { done.set_value(std::move(reply)); });
    return done.get_future().get();
  }
  // One message on its way: "delivered", a refusal's codes, or what was said of it.
  std::string carry(test::ExampleAuthority& from, test::ExampleAuthority& to, const core::MessageId& id) {
    wire::Frame frame;
    auto& next = dispatched_[from.id() + to.id()];
    const auto rows = from.store().reader().dispatches_from(to.id(), 1, next + 1, 1000).value();
    for (const auto& row : rows) frame.dispatches.push_back(frame.add(row.dispatch));
    next += rows.size();
    auto message = from.store().reader().outgoing(id).value();
    frame.messages.push_back(to_item(from.node(), to.id(), std::move(message), {}, frame).value());
    const auto reply = take(to, from.id(), std::move(frame));
    for (const auto& statement : reply.receipts) {
      const auto receipt = core::Receipt::parse(statement.statement).value();
      return receipt.stage == core::Stage::delivered ? "delivered" : receipt.reasons.front();
    }
    for (const auto& answer : reply.answers)
      if (!answer.reasons.empty())
        return std::string(answer.outcome == wire::AnswerOutcome::deferred ? "deferred " : "rejected ") +
               core::to_string(answer.reasons.front().code);
    return "";
  }
  std::string carry(test::ExampleAuthority& from, test::ExampleAuthority& to, const std::string& id) {
    return carry(from, to, core::parse_message_id(id).value());
  }
  // What this authority's daemon says of a carrier, and what cn makes of it.
  std::string reported(test::ExampleAuthority& by, const core::MessageId& of, bool refused) {
    core::TransferReport report;
    report.original = core::parse_message_id(original_).value();
    report.carrier = of;
    report.holder = "ru-example";
    if (refused) report.refused = core::ReasonCode::expired;
    const auto owed = by.store().run<void>(
        0, [&](store::Transaction& tx) { return owe(by.node(), tx, "cn-example", "sco-2009", report); });
    if (!owed.has_value()) throw std::runtime_error(owed.error().detail);
    (void)send_reports(by.node()).value();
    const auto rows = by.store().reader().dispatches_from("cn-example", 1, dispatched_[by.id() + "cn-example"] + 1, 1);
    return carry(by, cn_, *rows->back().message);
  }

  Quota refusals_;
  test::ExampleAuthority kz_;
  std::map<std::string, std::shared_ptr<Receiver>> receivers_;
  std::map<std::string, std::uint64_t> dispatched_;
  std::string original_;
  std::uint64_t submissions_ = 1;
};

// ---- uses

TEST_F(PermitTest, IsGivenForAsManyUsesAsTheGrantSays) {
  const auto grant = granted();
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty());
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty()) << "the same use once more";
  EXPECT_THAT(asked(request(grant, carrier(2))), ElementsAre("E-CONSENT-USED-UP"));
  clock_.advance(minutes(9));
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty()) << "by another permit";
  EXPECT_EQ(entries(core::Act::permit_issued), 2U);
  EXPECT_THAT(cn_.fsck()->findings, IsEmpty());
}

TEST_F(PermitTest, IsGivenBackByARefusalOfItsReceiverAlone) {
  const auto grant = granted();
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty());
  EXPECT_EQ(reported(ru_, carrier(1), true), "delivered") << "it is evidence, of whom it comes from";
  EXPECT_EQ(reported(kz_, carrier(7), true), "delivered") << "of a carrier nobody permitted";
  EXPECT_THAT(asked(request(grant, carrier(2))), ElementsAre("E-CONSENT-USED-UP"));
  EXPECT_EQ(reported(kz_, carrier(1), true), "delivered");
  EXPECT_THAT(asked(request(grant, carrier(2))), IsEmpty());
  EXPECT_THAT(asked(request(grant, carrier(1))), ElementsAre("E-CONSENT-USED-UP")) << "there is one use";
  EXPECT_THAT(cn_.fsck()->findings, IsEmpty());
}

TEST_F(PermitTest, GivenBackAndGivenAgainIsSpentAgain) {
  const auto grant = granted();
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty());
  EXPECT_EQ(reported(kz_, carrier(1), true), "delivered");
  clock_.advance(seconds(1));
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty());
  EXPECT_THAT(asked(request(grant, carrier(2))), ElementsAre("E-CONSENT-USED-UP"));
}

TEST_F(PermitTest, OfWhatItsReceiverTookInIsNotGivenBack) {
  const auto grant = granted();
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty());
  EXPECT_EQ(reported(kz_, carrier(1), false), "delivered");
  EXPECT_EQ(reported(kz_, carrier(1), true), "delivered");
  EXPECT_THAT(asked(request(grant, carrier(2))), ElementsAre("E-CONSENT-USED-UP"));
  EXPECT_THAT(cn_.fsck()->findings, IsEmpty());
}

// ---- what is shut at its provider

TEST_F(PermitTest, OfWhatIsShutAtItsProviderIsNotGivenForAnyUse) {
  const auto grant = granted("kz-example", "9");
  const auto original = core::parse_message_id(original_).value();
  auto forward = request(grant, carrier(1)), work = request(grant, carrier(2));
  work.relation = core::Relation::quotes;
  (void)cn_.store().run<bool>(0, [&](store::Transaction& tx) { return tx.lock(original, original, {}); }).value();
  for (const auto& use : {forward, work}) EXPECT_THAT(asked(use), ElementsAre("E-COPY-LOCKED"));
  (void)cn_.store()
      .run<bool>(0,
                 [&](store::Transaction& tx) -> Result<bool> {
                   TRY(erase_copy(cn_.node(), tx, original, "li"));
                   return true;
                 })
      .value();
  for (const auto& use : {forward, work}) EXPECT_THAT(asked(use), ElementsAre("E-NO-LONGER-HELD"));
  Submit submit(cn_.node(), recorded_.lanes(), cn_.quotations());
  EXPECT_THAT(codes_of(submit.submit(test::officer(), test::submission(terms("kz-example", "1"), 77))),
              testing::Contains("E-NO-LONGER-HELD"))
      << "nor a new permission";
  clock_.advance(days(30));
  EXPECT_THAT(asked(work), ElementsAre("E-CONSENT-EXPIRED")) << "and nothing of what is here";
}

// ---- disclosures

// Nothing is exchanged with it: not sealed for, and not by another's hand.
TEST_F(PermitTest, WaitsWhileItsReceiverIsWithdrawn) {
  const auto grant = granted("kz-example", "9");
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty());
  designated_without(kz_, {core::KeyRole::sign});
  for (std::uint8_t number = 1; number <= 2; ++number)
    EXPECT_THAT(asked(request(grant, carrier(number))), ElementsAre("E-RECIPIENT-KEY-MISSING"));
  EXPECT_EQ(entries(core::Act::permit_issued), 1U);
  EXPECT_EQ(entries(core::Act::permit_refused), 0U);
}

TEST_F(PermitTest, WaitsWhileItsReceiverIsParked) {
  const auto grant = granted("kz-example", "9");
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty());
  designated_without(kz_, {core::KeyRole::tls});
  for (std::uint8_t number = 1; number <= 2; ++number)
    EXPECT_THAT(asked(request(grant, carrier(number))), ElementsAre("E-CERTIFICATE-ENDED")) << "given before, or not";
  EXPECT_EQ(entries(core::Act::permit_issued), 1U);
  EXPECT_EQ(entries(core::Act::permit_refused), 0U);
}

TEST_F(PermitTest, WaitsWhileItsHolderIsParked) {
  const auto grant = granted("kz-example", "9");
  designated_without(ru_, {core::KeyRole::tls});
  EXPECT_THAT(asked(request(grant, carrier(1))), ElementsAre("E-NOT-NOW"));
  EXPECT_EQ(entries(core::Act::permit_refused), 0U);
}

class DisclosurePermit : public PermitTest {
 protected:
  DisclosurePermit() {
    grant_ = granted("public:press", "9");
    EXPECT_EQ(carry(cn_, ru_, original_), "delivered");
    EXPECT_EQ(carry(cn_, ru_, grant_), "delivered");
    Submit submit(ru_.node(), recorded_.lanes(), ru_.quotations());
    const auto first = value_of(
        submit.submit(test::officer(),
                      test::submission({.recipients = {"cn-example"},
                                        .kind = "disclosure",
                                        .facts = {{"extent", "all"}, {"original", original_}, {"to", "public:press"}}},
                                       1)));
    disclosure_ = first.awaiting_approval
                      ? value_of(submit.approve(test::approver(), {wire::parse_draft_name(first.number).value(),
                                                                   first.plan, false, false}))
                            .id
                      : first.id;
    clock_.advance(seconds(1));
  }
  core::PermitRequest publication() const {
    auto out = request(grant_, core::parse_message_id(disclosure_).value());
    out.verb = core::Verb::disclose;
    out.receiver = "public:press";
    return out;
  }

  std::string grant_;
  std::string disclosure_;
};

TEST_F(DisclosurePermit, WaitsUntilTheProviderWasTold) {
  EXPECT_THAT(asked(publication()), ElementsAre("E-NOT-NOW"));
  EXPECT_EQ(entries(core::Act::permit_refused), 0U);
  EXPECT_EQ(carry(ru_, cn_, disclosure_), "delivered");
  EXPECT_THAT(asked(publication()), IsEmpty());
}

TEST_F(DisclosurePermit, IsForWhatTheProviderWasToldAlone) {
  EXPECT_EQ(carry(ru_, cn_, disclosure_), "delivered");
  auto part = publication();
  part.extent.parts = {0};
  EXPECT_THAT(asked(part), ElementsAre("E-CONSENT-SCOPE"));
  auto made_of = publication();
  made_of.relation = core::Relation::compiles;
  EXPECT_THAT(asked(made_of), ElementsAre("E-CONSENT-SCOPE"));
  auto other = publication();
  other.carrier = core::parse_message_id(grant_).value();
  EXPECT_THAT(asked(other), ElementsAre("E-CONSENT-SCOPE")) << "what was told is no disclosure of the holder";
  EXPECT_THAT(asked(publication()), IsEmpty());
}

// cn's data excuse nothing: what it refused to hear of is not made public.
TEST_F(DisclosurePermit, IsNotGivenForWhatTheProviderRefused) {
  const auto refused = cn_.store().run<void>(1, [&](store::Transaction& tx) -> Result<void> {
    core::Receipt receipt{"cn-example",
                          "ru-example",
                          core::parse_message_id(disclosure_).value(),
                          core::Stage::refused,
                          tx.now(),
                          {"E-CONSENT-TERMS"},
                          {},
                          {},
                          tx.random().bytes(32)};
    core::JournalEntry entry;
    entry.actor = "peer:ru-example";
    entry.act = core::Act::acceptance_refused;
    entry.message = receipt.message;
    receipt.entry = TRY(tx.append(entry));
    TRY(tx.issue_receipt(receipt));
    return {};
  });
  ASSERT_TRUE(refused.has_value());
  EXPECT_THAT(asked(publication()), ElementsAre("E-CONSENT-SCOPE"));
}

// ---- what is written

TEST_F(PermitTest, RefusedOnceIsOneEntryHoweverOftenItIsAskedFor) {
  const auto grant = granted();
  auto other = request(grant, carrier(1));
  other.receiver = "tj-example";
  for (int i = 0; i < 3; ++i) EXPECT_THAT(asked(other), ElementsAre("E-CONSENT-SCOPE"));
  EXPECT_EQ(entries(core::Act::permit_refused), 1U);
}

TEST_F(PermitTest, RefusedMoreOftenInAnHourThanTheQuotaIsDeferredAndLeavesNoEntry) {
  const auto grant = granted("kz-example", "9");
  auto other = request(grant, carrier(1));
  other.receiver = "tj-example";
  for (std::size_t i = 0; i < Quota::kAtMost; ++i) {
    other.carrier = carrier(static_cast<std::uint8_t>(i));
    ASSERT_THAT(asked(other), ElementsAre("E-CONSENT-SCOPE"));
  }
  other.carrier.value[1] = 1;
  EXPECT_THAT(asked(other), ElementsAre("E-NOT-NOW"));
  EXPECT_EQ(entries(core::Act::permit_refused), Quota::kAtMost);
  EXPECT_THAT(asked(request(grant, carrier(1))), IsEmpty()) << "what is permitted waits for nothing";
  clock_.advance(Quota::kWithin);
  EXPECT_THAT(asked(other), ElementsAre("E-CONSENT-SCOPE"));
}

TEST(Quota, HasSoManyOfAPeerInAnHourTheSameOnce) {
  Quota quota;
  const auto start = test::example_time();
  const auto take = [&](const std::string& peer, std::uint64_t number, Instant at) {
    return quota.take(peer, crypto::sha256(as_bytes(std::to_string(number))), at);
  };
  for (std::uint64_t i = 0; i < Quota::kAtMost; ++i) EXPECT_EQ(take("ru-example", i, start), Quota::Place::first);
  const auto last = start + Quota::kWithin - Duration{1};
  EXPECT_EQ(take("ru-example", 7, last), Quota::Place::again);
  EXPECT_EQ(take("ru-example", Quota::kAtMost, last), Quota::Place::beyond);
  EXPECT_EQ(quota.used("ru-example", last), Quota::kAtMost) << "once for the same, and none beyond";
  EXPECT_EQ(quota.used("ru-example", start + Quota::kWithin), 0u) << "of the hour that runs";
  EXPECT_EQ(quota.used("kz-example", last), 0u);
  EXPECT_EQ(take("kz-example", 7, last), Quota::Place::first) << "a peer has its own";
  EXPECT_EQ(take("ru-example", 7, start + Quota::kWithin), Quota::Place::first);
  EXPECT_EQ(take("ru-example", 8, start - seconds(1)), Quota::Place::first) << "a clock that was set back";
}

// ---- answers

TEST_F(PermitTest, OnACryptoPolicyThatIsNotInForceYetIsAnsweredDeferred) {
  // What an officer could not sign while none is in force: signed before, and the policy has ended since.
  const auto paper = cn_.store().reader().message(core::parse_message_id(granted()).value()).value();
  auto record = paper;
  auto message = core::Message::parse(record.statement.statement).value();
  std::erase_if(message.facts, [](const core::Fact& fact) { return fact.name == "paper"; });
  record.statement.statement = message.to_text();
  record.id = core::message_id(record.statement.statement, message.created);
  record.about = core::parse_message_id(original_).value();
  const auto kept = cn_.store().run<void>(1, [&](store::Transaction& tx) -> Result<void> {
    const auto leaf = TRY(tx.sign(record.statement.statement));
    record.number = "CN-2026-0999";
    core::JournalEntry entry;
    entry.act = core::Act::released;
    entry.actor = "li";
    entry.message = record.id;
    TRY(tx.record_outbound(record, leaf, entry));
    return {};
  });
  ASSERT_TRUE(kept.has_value()) << kept.error().detail;
  wire::Frame frame;
  frame.permit_requests = {request(core::to_string(record.id), carrier(1))};
  const auto reply = take(cn_, "ru-example", std::move(frame));
  ASSERT_EQ(reply.answers.size(), 1U);
  EXPECT_EQ(reply.answers[0].outcome, wire::AnswerOutcome::deferred);
  EXPECT_EQ(reply.answers[0].reasons.front().code, core::ReasonCode::crypto_policy_missing);
  EXPECT_EQ(entries(core::Act::permit_refused), 0U) << "it is asked for again and again";
}

// Only a disk that is full is called full.
TEST_F(PermitTest, ThatCannotBeSignedNowIsAnsweredDeferredForNoReasonOfOurs) {
  const auto grant = granted();
  designated_without(cn_, {core::KeyRole::sign});
  wire::Frame frame;
  frame.permit_requests = {request(grant, carrier(1))};
  const auto reply = take(cn_, "ru-example", std::move(frame));
  ASSERT_EQ(reply.answers.size(), 1U);
  EXPECT_EQ(reply.answers[0].outcome, wire::AnswerOutcome::deferred);
  EXPECT_EQ(reply.answers[0].reasons.front().code, core::ReasonCode::not_now);
}

// ---- reports

TEST_F(PermitTest, ReportsOfWhatNobodyPermittedWaitBeyondTheQuota) {
  const auto grant = granted("kz-example", "9");
  for (std::size_t i = 0; i < Quota::kAtMost; ++i)
    ASSERT_EQ(reported(kz_, carrier(static_cast<std::uint8_t>(i)), true), "delivered");
  auto next = carrier(1);
  next.value[1] = 1;
  EXPECT_EQ(reported(kz_, next, true), "deferred E-NOT-NOW");
  EXPECT_EQ(reported(ru_, next, true), "delivered") << "another peer";
  EXPECT_THAT(asked(request(grant, next)), IsEmpty());
  EXPECT_EQ(reported(kz_, next, false), "delivered") << "we permitted it and wait to hear of it";
  EXPECT_EQ(reported(kz_, next, false), "deferred E-NOT-NOW") << "once";
}

class OwedReports : public PermitTest {
 protected:
  // kz-example has shown ru-example no seal key that is in force.
  void kz_is_away() {
    clock_.advance(kSealKeyLife);
    clock_.advance(seconds(1));
    cn_.renew_seal_key();
    ru_.renew_seal_key();
    ru_.knows(cn_);
  }
  void owed_by_ru(const std::string& to, const core::MessageId& of) {
    core::TransferReport report;
    report.original = core::parse_message_id(original_).value();
    report.carrier = of;
    report.holder = "kz-example";
    report.refused = core::ReasonCode::expired;
    const auto done =
        ru_.store().run<void>(0, [&](store::Transaction& tx) { return owe(ru_.node(), tx, to, "sco-2009", report); });
    ASSERT_TRUE(done.has_value());
  }
  Words left_at_ru() {
    Words all;
    const auto owed = ru_.store().reader().owed(0, 1000).value();
    for (const auto& report : owed) all.push_back(report.recipient);
    return all;
  }
};

// Each try looks at the agreements in force.
TEST_F(OwedReports, ToWhoCannotBeReachedAreTriedOnceAPass) {
  constexpr std::uint8_t kMany = 20;
  kz_is_away();
  for (std::uint8_t i = 0; i < kMany; ++i) owed_by_ru("kz-example", carrier(i));
  owed_by_ru("cn-example", carrier(kMany));
  std::size_t looks = 0;
  auto node = ru_.node();
  node.agreements = [&looks, book = node.agreements] {
    ++looks;
    return book();
  };
  EXPECT_THAT(send_reports(node).value(), ElementsAre("cn-example"));
  EXPECT_EQ(left_at_ru(), Words(kMany, "kz-example"));
  EXPECT_LT(looks, kMany);
  kz_.renew_seal_key();
  ru_.knows(kz_);
  EXPECT_THAT(send_reports(node).value(), ElementsAre("kz-example"));
  EXPECT_THAT(left_at_ru(), IsEmpty());
}

TEST_F(OwedReports, ToWhoIsNoProviderOfWhatIsHeldAreOwedNoMore) {
  EXPECT_EQ(carry(cn_, ru_, original_), "delivered");
  owed_by_ru("kz-example", carrier(1));
  owed_by_ru("cn-example", carrier(1));
  EXPECT_THAT(send_reports(ru_.node()).value(), ElementsAre("cn-example"));
  EXPECT_THAT(left_at_ru(), IsEmpty());
}

}  // namespace
}  // namespace chancery::service
