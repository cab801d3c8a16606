// Histories of the model of consent (tests/model/consent), replayed against the rules the daemons decide by. A tick of
// the model is the clock margin; what holds up to a tick and including it ends half a tick later.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

using Fields = std::map<std::string, std::string>;

constexpr Duration kTick = kClockMargin;
constexpr std::int64_t kLife = 2, kLast = 5;  // consent.pml

// `ask by=0 grant=1 -> signed until=2`: first word, fields before the arrow, the word after it and its fields.
struct Line {
  std::string word;
  Fields asked;
  std::string answer;
  Fields told;
};

Line parse_line(const std::string& text) {
  Line line;
  bool after = false;
  for (const auto word : split(text, ' ')) {
    const auto equals = word.find('=');
    if (word == "->")
      after = true;
    else if (equals != std::string_view::npos)
      (after ? line.told : line.asked)[std::string(word.substr(0, equals))] = std::string(word.substr(equals + 1));
    else
      (after ? line.answer : line.word) += std::string(word);
  }
  return line;
}

int number(const Fields& fields, const std::string& name) {
  const auto it = fields.find(name);
  return it == fields.end() ? 0 : std::stoi(it->second);
}

const char* const kReceivers[] = {"kz-example", "kz-second"};

// One history: a provider, a holder and two receivers, as the model names them.
class History {
 public:
  explicit History(const Line& world)
      : receiver_(number(world.asked, "receiver")),
        other_original_(number(world.asked, "other_original") != 0),
        foreign_(number(world.asked, "foreign") != 0) {
    realm_.peers.emplace("kz-second", realm_.peers.at("kz-example"));
    for (auto& designation : realm_.peers.at("kz-second").history) designation.authority = "kz-second";
    begin_ = realm_.now;
    for (int i = 0; i < 2; ++i) {
      auto notice = realm_.notice("cn-example", {"ru-example"});
      notice.created = begin_ - minutes(20 + i);
      originals_[i] = realm_.hold(notice);
    }
    for (int g = 0; g < 2; ++g) grants_[g] = grant(g);
    for (int c = 0; c < 2; ++c)
      for (int r = 0; r < 2; ++r) carriers_[c][r] = carrier(c, r);
  }

  // Whether the rules say what the model says; why not, otherwise.
  std::string replay(const Line& line) {
    if (line.word == "tick") now_ = number(line.asked, "now");
    if (line.word == "revoke") revoked_[number(line.asked, "grant")] = true;
    if (line.word == "return") uses_of(line).erase(use_of(line));
    if (line.word == "learn" && line.asked.contains("receiver"))
      known_[number(line.asked, "receiver")] = number(line.asked, "known");
    if (line.word == "ask") return ask(line);
    if (line.word == "show") return show(line);
    return {};
  }

 private:
  using Use = std::pair<int, int>;  // carrier, receiver

  [[nodiscard]] Instant at(std::int64_t tick) const { return begin_ + Duration{kTick.ms * tick}; }
  [[nodiscard]] Instant after(std::int64_t tick) const { return at(tick) + Duration{kTick.ms / 2}; }
  [[nodiscard]] int original_of_grant(int g) const { return g == 1 && other_original_ ? 1 : 0; }
  [[nodiscard]] int original_of_carrier(int c) const { return c == 1 && other_original_ ? 1 : 0; }

  Grant grant(int g) {
    Grant out;
    out.id = id_of(realm_.notice("cn-example", {"ru-example"}, g == 0 ? "open" : "restricted"));
    out.provider = "cn-example";
    out.holder = "ru-example";
    out.terms.original = originals_[original_of_grant(g)].id;
    out.terms.to = g == 1 ? std::vector<std::string>{kReceivers[0], kReceivers[1]}
                          : std::vector<std::string>{kReceivers[receiver_]};
    out.terms.uses = static_cast<std::uint64_t>(1 + g);
    out.terms.from = at(1 - g);
    out.terms.until = after(g == 0 ? 3 : kLast);
    return out;
  }

  // Of one receiver alone, so that what others may have says nothing here.
  Message carrier(int c, int r) {
    const bool foreign = c == 1 && foreign_;
    auto m = realm_.forward(foreign ? "kz-example" : "ru-example", {kReceivers[r]}, originals_[original_of_carrier(c)]);
    if (foreign) m.originator = kReceivers[1];
    if (foreign) m.providers = {"cn-example", kReceivers[1]};
    m.created = begin_ - minutes(10 + 2 * c + r);
    return m;
  }

  std::set<Use>& uses_of(const Line& line) { return uses_[number(line.asked, "grant")]; }
  static Use use_of(const Line& line) { return {number(line.asked, "carrier"), number(line.asked, "receiver")}; }

  std::string ask(const Line& line) {
    const auto g = number(line.asked, "grant");
    const auto [c, r] = use_of(line);
    PermitRequest request;
    request.grant = grants_[g].id;
    request.original = grants_[g].terms.original;
    request.carrier = id_of(carriers_[c][r]);
    request.receiver = kReceivers[r];
    auto& uses = uses_of(line);
    GrantStanding standing;
    standing.grant = &grants_[g];
    standing.revoked = revoked_[g];
    standing.used = uses.size();
    standing.used_by_this = uses.contains({c, r});
    standing.agreement = "sco-2009";
    const auto book = realm_.book();
    const Directory directory(realm_.peers);
    const std::string holder = number(line.asked, "by") == 0 ? "ru-example" : kReceivers[1];
    const auto decision =
        decide_permit({book, directory, realm_.joint_acts, "cn-example", at(now_)}, holder, request, standing);
    if (line.answer == "signed") uses.insert({c, r});
    return differs(decision, line, codes_of_refused_request(line.told));
  }

  static std::set<std::string> codes_of_refused_request(const Fields& told) {
    std::set<std::string> codes;
    if (number(told, "holder") != 0 || number(told, "receiver") != 0)
      codes.insert("E-CONSENT-SCOPE");
    else if (number(told, "early") != 0)
      codes.insert("E-CONSENT-NOT-YET");
    else if (number(told, "late") != 0)
      codes.insert("E-CONSENT-EXPIRED");
    else if (number(told, "revoked") != 0)
      codes.insert("E-CONSENT-REVOKED");
    if (number(told, "used") != 0) codes.insert("E-CONSENT-USED-UP");
    return codes;
  }

  // `g.c.r.t`
  [[nodiscard]] Permit permit(const std::string& text) const {
    const auto parts = split(text, '.');
    const auto part = [&](std::size_t i) { return std::stoi(std::string(parts[i])); };
    Permit out;
    out.provider = "cn-example";
    out.grant = grants_[part(0)].id;
    out.original = grants_[part(0)].terms.original;
    out.carrier = to_string(id_of(carriers_[part(1)][part(2)]));
    out.holder = "ru-example";
    out.receiver = kReceivers[part(2)];
    out.from = at(part(3));
    out.until = after(part(3) + kLife);
    out.wrap = digest_of("wrap by cn-example");
    out.salt = Bytes(32, 7);
    return out;
  }

  std::string show(const Line& line) {
    if (line.answer == "answered") return {};           // the receipt of before: decided nowhere
    if (number(line.told, "unsigned") != 0) return {};  // what no provider signed is dropped before the rules
    const auto [c, r] = use_of(line);
    const auto& shown = line.asked.at("permit");
    Consents consents;
    consents.grants = {grants_[number(line.asked, "grant")]};
    for (int g = 0; g < 2; ++g)
      if ((known_[r] >> g & 1) != 0) consents.revoked.insert(grants_[g].id);
    if (shown != "none") {
      const auto one = permit(shown);
      consents.permits = {{one, statement_digest(one.to_text())}};
    }
    const bool by_holder = number(line.asked, "wrap") != 0;
    Arrival arrival{carriers_[c][r], carriers_[c][r].originator};
    arrival.id = id_of(carriers_[c][r]);
    arrival.consents = &consents;
    arrival.wrap = CarriedWrap{CarriedWrap::From::permit, digest_of(by_holder ? "wrap by ru" : "wrap by cn-example")};
    realm_.now = at(number(line.asked, "clock"));
    const auto decision = realm_.accept(kReceivers[r], arrival);
    return differs(decision, line, codes_of_refused_carrier(line.told));
  }

  // What must be among the reasons. The model names every wrong field; the rules say a wrong field of a permit once,
  // and look at the time and the revocation of a grant only where it is the one.
  static std::set<std::string> codes_of_refused_carrier(const Fields& told) {
    std::set<std::string> codes;
    if (number(told, "wrap") != 0) codes.insert("E-WRAP-FOREIGN");
    if (number(told, "carrier") != 0) codes.insert("E-PERMIT-MISMATCH");
    const bool right = number(told, "grant") + number(told, "original") + number(told, "holder") +
                           number(told, "receiver") + number(told, "permit") ==
                       0;
    if (right && number(told, "time") != 0) codes.insert("E-PERMIT-EXPIRED");
    if (right && number(told, "revoked") != 0) codes.insert("E-CONSENT-REVOKED");
    return codes;
  }

  static std::string differs(const Decision& decision, const Line& line, const std::set<std::string>& expected) {
    std::string codes;
    for (const auto& code : decision.codes()) codes += " " + code;
    const bool refused = line.answer == "refused";
    if (decision.allowed() == refused) return "the rules say" + (codes.empty() ? " yes" : codes);
    for (const auto& code : expected)
      if (codes.find(code) == std::string::npos) return "the rules say" + codes + " without " + code;
    return {};
  }

  const int receiver_;
  const bool other_original_, foreign_;
  Realm realm_;
  Instant begin_;
  SourceLine originals_[2];
  Grant grants_[2];
  Message carriers_[2][2];
  std::int64_t now_ = 0;
  bool revoked_[2] = {false, false};
  int known_[2] = {0, 0};
  std::set<Use> uses_[2];
};

// A detached grant can be told, not given yet: those histories are left out.
TEST(ConsentModel, DecidesAsTheRulesDo) {
  std::ifstream file(CHANCERY_BINARY_DIR "/model/traces.txt");
  ASSERT_TRUE(file) << "the test ConsentModel.WritesItsHistories writes it";
  std::optional<History> history;
  std::string trace;
  std::set<std::string> decisions;
  std::size_t online = 0, accepted = 0, permitted = 0;
  for (std::string text; std::getline(file, text);) {
    const auto line = parse_line(text);
    if (text.rfind("trace ", 0) == 0) trace = text;
    if (line.word.empty() || text.rfind("trace ", 0) == 0) continue;
    if (trace.find(" online ") == std::string::npos) continue;
    if (line.word == "world") {
      history.emplace(line);
      ++online;
      continue;
    }
    const auto why = history->replay(line);
    EXPECT_EQ(why, "") << trace << "\n" << text;
    if (!line.answer.empty()) decisions.insert(text);
    if (line.answer == "accepted") ++accepted;
    if (line.answer == "signed") ++permitted;
  }
  std::printf("%zu online histories, %zu different decisions, %zu permits signed, %zu acceptances\n", online,
              decisions.size(), permitted, accepted);
  EXPECT_GT(online, 0U);
  EXPECT_GT(accepted, 0U) << "histories in which nothing is ever accepted show nothing";
}

}  // namespace
}  // namespace chancery::core
