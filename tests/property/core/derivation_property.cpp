// What a message is made of, on random graphs of sources, against a naive walk of every path; at both ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/property/core/draw.h"

namespace chancery::core {
namespace {

struct DerivationScene {
  explicit DerivationScene(std::uint64_t seed) : draw(seed) {
    auto lax = realm.agreement("sco-2009");
    lax.id = "lax-2020";
    lax.protects_restricted = false;
    realm.agreements.push_back(lax);
    for (auto n = 1 + draw.below(9); n > 0; --n) lines.push_back(add_source());
    message = realm.derived("ru-example", {"kz-example"}, some_lines(3));
    if (draw.below(4) == 0) message.recipients = {"cn-example", "kz-example"};
    const auto all = closure();
    for (const auto* source : all) {
      expected_providers.insert(source->originator);
      expected_providers.insert(source->providers.begin(), source->providers.end());
      expected_labels.insert(source->labels.begin(), source->labels.end());
    }
    expected_providers.insert("ru-example");
    message.providers = {expected_providers.begin(), expected_providers.end()};
    auto labels = expected_labels;
    labels.erase(message.labels.front());
    message.labels.resize(1);
    message.labels.insert(message.labels.end(), labels.begin(), labels.end());
  }

  std::vector<SourceLine> some_lines(std::size_t at_most) {
    std::vector<SourceLine> some;
    for (auto n = draw.below(at_most + 1); n > 0 && !lines.empty(); --n) {
      auto line = draw.one_of(lines);
      line.relation = draw.one_of<Relation>(
          {Relation::quotes, Relation::extracts, Relation::translates, Relation::compiles, Relation::forwards});
      if (line.relation != Relation::forwards && draw.coin()) line.extent.parts = {0};
      const bool twice = std::any_of(some.begin(), some.end(), [&](auto& other) { return other == line; });
      if (!twice) some.push_back(line);
    }
    std::sort(some.begin(), some.end());
    return some;
  }

  SourceLine add_source() {
    const auto from = draw.one_of<std::string>({"cn-example", "kz-example", "ru-example"});
    auto to = draw.some_of<std::string>({"cn-example", "kz-example", "ru-example"});
    std::erase(to, from);
    if (to.empty()) to = {from == "cn-example" ? "ru-example" : "cn-example"};
    auto made = realm.notice(from, to, draw.one_of<std::string>({"open", "restricted"}));
    made.agreement = draw.one_of<std::string>({"sco-2009", "cn-ru-2015", "lax-2020"});
    made.sources = some_lines(3);
    std::set<std::string> providers = {from};
    std::set<Label> labels(made.labels.begin(), made.labels.end());
    for (const auto& line : made.sources) {
      const auto& below = realm.held.at(line.id).message;
      providers.insert(below.providers.begin(), below.providers.end());
      labels.insert(below.labels.begin(), below.labels.end());
    }
    made.providers = {providers.begin(), providers.end()};
    if (draw.below(3) == 0)
      add_joint_provider(made, draw.one_of<std::string>({"cn-example", "kz-example", "ru-example"}));
    labels.erase(made.labels.front());
    made.labels.insert(made.labels.end(), labels.begin(), labels.end());
    made.created = made.created - seconds(static_cast<std::int64_t>(draw.below(100'000)));
    return realm.hold(made);
  }

  // Every path, each as often as there is one.
  void walk(const Message& from, std::set<MessageId>& met) const {
    for (const auto& line : from.sources) {
      met.insert(line.id);
      walk(realm.held.at(line.id).message, met);
    }
  }
  [[nodiscard]] std::set<MessageId> met() const {
    std::set<MessageId> all;
    walk(message, all);
    return all;
  }
  [[nodiscard]] std::vector<const Message*> closure() const {
    std::vector<const Message*> all;
    for (const auto& id : met()) all.push_back(&realm.held.at(id).message);
    return all;
  }

  // Some label restricted, by whoever wrote it, under an agreement that protects it: here every law says the same.
  static bool under_protection(const Message& source) {
    return source.agreement != "lax-2020" && std::any_of(source.labels.begin(), source.labels.end(), [](auto& label) {
             return label.classification == "restricted";
           });
  }
  // Who provided it itself, whoever its sources name: as its text says.
  static std::set<std::string> itself(const Message& source) {
    std::set<std::string> own = {source.originator};
    std::istringstream lines(source.to_text());
    const std::string fact = "fact joint-provider ";
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(fact)) own.insert(line.substr(fact.size()));
    return own;
  }

  using Need = std::tuple<MessageId, std::string, std::string>;  // original, provider, receiver
  [[nodiscard]] std::set<Need> expected_needs() const {
    std::set<Need> needs;
    for (const auto& id : met()) {
      const auto& source = realm.held.at(id).message;
      if (!under_protection(source)) continue;
      for (const auto& provider : itself(source))
        for (const auto& receiver : message.recipients) {
          const auto& had = source.recipients;
          const bool has = receiver == source.originator || std::find(had.begin(), had.end(), receiver) != had.end();
          if (!has && receiver != provider && provider != message.originator) needs.emplace(id, provider, receiver);
        }
    }
    return needs;
  }
  // Protected, and neither written to RU nor by it, with somebody to ask.
  [[nodiscard]] bool never_ours() const {
    const auto all = closure();
    return std::any_of(all.begin(), all.end(), [&](const Message* source) {
      const auto& had = source->recipients;
      return under_protection(*source) && source->originator != "ru-example" &&
             std::find(had.begin(), had.end(), "ru-example") == had.end();
    });
  }

  Draw draw;
  Realm realm;
  std::vector<SourceLine> lines;
  Message message;
  std::set<std::string> expected_providers;
  std::set<Label> expected_labels;
};

bool has(const Decision& decision, const char* code) {
  const auto codes = decision.codes();
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

RC_GTEST_PROP(EveryDerivation, HasTheProvidersAndLabelsOfEveryPath, (std::uint64_t seed)) {
  DerivationScene s(seed);
  const auto found = provenance(s.message, s.realm.lookup());
  std::set<MessageId> ids;
  for (const auto* source : found.closure) RC_ASSERT(ids.insert(source->id).second);
  RC_ASSERT(ids == s.met());
  RC_ASSERT(found.providers == s.expected_providers);
  RC_ASSERT(found.inherited == s.expected_labels);
}

RC_GTEST_PROP(EveryDerivation, NeedsConsentForEveryProtectedSourceOnEveryPath, (std::uint64_t seed)) {
  DerivationScene s(seed);
  const auto book = s.realm.book();
  const Directory directory(s.realm.peers);
  const auto lookup = s.realm.lookup();
  std::set<DerivationScene::Need> found;
  for (const auto& need :
       consent_needs({book, directory, s.realm.joint_acts, "ru-example", s.realm.now}, s.message, lookup))
    found.emplace(need.original->id, need.provider, need.receiver);
  const auto expected = s.expected_needs();
  RC_CLASSIFY(!expected.empty());
  RC_ASSERT(found == expected);
}

RC_GTEST_PROP(EveryDerivation, IsRefusedAtBothEndsForWhatItLeavesOut, (std::uint64_t seed)) {
  DerivationScene s(seed);
  auto& providers = s.message.providers;
  const bool fewer = s.draw.coin() && providers.size() > 1;
  if (fewer) providers.erase(providers.begin() + static_cast<std::ptrdiff_t>(s.draw.below(providers.size())));
  auto& labels = s.message.labels;
  const bool relabelled = s.draw.coin() && labels.size() > 1;
  if (relabelled) labels.pop_back();
  const bool consent = !s.expected_needs().empty() || s.never_ours();
  for (const auto& decision : {s.realm.release(s.message), s.realm.accept("kz-example", s.message)}) {
    RC_ASSERT(has(decision, "E-PROVIDERS-INCOMPLETE") == fewer);
    RC_ASSERT(has(decision, "E-LABEL-NOT-INHERITED") == relabelled);
    RC_ASSERT(has(decision, "E-CONSENT-REQUIRED") == consent);
  }
}

// ---- the limits of protocol section 6

SourceLine chain(Realm& realm, std::size_t length) {
  auto line = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}));
  for (std::size_t i = 1; i < length; ++i)
    line = realm.hold(realm.derived("cn-example", {"kz-example", "ru-example"}, {line}));
  return line;
}

TEST(DerivationLimit, LetsSixteenStepsGoAndRefusesSeventeenAtBothEnds) {
  for (const auto& [steps, codes] : {std::pair(kMaxClosureDepth, Codes{}), {kMaxClosureDepth + 1, Codes{"E-LIMIT"}}}) {
    Realm realm;
    const auto message = realm.derived("ru-example", {"kz-example"}, {chain(realm, steps)});
    EXPECT_EQ(realm.release(message).codes(), codes) << steps;
    EXPECT_EQ(realm.accept("kz-example", message).codes(), codes) << steps;
  }
}

TEST(DerivationLimit, Lets256StatementsGoAndRefusesOneMoreAtBothEnds) {
  for (const auto& [count, codes] :
       {std::pair(kMaxClosureStatements, Codes{}), {kMaxClosureStatements + 1, Codes{"E-LIMIT"}}}) {
    Realm realm;
    std::vector<SourceLine> lines;
    for (std::size_t i = 0; i < count; ++i) {
      auto source = realm.notice("cn-example", {"kz-example", "ru-example"});
      source.created = source.created - seconds(static_cast<std::int64_t>(i));
      lines.push_back(realm.hold(source));
    }
    const auto message = realm.derived("ru-example", {"kz-example"}, lines);
    EXPECT_EQ(realm.release(message).codes(), codes) << count;
    EXPECT_EQ(realm.accept("kz-example", message).codes(), codes) << count;
  }
}

}  // namespace
}  // namespace chancery::core
