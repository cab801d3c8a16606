// Laws of decisions, on random messages in random worlds, and the whole table of Article 6 against one written by hand.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "tests/property/core/draw.h"

namespace chancery::core {
namespace {

// CN's notice of one class, worked into a message of RU to KZ; KZ regards the class as `regarded`, RU as open.
struct Article6 {
  std::string classification;
  std::string regarded;  // empty: nothing said
  bool in_audience = false;
  bool bars = false;
  bool protects = false;
};

// What CN's class (row) is when KZ regards it as open, restricted, secret, or says nothing (columns).
constexpr const char* kStrictest[3] = {"orso", "rrsr", "ssss"};
// By strictest class and audience (rows: open in, open out, restricted in, restricted out, secret in, secret out) and
// agreement (columns: neither, protects, bars, both). C: consent is required. S: a state secret. Where KZ says nothing
// and the agreement does bar or protect, it is undecidable besides.
constexpr const char* kReasons[6][4] = {{"", "", "", ""},   {"", "", "", ""},   {"", "", "", ""},
                                        {"", "C", "", "C"}, {"", "", "S", "S"}, {"", "C", "S", "CS"}};

constexpr const char* kClasses[] = {"open", "restricted", "secret", ""};

Codes expected(std::size_t own, std::size_t regarded, const Article6& c, const char* undecidable) {
  const auto strictest = std::string("ors").find(kStrictest[own][regarded]);
  const std::string letters =
      kReasons[2 * strictest + (c.in_audience ? 0 : 1)][(c.bars ? 2 : 0) + (c.protects ? 1 : 0)];
  Codes codes;
  if (letters.find('C') != std::string::npos) codes.emplace_back("E-CONSENT-REQUIRED");
  if (letters.find('S') != std::string::npos) codes.emplace_back("E-LABEL-STATE-SECRET");
  if (c.regarded.empty() && (c.bars || c.protects)) codes.emplace_back(undecidable);
  std::sort(codes.begin(), codes.end());
  return codes;
}

void check_article_6(const Article6& c, const Codes& at_release, const Codes& at_acceptance) {
  Realm realm;
  realm.agreement("sco-2009").bars_state_secrets = c.bars;
  realm.agreement("sco-2009").protects_restricted = c.protects;
  realm.policy("ru-example").regards = {{"cn-example", c.classification, "open"}};
  auto& regards = realm.policy("kz-example").regards;
  regards = {{"ru-example", "open", "open"}};
  if (!c.regarded.empty()) regards.push_back({"cn-example", c.classification, c.regarded});
  const auto to = c.in_audience ? Codes{"kz-example", "ru-example"} : Codes{"ru-example"};
  const auto source = realm.hold(realm.notice("cn-example", to, c.classification));
  auto message = realm.derived("ru-example", {"kz-example"}, {source});
  message.labels.front().classification = "open";
  EXPECT_EQ(realm.release(message).codes(), at_release) << c.classification << " as " << c.regarded;
  EXPECT_EQ(realm.accept("kz-example", message).codes(), at_acceptance) << c.classification << " as " << c.regarded;
}

TEST(Article6, HoldsInEveryCaseOnBothSides) {
  for (std::size_t own = 0; own < 3; ++own)
    for (std::size_t regarded = 0; regarded < 4; ++regarded)
      for (unsigned flags = 0; flags < 8; ++flags) {
        const Article6 c{kClasses[own], kClasses[regarded], (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0};
        check_article_6(c, expected(own, regarded, c, "E-LABEL-UNKNOWN"),
                        expected(own, regarded, c, "E-LABEL-POLICY-UNKNOWN"));
      }
}

void rename_party(std::string& party, const std::map<std::string, std::string>& names) { party = names.at(party); }

// Every Party another name, consistently. Authorities keep theirs.
Realm renamed(Realm realm, const std::map<std::string, std::string>& names) {
  for (auto& agreement : realm.agreements) {
    for (auto& party : agreement.parties) rename_party(party, names);
    for (auto& row : agreement.status) rename_party(row.party, names);
  }
  for (auto& policy : realm.policies) rename_party(policy.party, names);
  for (auto& [id, entry] : realm.peers)
    for (auto& designation : entry.history) rename_party(designation.party, names);
  return realm;
}

RC_GTEST_PROP(EveryDecision, IsTheSameUnderOtherNamesOfTheParties, (std::uint64_t seed)) {
  Draw draw(seed);
  const auto scene = draw.scene();
  std::vector<std::string> names = {"CN", "KZ", "RU", "ZA", "AQ"};
  for (std::size_t i = names.size() - 1; i > 0; --i) std::swap(names[i], names[draw.below(i + 1)]);
  const auto other = renamed(scene.realm, {{"CN", names[0]}, {"KZ", names[1]}, {"RU", names[2]}});
  RC_LOG() << scene.message.to_text();
  // Reasons name Parties, so codes are compared.
  RC_ASSERT(other.release(scene.message).codes() == scene.realm.release(scene.message).codes());
  const auto there = other.accept("kz-example", scene.message), here = scene.realm.accept("kz-example", scene.message);
  RC_ASSERT(there.codes() == here.codes());
  RC_ASSERT(there.verdict() == here.verdict());
}

bool needs_a_wrap(const Draw::Scene& scene) {
  if (scene.message.kind != "forward" || scene.message.sources.empty()) return false;
  const auto own = audience(scene.realm.held.at(scene.message.sources.front().id).message);
  return std::any_of(scene.message.recipients.begin(), scene.message.recipients.end(),
                     [&](const std::string& recipient) { return !own.contains(recipient); });
}

RC_GTEST_PROP(EveryDecision, ToReleaseIsOneToAcceptAtAnHonestReceiver, (std::uint64_t seed)) {
  Draw draw(seed);
  auto scene = draw.scene();
  const auto allowed = scene.realm.release(scene.message).allowed();
  RC_CLASSIFY(allowed);
  if (!allowed) return;
  // The sealing act of an honest forwarder: a wrap of his own is named, and made only where the original has none.
  if (scene.message.kind == "forward" && !needs_a_wrap(scene)) scene.message.facts.clear();
  if (needs_a_wrap(scene) && scene.message.facts.empty())
    scene.message.facts = {{std::string(kWrapFact), to_string(draw.digest())}};
  RC_LOG() << scene.message.to_text();
  for (const auto& recipient : scene.message.recipients)
    RC_ASSERT(scene.realm.accept(recipient, scene.message).codes() == Codes{});
}

RC_GTEST_PROP(EveryDecision, ToAcceptRefusesWhatTheHolderHadToRefuse, (std::uint64_t seed)) {
  Draw draw(seed);
  const auto scene = draw.scene();
  auto codes = scene.realm.release(scene.message).codes();
  std::erase(codes, "E-RECIPIENT-KEY-MISSING");  // a receiver does not need its own seal key to be current
  RC_LOG() << scene.message.to_text();
  auto arrived = scene.realm.accept("kz-example", scene.message).codes();
  // What the holder does not know, the receiver may still learn.
  std::replace(arrived.begin(), arrived.end(), std::string("E-LABEL-POLICY-UNKNOWN"), std::string("E-LABEL-UNKNOWN"));
  std::sort(arrived.begin(), arrived.end());
  RC_ASSERT(std::includes(arrived.begin(), arrived.end(), codes.begin(), codes.end()));
}

RC_GTEST_PROP(EveryDecision, IsPure, (std::uint64_t seed)) {
  const auto a = Draw(seed).scene(), b = Draw(seed).scene();
  RC_ASSERT(a.realm.release(a.message) == b.realm.release(b.message));
  RC_ASSERT(a.realm.release(a.message) == a.realm.release(a.message));
}

int severity(Verdict verdict) { return verdict == Verdict::allow ? 0 : verdict == Verdict::defer ? 1 : 2; }

RC_GTEST_PROP(EveryDecision, IsNeverMilderForAReasonMore, (std::uint64_t seed)) {
  Draw draw(seed);
  Decision decision;
  for (auto n = draw.below(6); n > 0; --n) {
    const auto before = decision.verdict();
    const auto code = draw.one_of(all_reasons());
    decision.add({code, "", "", ""});
    RC_ASSERT(!decision.allowed());
    RC_ASSERT(severity(decision.verdict()) >= severity(before));
    if (outcome_of(code) == Verdict::refuse) RC_ASSERT(decision.verdict() == Verdict::refuse);
  }
}

}  // namespace
}  // namespace chancery::core
