// A detached grant from cn-example to ru-example for kz-example: what travels, what is counted, and what a revocation
// ends; between real daemons in tests/integration/detached.py.
#include <gmock/gmock.h>

#include "daemon/service/consent_desk.h"
#include "daemon/service/ending.h"
#include "daemon/service/permits.h"
#include "daemon/service/reports.h"
#include "tests/unit/service/passing_fixture.h"

namespace chancery::service {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DetachedGrantTest : public PassingTest {
 protected:
  std::vector<store::OwedReport> owed_by_kz() { return kz_.store().reader().owed(0, 100).value(); }
  static std::string fact(const store::OwedReport& report, const std::string& name) {
    for (const auto& fact : report.facts)
      if (fact.name == name) return fact.value;
    return {};
  }
  std::string text_at_kz() {
    Reading reading(kz_.node(), recorded_.lanes());
    const auto rows = kz_.store().reader().list(store::Box::inbox, 0, 100).value();
    for (const auto& row : rows) {
      if (core::Message::parse(row.statement)->kind != "forward") continue;
      const auto view = reading.read(test::officer(), core::to_string(row.id));
      return std::to_string(value_of(view).original.at(0).parts.size());
    }
    return "none";
  }
};

TEST_F(DetachedGrantTest, CarriesTheKeyToWhomItNamesAndTheForwardOpensUnasked) {
  const auto grant = granted(terms());
  const auto forward = value_of(forwarded()).id;
  EXPECT_THAT(carry(ru_, kz_, forward), ElementsAre("delivered"));
  EXPECT_EQ(text_at_kz(), "2") << "text and registry number";
  ASSERT_EQ(owed_by_kz().size(), 1U);
  const auto report = owed_by_kz().front();
  EXPECT_EQ(report.recipient + " " + report.kind, "cn-example transfer-report");
  EXPECT_EQ(fact(report, "grant"), grant);
  EXPECT_EQ(fact(report, "permit") + fact(report, "refused"), "") << "no permit speaks of it";
  const auto id = core::parse_message_id(grant).value();
  for (auto* one : {&ru_, &kz_}) {
    const auto uses = one->store().reader().uses_of_grant(id).value();
    ASSERT_EQ(uses.size(), 1U) << one->id();
    EXPECT_TRUE(uses[0].detached);
    EXPECT_EQ(core::to_string(uses[0].carrier) + " " + uses[0].receiver, forward + " kz-example");
  }
  EXPECT_THAT(findings(), IsEmpty());
}

// The provider may be away before its grant reached everybody: the holder has what proves it.
TEST_F(DetachedGrantTest, ThatItsReceiverNeverGotIsShownWithTheForwardAndKeptWithIt) {
  const auto grant = released(terms(), ++submissions_);
  EXPECT_THAT(carry(cn_, ru_, grant), ElementsAre("delivered"));
  const auto forward = core::parse_message_id(value_of(forwarded()).id).value();
  EXPECT_THAT(carry(ru_, kz_, core::to_string(forward)), ElementsAre("delivered"));
  EXPECT_EQ(text_at_kz(), "2");
  const auto kept = kz_.store().reader().message(forward)->sources;
  const auto text = cn_.store().reader().message_row(core::parse_message_id(grant).value())->statement;
  EXPECT_TRUE(std::any_of(kept.begin(), kept.end(), [&](const auto& proof) { return proof.statement == text; }));
  EXPECT_THAT(carry(cn_, kz_, revoked(grant)), ElementsAre("delivered")) << "of what it never got itself";
  EXPECT_TRUE(kz_.store().reader().locked(forward).value());
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DetachedGrantTest, WithOtherWrapsThanItNamesIsNotItself) {
  const auto grant = released(terms(), ++submissions_);
  const Words malformed = {"E-MALFORMED unsigned"};
  EXPECT_EQ(carry(cn_, ru_, grant, [](auto& item) { item.grant_wraps.clear(); }), malformed);
  EXPECT_EQ(carry(cn_, ru_, grant, [](auto& item) { item.grant_wraps.back() ^= 1; }), malformed);
  EXPECT_EQ(carry(cn_, ru_, grant, [](auto& item) { item.grant_wraps.push_back(0); }), malformed);
  EXPECT_THAT(carry(cn_, ru_, grant), ElementsAre("delivered"));
  const auto notice = released({}, ++submissions_);
  EXPECT_EQ(carry(cn_, ru_, notice, [](auto& item) { item.grant_wraps = Bytes(8); }), malformed)
      << "beside what is no grant";
}

TEST_F(DetachedGrantTest, IsShownWithItsOwnWrapOrTheForwardIsRefused) {
  (void)granted(terms("9"));
  const auto tried = [&](const Change& change) { return carry(ru_, kz_, value_of(forwarded()).id, change); };
  EXPECT_THAT(tried([](auto& item) { item.forwarded->grant_wrap.clear(); }), Contains("E-WRAP-FOREIGN"));
  EXPECT_THAT(tried([](auto& item) { item.forwarded->grant_wrap.back() ^= 1; }), Contains("E-WRAP-FOREIGN"));
  EXPECT_THAT(tried([](auto& item) {
                item.forwarded->forwarder_wrap = item.forwarded->grant_wrap;
                item.forwarded->grant_wrap.clear();
              }),
              Contains("E-WRAP-FOREIGN"))
      << "it says the holder made it";
  ASSERT_EQ(owed_by_kz().size(), 3U) << "the provider hears of each";
  EXPECT_EQ(fact(owed_by_kz().front(), "refused"), "E-WRAP-FOREIGN");
  EXPECT_EQ(text_at_kz(), "none");
  EXPECT_THAT(tried([](auto& item) { item.sources.erase(item.sources.begin() + 1, item.sources.end()); }),
              ElementsAre("delivered"))
      << "kz has the grant itself";
}

TEST_F(DetachedGrantTest, IsUsedNoMoreOftenThanItSays) {
  (void)granted(terms("2"));
  const auto first = value_of(forwarded()).id;
  EXPECT_THAT(carry(ru_, kz_, first), ElementsAre("delivered"));
  EXPECT_EQ(
      passage(ru_.node(), "kz-example", ru_.store().reader().outgoing(core::parse_message_id(first).value()).value())
          ->uses.size(),
      0U)
      << "sent again it is the same use";
  // Two that wait at the same time: the act that counts decides.
  const auto second = value_of(forwarded()).id, third = value_of(forwarded()).id;
  const auto along = [&](const std::string& id) {
    return passage(ru_.node(), "kz-example", ru_.store().reader().outgoing(core::parse_message_id(id).value()).value())
        .value();
  };
  const auto counted = [&](const Passage& with) {
    return ru_.store()
        .run<std::optional<core::ReasonCode>>(
            0, [&](store::Transaction& tx) { return count_uses(ru_.node(), tx, with.uses); })
        .value();
  };
  const auto one = along(second), other = along(third);
  EXPECT_FALSE(counted(one).has_value());
  EXPECT_EQ(counted(other), core::ReasonCode::consent_used_up);
  EXPECT_THAT(carry(ru_, kz_, third), ElementsAre("E-CONSENT-USED-UP"));
  EXPECT_THAT(carry(ru_, kz_, second), ElementsAre("delivered"));
}

TEST_F(DetachedGrantTest, RevokedStopsAtTheHolderAndAtTheReceiverWhoeverHearsFirst) {
  const auto grant = granted(terms("9"));
  const auto kept = value_of(forwarded()).id, waiting = value_of(forwarded()).id, tried = value_of(forwarded()).id;
  EXPECT_THAT(carry(ru_, kz_, kept), ElementsAre("delivered"));
  const auto revocation = revoked(grant);
  EXPECT_THAT(carry(ru_, kz_, waiting), ElementsAre("delivered")) << "nobody has heard: the lag";
  EXPECT_THAT(carry(cn_, kz_, revocation), ElementsAre("delivered"));
  for (const auto& copy : {kept, waiting, original_})
    EXPECT_TRUE(kz_.store().reader().locked(core::parse_message_id(copy).value()).value()) << copy;
  EXPECT_THAT(carry(ru_, kz_, tried), Contains("E-CONSENT-REVOKED"));
  const auto before = value_of(forwarded()).id;
  EXPECT_THAT(carry(cn_, ru_, revocation), ElementsAre("delivered"));
  EXPECT_THAT(carry(ru_, kz_, before), ElementsAre("E-CONSENT-REVOKED"));
  EXPECT_THAT(codes_of(forwarded()), Contains("E-CONSENT-REVOKED"));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DetachedGrantTest, RevokedBetweenLookingAndCountingDoesNotGo) {
  const auto grant = granted(terms());
  const auto forward = core::parse_message_id(value_of(forwarded()).id).value();
  const auto along = passage(ru_.node(), "kz-example", ru_.store().reader().outgoing(forward).value()).value();
  ASSERT_EQ(along.uses.size(), 1U);
  EXPECT_THAT(carry(cn_, ru_, revoked(grant)), ElementsAre("delivered"));
  const auto why = ru_.store().run<std::optional<core::ReasonCode>>(
      0, [&](store::Transaction& tx) { return count_uses(ru_.node(), tx, along.uses); });
  EXPECT_EQ(why.value(), core::ReasonCode::consent_revoked);
}

TEST_F(DetachedGrantTest, ThatIsUsedUpLeavesTheOthersOfTheSameMessageUncounted) {
  const auto used_up = core::parse_message_id(granted(terms())).value();
  EXPECT_THAT(carry(ru_, kz_, value_of(forwarded()).id), ElementsAre("delivered"));
  const auto left = core::parse_message_id(granted(terms("9"))).value();
  const auto next = core::parse_message_id(value_of(forwarded()).id).value();
  const std::vector<store::UseRecord> uses = {{left, next, "kz-example", "cn-example", true},
                                              {used_up, next, "kz-example", "cn-example", true}};
  const auto why = ru_.store().run<std::optional<core::ReasonCode>>(
      0, [&](store::Transaction& tx) { return count_uses(ru_.node(), tx, uses); });
  EXPECT_EQ(why.value(), core::ReasonCode::consent_used_up);
  EXPECT_THAT(ru_.store().reader().uses_of_grant(left).value(), IsEmpty()) << "it did not go";
}

TEST_F(DetachedGrantTest, OfPartsOpensTheseAlone) {
  (void)granted(terms("9", "0"));
  EXPECT_THAT(codes_of(forwarded("all")), Contains("E-CONSENT-SCOPE"));
  EXPECT_THAT(codes_of(forwarded("1")), Contains("E-CONSENT-SCOPE"));
  EXPECT_THAT(carry(ru_, kz_, value_of(forwarded("0")).id), ElementsAre("delivered"));
  EXPECT_EQ(text_at_kz(), "1");
  const auto held = kz_.store().reader().message(core::parse_message_id(original_).value()).value();
  const auto keys = crypto::open_at_rest(kz_.node().storage_key.view(), held.id.view(), held.sealed_key).value();
  EXPECT_EQ(keys.size(), 32U) << "the key of one part";
}

TEST_F(DetachedGrantTest, OutlivingTheReceiversKeyIsNotSigned) {
  const auto refused = codes_of(submit_.submit(test::officer(), test::submission(terms("1", "all", days(31)), 77)));
  EXPECT_THAT(refused, ElementsAre("E-CONSENT-KEY-END"));
  auto typed = terms();
  typed.facts.emplace_back("wrap", "kz-example " + to_string(Digest()) + " " + to_string(Digest()));
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission(typed, 78))), ElementsAre("E-MALFORMED"))
      << "wraps are the daemon's";
}

TEST_F(DetachedGrantTest, LeavesNoWrapWhereTheOriginalWasErased) {
  const auto id = core::parse_message_id(granted(terms("9"))).value();
  EXPECT_THAT(carry(ru_, kz_, value_of(forwarded()).id), ElementsAre("delivered"));
  const auto next = value_of(forwarded()).id;
  for (auto* one : {&ru_, &kz_}) {
    EXPECT_FALSE(one->store().reader().message(id)->made_wraps.empty());
    (void)one->store()
        .run<bool>(0,
                   [&](store::Transaction& tx) -> Result<bool> {
                     TRY(erase_copy(one->node(), tx, core::parse_message_id(original_).value(), "li"));
                     return true;
                   })
        .value();
    EXPECT_TRUE(one->store().reader().message(id)->made_wraps.empty()) << one->id();
  }
  EXPECT_THAT(carry(ru_, kz_, next), ElementsAre("E-NO-LONGER-HELD"));
  EXPECT_THAT(findings(), IsEmpty());
}

// Its original may be locked or erased while it waits for a receiver that is away.
TEST_F(DetachedGrantTest, DoesNotGoOnceItsOriginalIsLockedOrErasedAtItsProvider) {
  const auto grant = released(terms(), ++submissions_);
  const auto original = core::parse_message_id(original_).value();
  const auto act = [&](const std::function<Result<void>(store::Transaction&)>& change) {
    ASSERT_TRUE(cn_.store().run<void>(0, change).has_value());
  };
  act([&](store::Transaction& tx) -> Result<void> {
    core::JournalEntry entry;
    entry.actor = "daemon";
    entry.act = core::Act::copy_locked;
    entry.message = original;
    TRY(tx.lock(original, original, entry));
    return {};
  });
  EXPECT_THAT(carry(cn_, kz_, grant), ElementsAre("E-COPY-LOCKED"));
  act([&](store::Transaction& tx) -> Result<void> {
    TRY(erase_copy(cn_.node(), tx, original, "li"));
    return {};
  });
  EXPECT_THAT(carry(cn_, kz_, grant), ElementsAre("E-NO-LONGER-HELD"));
}

TEST_F(DetachedGrantTest, ShowsItsUsesToItsProviderByReportsAndToItsHolderByItsCount) {
  const auto grant = granted(terms("9"));
  EXPECT_THAT(carry(ru_, kz_, value_of(forwarded()).id), ElementsAre("delivered"));
  const auto used = [&](test::ExampleAuthority& at) {
    wire::ListQuery query;
    query.message = grant;
    return value_of(ConsentDesk(at.node()).list(test::officer(), query)).consents.at(0).used;
  };
  EXPECT_EQ(used(ru_), 1U);
  EXPECT_EQ(used(kz_), 0U) << "it does not see what went to others";
  EXPECT_EQ(used(cn_), 0U) << "nothing is reported yet";
  EXPECT_THAT(carry(kz_, cn_, said_last(kz_, cn_)), ElementsAre("delivered"));
  EXPECT_EQ(used(cn_), 1U);
  const auto tree = [&] { return value_of(ConsentDesk(cn_.node()).dissemination(test::officer(), original_)); };
  ASSERT_EQ(tree().transfers.size(), 1U);
  EXPECT_EQ(tree().transfers[0].state, core::StepState::held);
  EXPECT_EQ(tree().transfers[0].detached_until, clock_.now() - seconds(1) + days(5));
  (void)revoked(grant);
  EXPECT_FALSE(tree().coverage->complete) << "kz may not know yet";
}

// Whoever says that it has the original, by whatever grant it names.
TEST_F(DetachedGrantTest, ShowsWhatSomebodySaysItHasWithoutPermissionAsItsWord) {
  const auto grant = granted(terms("9"));
  const auto says = [&](const std::string& holder, std::optional<core::MessageId> under) {
    core::TransferReport report;
    report.original = core::parse_message_id(original_).value();
    report.carrier = report.original;
    report.carrier.value[31] ^= 1;
    report.holder = holder;
    report.grant = under;
    report.entry = Digest();
    (void)kz_.store()
        .run<bool>(0,
                   [&](store::Transaction& tx) -> Result<bool> {
                     CHECK_OK(owe(kz_.node(), tx, "cn-example", "sco-2009", report));
                     return true;
                   })
        .value();
    EXPECT_THAT(carry(kz_, cn_, said_last(kz_, cn_)), ElementsAre("delivered"));
    return value_of(ConsentDesk(cn_.node()).dissemination(test::officer(), original_)).transfers.at(0);
  };
  EXPECT_EQ(says("ru-example", std::nullopt).state, core::StepState::claimed);
  const auto other = says("kz-second", core::parse_message_id(grant).value());
  EXPECT_EQ(other.state, core::StepState::claimed) << "it is not that holder's to use";
  EXPECT_FALSE(other.grant.has_value());
  EXPECT_EQ(says("ru-example", core::parse_message_id(grant).value()).state, core::StepState::held);
}

}  // namespace
}  // namespace chancery::service
