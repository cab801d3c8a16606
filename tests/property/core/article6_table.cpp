// Every case of a small space of Article 6, decided by core and by rules of law written by hand in article6_table.txt.
// Renders them as daemon/core/ARTICLE-6.md; CHANCERY_WRITE_PAGE=1 writes it again after a change on purpose.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "daemon/config/load.h"
#include "daemon/core/access.h"
#include "tests/property/core/article6_law.h"
#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

const std::string kSource = CHANCERY_SOURCE_DIR;
const std::string kPage = kSource + "/daemon/core/ARTICLE-6.md";

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// ---- the questions, and every answer to each

const LegalQuestion kClass = {"class", {"open", "restricted", "secret", "restricted in KZ", "secret in KZ"}};
const LegalQuestion kAgreement = {"agreement", {"sco-2009", "cn-ru-2015", "one without Article 6"}};
const LegalQuestion kAudience = {"KZ", {"written to", "not written to"}};
const LegalQuestion kStep = {"step", {"forward", "quote"}};
const LegalQuestion kDate = {"date", {"before", "within", "after"}};
const LegalQuestion kRevoked = {"revoked", {"no", "yes"}};

const LegalQuestions kQuestions = {
    {"release",
     {kClass,
      kAgreement,
      kAudience,
      kStep,
      {"consent",
       {"none", "given", "detached", "signed by the relay", "for another holder", "for another receiver", "for a part",
        "to disclose"}},
      kDate,
      kRevoked}},
    {"acceptance",
     {kClass,
      kAgreement,
      kAudience,
      kStep,
      {"consent", {"none", "given", "detached", "signed by the relay", "for another receiver"}},
      kDate,
      kRevoked,
      {"permit",
       {"none", "right", "for another message", "for another receiver", "for another holder", "for a part", "run out",
        "ahead", "under another grant"}},
      {"wrap", {"the original's", "the permit's", "the grant's", "the holder's"}}}},
    {"permit",
     {{"grant", {"ours", "another provider's", "none"}},
      {"mode", {"online", "detached"}},
      {"original", {"the same", "another"}},
      {"holder", {"named", "another"}},
      {"receiver", {"named", "another"}},
      {"verb", {"transfer", "disclose"}},
      {"parts", {"all", "one quoted", "one forwarded", "one outside"}},
      kDate,
      kRevoked,
      {"uses", {"left", "spent", "spent on this"}},
      {"our key", {"held", "erased"}},
      {"receiver's key", {"known", "none"}}}},
    {"people",
     {{"act", {"compose", "approve", "list", "read", "acknowledge", "export", "administer", "audit"}},
      {"role", {"officer", "approver", "administrator", "auditor"}},
      kClass,
      {"clearance", {"none", "open", "restricted", "secret"}},
      {"composed by", {"another", "himself"}}}}};

const std::vector<LegalSection>& law() {
  static const auto all = parse_law(read_file(kSource + "/tests/property/core/article6_table.txt"), kQuestions);
  return all;
}

const LegalSection& section(const std::string& id) {
  for (const auto& one : law())
    if (one.id == id) return one;
  throw std::runtime_error(id);
}

const AgreementBook& shipped() {
  static const auto book = config::load_agreements(kSource + "/config", kSource + "/config/demo/party_status.toml");
  return book.value();
}

// ---- the cases, built

std::string own_class(const LegalCase& c) {
  const auto& is = c.at("class");
  return is == "restricted" || is == "secret" ? is : "open";
}

// What stays the same for one label and one agreement: the data, and CN's notice.
struct Stage {
  explicit Stage(const LegalCase& c) {
    for (auto& agreement : realm.agreements) agreement.grounds = shipped().find(agreement.id)->grounds;
    const auto& is = c.at("class");
    if (is.ends_with(" in KZ"))
      for (auto& regard : realm.policy("kz-example").regards)
        if (regard.policy == "cn-example" && regard.classification == "open") regard.as = is.substr(0, is.find(' '));
    const auto under = c.contains("agreement") ? c.at("agreement") : "sco-2009";
    auto& sco = realm.agreement("sco-2009");
    sco.bars_state_secrets = sco.protects_restricted = under != "one without Article 6";
    auto to = std::vector<std::string>{"ru-example"};
    if (c.contains("KZ") && c.at("KZ") == "written to") to.insert(to.begin(), "kz-example");
    notice = realm.notice("cn-example", to, own_class(c));
    if (under == "cn-ru-2015") notice.agreement = under;
    original = realm.hold(notice);
    book = realm.book();
    directory = Directory(realm.peers);
  }

  [[nodiscard]] World world(const std::string& self) const {
    return {book, directory, realm.joint_acts, self, realm.now};
  }

  Realm realm;
  Message notice;
  SourceLine original;
  AgreementBook book;
  Directory directory;
};

const Stage& stage(const LegalCase& c) {
  static std::map<std::vector<std::string>, Stage> all;
  std::vector<std::string> key;
  for (const auto* question : {"class", "agreement", "KZ"})
    if (c.contains(question)) key.push_back(c.at(question));
  return all.try_emplace(key, c).first->second;
}

MessageId numbered(std::uint8_t number) {
  MessageId id;
  id.value[31] = number;
  return id;
}

void set_dates(const LegalCase& c, Instant now, ConsentTerms& terms) {
  const auto& date = c.at("date");
  terms.from = date == "before" ? now + days(1) : now - days(2);
  terms.until = date == "after" ? now - days(1) : now + days(2);
}

Grant grant_of(const LegalCase& c, const Stage& s) {
  const auto& consent = c.at("consent");
  Grant grant{numbered(1), "cn-example", "ru-example", {}, Onward::ask};
  grant.terms.original = s.original.id;
  grant.terms.to = {"kz-example"};
  set_dates(c, s.realm.now, grant.terms);
  if (consent == "signed by the relay") grant.provider = "ru-example";
  if (consent == "detached") {
    grant.terms.mode = ConsentMode::detached;
    grant.wraps = {{"kz-example", digest_of("seal key"), digest_of("the wrap")}};
  }
  if (consent == "for another holder") grant.holder = "tj-example";
  if (consent == "for another receiver") grant.terms.to = {"tj-example"};
  if (consent == "for a part") grant.terms.extent.parts = {0};
  if (consent == "to disclose") grant.terms.verb = Verb::disclose;
  return grant;
}

Consents consents_of(const LegalCase& c, const Stage& s) {
  Consents consents;
  if (c.at("consent") != "none") consents.grants = {grant_of(c, s)};
  if (c.at("revoked") == "yes") consents.revoked = {numbered(1)};
  return consents;
}

Message carrier_of(const LegalCase& c, const Stage& s) {
  auto carrier = c.at("step") == "forward" ? s.realm.forward("ru-example", {"kz-example"}, s.original)
                                           : s.realm.derived("ru-example", {"kz-example"}, {s.original});
  carrier.labels.front().classification = "open";
  return carrier;
}

Decision decide_release_of(const LegalCase& c) {
  const auto& s = stage(c);
  return decide_release(s.world("ru-example"), carrier_of(c, s), s.realm.lookup(), consents_of(c, s));
}

Permit permit_of(const LegalCase& c, const Stage& s, const Message& carrier) {
  const auto& is = c.at("permit");
  Permit permit;
  permit.provider = "cn-example";
  permit.grant = numbered(is == "under another grant" ? 9 : 1);
  permit.original = s.original.id;
  permit.carrier = to_string(is == "for another message" ? numbered(9) : id_of(carrier));
  permit.relation = carrier.sources.front().relation;
  permit.holder = is == "for another holder" ? "tj-example" : "ru-example";
  permit.receiver = is == "for another receiver" ? "tj-example" : "kz-example";
  if (is == "for a part") permit.extent.parts = {0};
  permit.from = s.realm.now - seconds(10);
  if (is == "run out") permit.from = s.realm.now - kPermitLife;
  if (is == "ahead") permit.from = s.realm.now + kClockMargin + seconds(1);
  permit.until = permit.from + kPermitLife;
  permit.wrap = digest_of("the wrap");
  return permit;
}

CarriedWrap wrap_of(const LegalCase& c) {
  using From = CarriedWrap::From;
  const auto& is = c.at("wrap");
  return {is == "the original's" ? From::statement
          : is == "the permit's" ? From::permit
          : is == "the grant's"  ? From::grant
                                 : From::forwarder,
          digest_of("the wrap")};
}

Decision decide_acceptance_of(const LegalCase& c) {
  const auto& s = stage(c);
  auto carrier = carrier_of(c, s);
  const bool forward = c.at("step") == "forward";
  if (forward && c.at("wrap") == "the holder's")
    carrier.facts = {{std::string(kWrapFact), to_string(digest_of("the wrap"))}};
  auto consents = consents_of(c, s);
  if (c.at("permit") != "none") consents.permits = {{permit_of(c, s, carrier), digest_of("permit")}};
  Arrival arrival{carrier, "ru-example"};
  arrival.id = id_of(carrier);
  arrival.consents = &consents;
  if (forward) arrival.wrap = wrap_of(c);
  return decide_acceptance(s.world("kz-example"), arrival, s.realm.lookup());
}

Decision decide_permit_of(const LegalCase& c) {
  static const Stage s(LegalCase{{"class", "restricted"}});
  Grant grant{numbered(1), c.at("grant") == "ours" ? "cn-example" : "ru-example", "ru-example", {}, Onward::ask};
  grant.terms.original = s.original.id;
  grant.terms.to = {"kz-example"};
  set_dates(c, s.realm.now, grant.terms);
  if (c.at("mode") == "detached") grant.terms.mode = ConsentMode::detached;
  PermitRequest request{grant.id, s.original.id, numbered(2), Relation::quotes, "kz-example", Verb::transfer, {}};
  const auto& parts = c.at("parts");
  if (parts != "all") {
    grant.terms.extent.parts = {0, 1};
    request.extent.parts = {parts == "one outside" ? 2U : 1U};
  }
  if (parts == "all" || parts == "one forwarded") request.relation = Relation::forwards;
  if (c.at("original") == "another") request.original = numbered(9);
  if (c.at("receiver") == "another") request.receiver = "tj-example";
  if (c.at("verb") == "disclose") request.verb = Verb::disclose;
  const GrantStanding standing{c.at("grant") == "none" ? nullptr : &grant,
                               c.at("revoked") == "yes",
                               c.at("uses") == "left" ? 0U : 1U,
                               c.at("uses") == "spent on this",
                               c.at("our key") == "held",
                               c.at("receiver's key") == "known"};
  const std::string holder = c.at("holder") == "named" ? "ru-example" : "tj-example";
  return decide_permit(s.world("cn-example"), holder, request, standing);
}

Decision decide_access_of(const LegalCase& c) {
  static const std::map<std::string, Permission> acts = {{"compose", Permission::compose},
                                                         {"approve", Permission::approve},
                                                         {"list", Permission::list},
                                                         {"read", Permission::read_body},
                                                         {"acknowledge", Permission::acknowledge},
                                                         {"export", Permission::export_evidence},
                                                         {"administer", Permission::administer},
                                                         {"audit", Permission::audit}};
  const auto& s = stage(c);
  const auto clearance = c.at("clearance") == "none" ? std::string() : c.at("clearance");
  const User user{"li", parse_role(c.at("role")).value(), clearance};
  if (c.at("act") == "approve")
    return decide_approval(s.world("ru-example"), user, c.at("composed by") == "himself" ? "li" : "wang", s.notice, {});
  return decide_access(s.world("ru-example"), user, acts.at(c.at("act")), s.notice, {});
}

// ---- the comparison

using Grounded = std::set<std::pair<std::string, std::string>>;  // code and clause

Grounded by_law(const LegalSection& of, const LegalCase& c) {
  const std::size_t agreement = c.contains("agreement") && c.at("agreement") == "cn-ru-2015" ? 1 : 0;
  Grounded all;
  for (const auto& rule : of.rules)
    if (of.applies(rule, c)) all.emplace(rule.code, rule.clause(agreement));
  return all;
}

Grounded by_core(const Decision& decision) {
  Grounded all;
  for (const auto& reason : decision.reasons()) all.emplace(to_string(reason.code), reason.clause);
  return all;
}

// The answer to a request for a permit names codes alone: who asked looks the clause up.
Grounded without_clauses(const Grounded& all) {
  Grounded codes;
  for (const auto& [code, clause] : all) codes.emplace(code, "");
  return codes;
}

std::string told(const LegalCase& c, const Grounded& expected, const Grounded& decided) {
  std::string text;
  for (const auto& [question, answer] : c) text += question + ": " + answer + "; ";
  for (const auto& [code, clause] : expected) text += "\n  law:  " + code + " " + clause;
  for (const auto& [code, clause] : decided) text += "\n  core: " + code + " " + clause;
  return text;
}

void compare(const std::string& id, Decision (*decide)(const LegalCase&), bool clauses = true) {
  const auto& of = section(id);
  int wrong = 0;
  for (const auto& c : every_case(kQuestions.at(id))) {
    const auto expected = clauses ? by_law(of, c) : without_clauses(by_law(of, c));
    const auto decided = by_core(decide(c));
    if (decided != expected && ++wrong <= 5) ADD_FAILURE() << told(c, expected, decided);
  }
  EXPECT_EQ(wrong, 0) << "cases in which core and the law differ";
}

TEST(Article6Table, IsWhatTheHolderDecidesInEveryCase) { compare("release", decide_release_of); }
TEST(Article6Table, IsWhatTheReceiverDecidesInEveryCase) { compare("acceptance", decide_acceptance_of); }
TEST(Article6Table, IsWhatTheProviderDecidesInEveryCase) { compare("permit", decide_permit_of, false); }
TEST(Article6Table, IsWhatPeopleMayDoInEveryCase) { compare("people", decide_access_of); }

TEST(Article6Table, HasNoRuleThatAppliesNowhere) {
  for (const auto& of : law()) {
    const auto cases = every_case(kQuestions.at(of.id));
    for (const auto& rule : of.rules)
      for (const auto& line : rule.lines) {
        const LegalRule alone{rule.code, rule.clauses, rule.text, {line}};
        EXPECT_TRUE(std::any_of(cases.begin(), cases.end(), [&](const auto& c) { return of.applies(alone, c); }))
            << of.id << ": " << line.text;
      }
  }
}

// KZ wrote to RU under the agreement of 2009; RU files it anew under that of 2015, to CN.
TEST(Article6Refiling, OfARestrictedMessageUnderAnotherAgreementNeedsItsProvidersConsent) {
  for (const auto& [classification, codes] :
       {std::pair("restricted", Codes{"E-CONSENT-REQUIRED"}), {"open", Codes{}}}) {
    Stage s(LegalCase{{"class", "open"}});
    auto message = s.realm.derived("ru-example", {"cn-example"},
                                   {s.realm.hold(s.realm.notice("kz-example", {"ru-example"}, classification))});
    message.agreement = "cn-ru-2015";
    message.directions = {"cn-ru-2015/3/5"};
    message.threats = {"cn-ru-2015/2/3"};
    for (const auto& decision : {s.realm.release(message), s.realm.accept("cn-example", message)}) {
      EXPECT_EQ(decision.codes(), codes);
      for (const auto& reason : decision.reasons()) EXPECT_EQ(reason.clause, "S6.9") << "the original's agreement";
    }
  }
}

// ---- the page

const Ground* ground_of(const std::string& clause, const std::string& code) {
  for (const auto& agreement : shipped().agreements())
    for (const auto& ground : agreement.grounds)
      if (ground.clause == clause && to_string(ground.reason) == code) return &ground;
  return nullptr;
}

TEST(Article6Table, CitesForEveryCodeTheClauseTheAgreementsDo) {
  for (const auto& of : law())
    for (const auto& rule : of.rules)
      for (const auto& clause : rule.clauses) EXPECT_NE(ground_of(clause, rule.code), nullptr) << rule.code << clause;
}

std::string lines_of(const std::vector<LegalLine>& lines) {
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : "<br>") + line.text;
  return text;
}

std::string grounds_of(const LegalRule& rule) {
  std::string text;
  for (const auto& clause : rule.clauses)
    text += (text.empty() ? "" : ", ") + clause + " (Art. " + ground_of(clause, rule.code)->article + ")";
  return text.empty() ? "none" : text;
}

std::string rendered(const LegalSection& of) {
  const auto cases = every_case(kQuestions.at(of.id));
  const auto allowed = std::count_if(cases.begin(), cases.end(), [&](const auto& c) { return by_law(of, c).empty(); });
  std::string page = "\n## " + of.title + "\n\n";
  for (const auto& line : of.text) page += line + "\n";
  page += "\nThe questions:\n\n";
  for (const auto& question : kQuestions.at(of.id)) {
    std::string answers;
    for (const auto& answer : question.answers) answers += (answers.empty() ? "" : ", ") + answer;
    page += "- **" + question.name + "**: " + answers + "\n";
  }
  for (const auto& term : of.terms) page += "- *" + term.name + "* is: " + lines_of(term.lines) + "\n";
  page += "\n| rule | when | answer | clause |\n|---|---|---|---|\n";
  for (const auto& rule : of.rules)
    page += "| " + rule.text + " | " + lines_of(rule.lines) + " | refused, `" + rule.code + "` | " + grounds_of(rule) +
            " |\n";
  return page + "\n" + std::to_string(cases.size()) + " cases: " + std::to_string(allowed) + " allowed, " +
         std::to_string(cases.size() - static_cast<std::size_t>(allowed)) + " refused.\n";
}

TEST(Article6Page, IsTheTableRendered) {
  std::string page =
      "# Article 6, case by case\n\n"
      "Written by the test `Article6Table` from `tests/property/core/article6_table.txt`; it asks the decisions of "
      "this "
      "folder about\nevery combination of the answers below and fails where they differ from these rules. A refusal "
      "gives the codes of all rules\nthat apply; where none does, the answer is yes. *not* turns an answer round, *is* "
      "names a term. Where two clauses stand, the\nfirst is of the SCO agreement of 2009, the second of the "
      "China-Russia agreement of 2015.\n";
  for (const auto& of : law()) page += rendered(of);
  if (std::getenv("CHANCERY_WRITE_PAGE") != nullptr) std::ofstream(kPage, std::ios::binary) << page;
  EXPECT_EQ(read_file(kPage), page) << "daemon/core/ARTICLE-6.md: run with CHANCERY_WRITE_PAGE=1";
}

}  // namespace
}  // namespace chancery::core
