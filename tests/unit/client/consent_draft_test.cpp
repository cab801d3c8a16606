#include "client/consent_draft.h"

#include <gtest/gtest.h>

namespace chancery::client {
namespace {

const std::string kOriginal = std::string(64, 'a');
const std::string kRequest = std::string(64, 'b');
const std::string kGrant = std::string(64, 'c');
const auto kMorning = *parse_instant("2026-11-22T06:00:03.125Z");

using Facts = std::vector<std::pair<std::string, std::string>>;

Facts facts_of(const v1::Draft& draft) {
  Facts out;
  for (const auto& fact : draft.facts()) out.emplace_back(fact.name(), fact.value());
  return out;
}

std::vector<std::string> recipients_of(const v1::Draft& draft) {
  return {draft.recipients().begin(), draft.recipients().end()};
}

Arguments typed(const std::vector<std::pair<std::string, std::string>>& options) {
  Arguments out;
  for (const auto& [name, value] : options) out.set(name, {value});
  return out;
}

v1::MessageView held() {
  v1::MessageView original;
  original.set_id(kOriginal);
  original.set_number("IN-2026-0001");
  original.set_originator("cn-example");
  original.add_asked("cn-second");
  original.add_asked("tj-example");
  original.set_agreement("sco-2009");
  original.set_precedence("priority");
  original.set_exercise(true);
  original.add_threats("sco-2009/2/3");
  original.add_directions("sco-2009/3/5");
  return original;
}

v1::ConsentView asked() {
  v1::ConsentView view;
  view.set_id(kRequest);
  view.set_kind("consent-request");
  view.set_incoming(true);
  view.set_originator("ru-example");
  view.add_recipients("cn-example");
  view.set_agreement("sco-2009");
  view.set_original(kOriginal);
  view.set_holder("ru-example");
  view.add_to("kz-example");
  view.add_to("tj-example");
  view.set_verb("transfer");
  view.set_extent("all");
  view.set_uses(4);
  view.set_from("2026-11-22T00:00:00.000Z");
  view.set_until("2026-12-22T23:59:59.999Z");
  view.set_mode("online");
  return view;
}

std::string option_at_fault(const Outcome<v1::Draft>& draft) {
  return draft || !draft.error().params.contains("option") ? std::string() : draft.error().params.at("option");
}

TEST(RequestDraft, AsksWhoAnswersForTheOriginalFromTodayForThirtyDaysOnceEach) {
  const auto draft = request_draft(held(), typed({{"--to", "tj-example, kz-example,kz-example"}}), kMorning);
  ASSERT_TRUE(draft.has_value()) << draft.error().code;
  EXPECT_EQ(draft->kind(), "consent-request");
  EXPECT_EQ(draft->agreement(), "sco-2009");
  EXPECT_EQ(recipients_of(*draft), (std::vector<std::string>{"cn-second", "tj-example"}));
  EXPECT_EQ(facts_of(*draft), (Facts{{"extent", "all"},
                                     {"from", "2026-11-22T00:00:00.000Z"},
                                     {"mode", "online"},
                                     {"original", kOriginal},
                                     {"to", "kz-example tj-example"},
                                     {"until", "2026-12-22T23:59:59.999Z"},
                                     {"uses", "2"},
                                     {"verb", "transfer"}}));
  EXPECT_EQ(draft->directions_size() + draft->threats_size(), 0);
  EXPECT_TRUE(draft->exercise());
  EXPECT_EQ(draft->precedence(), "priority");
}

TEST(RequestDraft, StatesWhatWasTyped) {
  const auto draft = request_draft(held(),
                                   typed({{"--to", "public:press"},
                                          {"--extent", "0,2"},
                                          {"--uses", "7"},
                                          {"--from", "2026-12-01"},
                                          {"--until", "2026-12-31T18:00:00Z"},
                                          {"--verb", "disclose"}}),
                                   kMorning);
  ASSERT_TRUE(draft.has_value()) << draft.error().code;
  EXPECT_EQ(facts_of(*draft), (Facts{{"extent", "0,2"},
                                     {"from", "2026-12-01T00:00:00.000Z"},
                                     {"mode", "online"},
                                     {"original", kOriginal},
                                     {"to", "public:press"},
                                     {"until", "2026-12-31T18:00:00.000Z"},
                                     {"uses", "7"},
                                     {"verb", "disclose"}}));
}

// What --dry-run showed has to be found again by --plan, later on the same day.
TEST(RequestDraft, IsTheSameAllDay) {
  const auto options = typed({{"--to", "kz-example"}});
  EXPECT_EQ(request_draft(held(), options, kMorning)->SerializeAsString(),
            request_draft(held(), options, kMorning + hours(17))->SerializeAsString());
}

TEST(RequestDraft, TakesADateAsTheWholeDay) {
  const auto draft = request_draft(held(), typed({{"--to", "kz-example"}, {"--until", "2026-12-31"}}), kMorning);
  ASSERT_TRUE(draft.has_value());
  EXPECT_EQ(facts_of(*draft)[5], std::make_pair(std::string("until"), std::string("2026-12-31T23:59:59.999Z")));
}

TEST(RequestDraft, NamesTheOptionWhoseValueHasNoForm) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"--to", "KZ"},           {"--to", "public:"},      {"--extent", "2,0"},
      {"--extent", "some"},     {"--uses", "0"},          {"--uses", "many"},
      {"--from", "2026-02-30"}, {"--until", "tomorrow"},  {"--until", "2026-12-31T18:00:00+03:00"},
      {"--verb", "read"},       {"--until", "2026-11-21"}};
  for (const auto& [option, value] : wrong) {
    auto options = typed({{"--to", "kz-example"}});
    options.set(option, {value});
    EXPECT_EQ(option_at_fault(request_draft(held(), options, kMorning)), option) << value;
  }
}

TEST(GrantDraft, GrantsWhatWasAskedAndReachesEverybodyItNames) {
  const auto draft = grant_draft(asked(), "cn-example", {});
  ASSERT_TRUE(draft.has_value()) << draft.error().code;
  EXPECT_EQ(draft->kind(), "consent-grant");
  EXPECT_EQ(draft->agreement(), "sco-2009");
  EXPECT_EQ(draft->in_reply_to(), kRequest);
  EXPECT_EQ(recipients_of(*draft), (std::vector<std::string>{"kz-example", "ru-example", "tj-example"}));
  EXPECT_EQ(facts_of(*draft), (Facts{{"extent", "all"},
                                     {"from", "2026-11-22T00:00:00.000Z"},
                                     {"holder", "ru-example"},
                                     {"mode", "online"},
                                     {"onward", "ask"},
                                     {"original", kOriginal},
                                     {"to", "kz-example tj-example"},
                                     {"until", "2026-12-22T23:59:59.999Z"},
                                     {"uses", "4"},
                                     {"verb", "transfer"}}));
}

TEST(GrantDraft, MayGrantLess) {
  const auto draft = grant_draft(asked(), "cn-example",
                                 typed({{"--to", "kz-example"},
                                        {"--extent", "0"},
                                        {"--from", "2026-12-01"},
                                        {"--until", "2026-12-10"},
                                        {"--onward", "never"}}));
  ASSERT_TRUE(draft.has_value()) << draft.error().code;
  EXPECT_EQ(recipients_of(*draft), (std::vector<std::string>{"kz-example", "ru-example"}));
  EXPECT_EQ(facts_of(*draft), (Facts{{"extent", "0"},
                                     {"from", "2026-12-01T00:00:00.000Z"},
                                     {"holder", "ru-example"},
                                     {"mode", "online"},
                                     {"onward", "never"},
                                     {"original", kOriginal},
                                     {"to", "kz-example"},
                                     {"until", "2026-12-10T23:59:59.999Z"},
                                     {"uses", "1"},
                                     {"verb", "transfer"}}));
}

TEST(GrantDraft, GoesNeitherToItsOriginatorNorToThePublic) {
  auto view = asked();
  view.add_to("cn-example");
  view.add_to("public:press");
  const auto draft = grant_draft(view, "cn-example", {});
  ASSERT_TRUE(draft.has_value()) << draft.error().code;
  EXPECT_EQ(recipients_of(*draft), (std::vector<std::string>{"kz-example", "ru-example", "tj-example"}));
}

// Whoever asked for what: without asking it is used where the provider types so, and nowhere else.
TEST(GrantDraft, IsDetachedOnlyWhereItIsTyped) {
  const auto mode_of = [](const Outcome<v1::Draft>& draft) {
    for (const auto& [name, value] : facts_of(*draft))
      if (name == "mode") return value;
    return std::string();
  };
  const auto detached = typed({{"--to", "kz-example"}, {"--mode", "detached"}});
  const auto request = request_draft(held(), detached, kMorning);
  EXPECT_EQ(mode_of(request), "detached");
  auto wanted = asked();
  wanted.set_mode("detached");
  EXPECT_EQ(mode_of(grant_draft(wanted, "cn-example", {})), "online");
  EXPECT_EQ(mode_of(grant_draft(asked(), "cn-example", detached)), "detached");
  EXPECT_EQ(option_at_fault(grant_draft(asked(), "cn-example", typed({{"--mode", "offline"}}))), "--mode");
}

TEST(GrantDraft, KnowsNoOtherOnwardThanAskAndNever) {
  EXPECT_EQ(option_at_fault(grant_draft(asked(), "cn-example", typed({{"--onward", "always"}}))), "--onward");
}

TEST(UnaskedTerms, MakeAGrantThatAnswersNothing) {
  const auto options = typed({{"--to", "kz-example"}});
  const auto terms = unasked_terms(held(), "ru-example", options, kMorning);
  ASSERT_TRUE(terms.has_value()) << terms.error().code;
  const auto draft = grant_draft(*terms, "cn-example", options);
  ASSERT_TRUE(draft.has_value()) << draft.error().code;
  EXPECT_EQ(draft->in_reply_to(), "");
  EXPECT_EQ(recipients_of(*draft), (std::vector<std::string>{"kz-example", "ru-example"}));
  EXPECT_EQ(facts_of(*draft), (Facts{{"extent", "all"},
                                     {"from", "2026-11-22T00:00:00.000Z"},
                                     {"holder", "ru-example"},
                                     {"mode", "online"},
                                     {"onward", "ask"},
                                     {"original", kOriginal},
                                     {"to", "kz-example"},
                                     {"until", "2026-12-22T23:59:59.999Z"},
                                     {"uses", "1"},
                                     {"verb", "transfer"}}));
  EXPECT_EQ(unasked_terms(held(), "ru-example", {}, kMorning).error().code, "E-USAGE-MISSING");
}

TEST(RefusalDraft, AnswersWhoAsked) {
  const auto draft = refusal_draft(asked());
  EXPECT_EQ(draft.kind(), "consent-refusal");
  EXPECT_EQ(draft.agreement(), "sco-2009");
  EXPECT_EQ(draft.in_reply_to(), kRequest);
  EXPECT_EQ(recipients_of(draft), std::vector<std::string>{"ru-example"});
  EXPECT_EQ(facts_of(draft), (Facts{{"original", kOriginal}, {"request", kRequest}}));
}

TEST(RevocationDraft, GoesToEverybodyTheGrantWentTo) {
  v1::ConsentView grant;
  grant.set_id(kGrant);
  grant.set_agreement("sco-2009");
  grant.add_recipients("kz-example");
  grant.add_recipients("ru-example");
  const auto draft = revocation_draft(grant, {}, kMorning);
  ASSERT_TRUE(draft.has_value());
  EXPECT_EQ(draft->kind(), "consent-revocation");
  EXPECT_EQ(recipients_of(*draft), (std::vector<std::string>{"kz-example", "ru-example"}));
  EXPECT_EQ(facts_of(*draft), (Facts{{"effective", "2026-11-22T06:00:03.125Z"}, {"grant", kGrant}}));
  const auto later = revocation_draft(grant, typed({{"--effective", "2026-12-01"}}), kMorning);
  EXPECT_EQ(facts_of(*later)[0].second, "2026-12-01T00:00:00.000Z");
}

}  // namespace
}  // namespace chancery::client
