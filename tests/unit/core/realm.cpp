#include "tests/unit/core/realm.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/core/samples.h"

namespace chancery::core {

namespace {

Instant at(std::string_view text) { return parse_instant(text).value(); }

const Instant kFrom = at("2026-01-01T00:00:00.000Z"), kTo = at("2027-01-01T00:00:00.000Z");

std::vector<Ground> grounds() {
  return {{ReasonCode::consent_required, "S6.9", "6(3)"},
          {ReasonCode::state_secret, "S6.3", "6(1)"},
          {ReasonCode::clearance, "S6.4", "6(2)"}};
}

Agreement example_agreement(const std::string& id, std::vector<std::string> parties) {
  Agreement a;
  a.id = id;
  for (const auto& party : parties) a.status.push_back({party, kFrom, std::nullopt, true, "example"});
  a.parties = std::move(parties);
  a.languages_any = {"ru", "zh"};
  a.bars_state_secrets = true;
  a.protects_restricted = true;
  a.profile_directions = {id + "/3/7"};
  a.grounds = grounds();
  for (const auto* number : {"/3/5", "/3/16", "/3/7"})
    a.items.push_back({id + number, ItemKind::direction, "3", {}, {}, "A", {}});
  a.items.push_back({id + "/2/3", ItemKind::threat, "2(3)", {}, {}, "A", {}});
  return a;
}

LabelPolicy example_policy(const std::string& id, const std::string& party) {
  LabelPolicy p;
  p.id = id;
  p.party = party;
  p.classes = {
      {"open", 0, false, false, {}, {}}, {"restricted", 1, true, false, {}, {}}, {"secret", 2, false, true, {}, {}}};
  p.categories = {{"network", CategoryKind::restrictive, {}, {}}};
  for (const auto* other : {"cn-example", "kz-example", "ru-example"})
    for (const auto* name : {"open", "restricted", "secret"})
      if (other != id) p.regards.push_back({other, name, name});
  for (const auto* other : {"cn-example", "kz-example", "ru-example"})
    if (other != id) p.category_regards.push_back({other, "network", "network"});
  p.digest = digest_of("label policy " + id + "/1");
  return p;
}

DirectoryEntry example_entry(const std::string& id, const std::string& party) {
  Designation d;
  d.authority = id;
  d.party = party;
  d.kind = "competent-authority";
  d.agreements = {"cn-ru-2015", "sco-2009"};
  d.valid_from = kFrom;
  d.valid_to = kTo;
  d.directions = {"cn-ru-2015/3/5", "sco-2009/3/16", "sco-2009/3/5", "sco-2009/3/7"};
  d.languages = {"en", "ru"};
  d.endpoint = "localhost:8443";
  d.channel = "depositary";
  const auto key = [&](KeyRole role) {
    return DesignatedKey{
        role, crypto::Suite::p256, digest_of(id + to_string(role)), kFrom, kTo, KeyState::active, std::nullopt};
  };
  d.keys = {key(KeyRole::sign), key(KeyRole::tls)};
  auto seal = sample_seal_key();
  seal.authority = id;
  seal.from = kFrom;
  seal.to = kTo;
  return {PeerState::active, digest_of(id + " anchor"), {d}, {seal}};
}

std::set<Label> labels_of(const Realm& realm, const std::vector<SourceLine>& sources) {
  std::set<Label> labels;
  for (const auto& line : sources) {
    const auto& message = realm.held.at(line.id).message;
    labels.insert(message.labels.begin(), message.labels.end());
  }
  return labels;
}

std::set<std::string> providers_of(const Realm& realm, const std::string& from,
                                   const std::vector<SourceLine>& sources) {
  std::set<std::string> providers = {from};
  for (const auto& line : sources) {
    const auto& message = realm.held.at(line.id).message;
    providers.insert(message.providers.begin(), message.providers.end());
  }
  return providers;
}

}  // namespace

Realm::Realm() : now(at("2026-11-22T06:00:04.000Z")) {
  agreements = {example_agreement("sco-2009", {"CN", "KZ", "RU"}), example_agreement("cn-ru-2015", {"CN", "RU"})};
  for (const auto& [id, party] : {std::pair("cn-example", "CN"), {"kz-example", "KZ"}, {"ru-example", "RU"}}) {
    policies.push_back(example_policy(id, party));
    peers.emplace(id, example_entry(id, party));
  }
}

AgreementBook Realm::book() const { return {agreements, LabelBook(policies), digest_of("data")}; }

SourceLookup Realm::lookup() const {
  return [this](const MessageId& id) {
    const auto it = held.find(id);
    return it == held.end() ? nullptr : &it->second;
  };
}

Agreement& Realm::agreement(std::string_view id) {
  return *std::find_if(agreements.begin(), agreements.end(), [&](const auto& a) { return a.id == id; });
}

LabelPolicy& Realm::policy(std::string_view id) {
  return *std::find_if(policies.begin(), policies.end(), [&](const auto& p) { return p.id == id; });
}

Designation& Realm::designation(const std::string& authority) { return peers.at(authority).history.back(); }

Message Realm::notice(const std::string& from, std::vector<std::string> to, const std::string& classification) const {
  auto m = sample_notice();
  m.originator = from;
  m.recipients = std::move(to);
  m.labels = {{from, 1, classification, "", {}}};
  m.label_policy = digest_of("label policy " + from + "/1");
  m.created = now - seconds(1);
  m.providers = {from};
  return m;
}

SourceLine Realm::hold(const Message& message, Relation relation) {
  const auto id = id_of(message);
  const auto digest = statement_digest(message.to_text());
  held[id] = {id, digest, message, {}, {}};
  return {id, relation, {}, digest};
}

Message Realm::derived(const std::string& from, std::vector<std::string> to,
                       const std::vector<SourceLine>& sources) const {
  auto m = notice(from, std::move(to));
  m.sources = sources;
  std::sort(m.sources.begin(), m.sources.end());
  auto labels = labels_of(*this, sources);
  labels.erase(m.labels.front());
  m.labels.insert(m.labels.end(), labels.begin(), labels.end());
  const auto providers = providers_of(*this, from, sources);
  m.providers = {providers.begin(), providers.end()};
  return m;
}

Message Realm::forward(const std::string& from, std::vector<std::string> to, const SourceLine& source) const {
  auto line = source;
  line.relation = Relation::forwards;
  auto m = derived(from, std::move(to), {line});
  m.kind = "forward";
  m.threats = {};
  return m;
}

void add_joint_provider(Message& message, const std::string& provider) {
  const auto add = [](auto& all, auto one) {
    all.push_back(std::move(one));
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  };
  add(message.providers, provider);
  if (provider != message.originator) add(message.facts, Fact{"joint-provider", provider});
}

Decision Realm::release(const Message& message) const { return release_by(message.originator, message); }

Decision Realm::release_by(const std::string& self, const Message& message) const {
  const auto data = book();
  const Directory directory(peers);
  const World world{data, directory, joint_acts, self, now};
  auto decision = decide_release(world, message, lookup(), consents);
  // A law of every case that is ever decided here: rule by rule the same reasons, and nothing else.
  Decision explained;
  for (const auto& finding : explain_release(world, message, lookup(), consents))
    for (const auto& reason : finding.reasons) explained.add(reason);
  EXPECT_EQ(explained, decision);
  return decision;
}

Decision Realm::accept(const std::string& self, const Message& message) const {
  Arrival arrival{message, message.originator};
  arrival.id = id_of(message);
  arrival.consents = &consents;
  arrival.wrap = honest_wrap(*this, self, message);
  return accept(self, arrival);
}

Decision Realm::accept(const std::string& self, const Arrival& arrival) const {
  const auto data = book();
  const Directory directory(peers);
  return decide_acceptance({data, directory, joint_acts, self, now}, arrival, lookup());
}

std::optional<CarriedWrap> honest_wrap(const Realm& realm, const std::string& receiver, const Message& message) {
  if (message.kind != "forward" || message.sources.empty()) return std::nullopt;
  const auto it = realm.held.find(message.sources.front().id);
  if (it == realm.held.end() || it->second.message.originator == receiver) return std::nullopt;
  const auto& own = it->second.message.recipients;
  if (std::find(own.begin(), own.end(), receiver) != own.end()) return CarriedWrap{CarriedWrap::From::statement};
  for (const auto& fact : message.facts)
    if (fact.name == kWrapFact) return CarriedWrap{CarriedWrap::From::forwarder, parse_digest(fact.value).value()};
  return CarriedWrap{CarriedWrap::From::forwarder, digest_of("a wrap that is named nowhere")};
}

}  // namespace chancery::core
