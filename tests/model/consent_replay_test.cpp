// Ties core to the model of consent (tests/model/consent): random histories of the model, and each decision in them
// asked of core with real statements and clocks. Core refuses where the model does, for no reason the model has not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

int traces_wanted() {
  const auto* set = std::getenv("CHANCERY_MODEL_TRACES");
  return set == nullptr ? 2000 : std::stoi(set);
}

// The model's margin is one tick, a permit's life two, and its ends are included.
constexpr Duration kTick = kClockMargin;
constexpr int kLifeTicks = 2;
const Instant kStart = parse_instant("2026-11-22T06:00:00.000Z").value();

Instant at_tick(int tick) { return kStart + Duration{kTick.ms * tick}; }
Instant after_tick(int tick) { return at_tick(tick) + Duration{1}; }

// `name field=value ... -> answer reason=0|1 ...`; a name may stand on both sides of the arrow.
struct Event {
  explicit Event(const std::string& line) : text(line) {
    std::istringstream in(line);
    in >> name;
    auto* side = &fields;
    for (std::string word; in >> word;) {
      const auto equals = word.find('=');
      if (equals != std::string::npos)
        (*side)[word.substr(0, equals)] = word.substr(equals + 1);
      else if (word == "->")
        side = &answer;
      else
        words.push_back(word);
    }
  }
  [[nodiscard]] int number(const std::string& field) const { return std::stoi(fields.at(field)); }
  [[nodiscard]] bool stands(const std::string& reason) const {
    return answer.contains(reason) && answer.at(reason) == "1";
  }
  [[nodiscard]] bool says(const std::string& word) const {
    return std::find(words.begin(), words.end(), word) != words.end();
  }

  std::string text, name;
  std::vector<std::string> words;
  std::map<std::string, std::string> fields, answer;
};

MessageId numbered(std::uint8_t kind, int number) {
  MessageId id;
  id.value[30] = kind;
  id.value[31] = static_cast<std::uint8_t>(number);
  return id;
}

// One history: what the provider, the holder and the receivers remember, beside real statements.
class Replay {
 public:
  Replay() {
    auto other = realm_.peers.at("kz-example");
    other.history[0].authority = "tj-example";
    for (auto& key : other.seal_keys) key.authority = "tj-example";
    realm_.peers.emplace("tj-example", other);
    for (int i = 0; i < 2; ++i) {
      auto notice = realm_.notice("cn-example", {"ru-example"});
      notice.created = kStart - days(2 + i);
      originals_[i] = realm_.hold(notice);
    }
    book_ = realm_.book();
    directory_ = Directory(realm_.peers);
  }

  void take(const Event& e) {
    if (e.name == "trace") begin(e);
    if (e.fields.contains("spent")) recall(e);
    if (e.name == "world") world_ = {e.number("receiver"), e.number("other_original") == 1, e.number("foreign") == 1};
    if (e.name == "revoke") revoked_ |= 1 << e.number("grant");
    if (e.name == "learn" && e.fields.contains("receiver")) learned_[e.number("receiver")] = e.number("known");
    if (e.name == "return") spent_[e.number("grant")].erase({e.number("carrier"), e.number("receiver")});
    if (e.name == "ask") ask(e);
    if (e.name == "show") show(e);
  }

  int asked = 0, shown = 0, allowed = 0, unasked = 0, left_out = 0;

 private:
  // A decision that is read apart from its history says what whoever made it remembered.
  void recall(const Event& e) {
    const auto& world = e.fields.at("world");  // "receiver.other_original.foreign"
    world_ = {world[0] - '0', world[2] == '1', world[4] == '1'};
    (e.name == "ask" ? revoked_ : learned_[e.number("receiver")]) = e.number("known");
    if (e.name != "ask") return;
    auto& spent = spent_[e.number("grant")];
    spent.clear();
    for (int use = 0; use < 4; ++use)
      if ((e.number("spent") >> use & 1) == 1) spent.insert({use / 2, use % 2});
  }

  struct Chosen {
    int receiver = 0;
    bool other_original = false, foreign = false;
  };
  using Use = std::pair<int, int>;

  void begin(const Event& e) {
    detached_ = e.says("detached");
    revoked_ = learned_[0] = learned_[1] = 0;
    spent_[0].clear();
    spent_[1].clear();
    last_ = detached_ && e.says("honest") ? 4 : 5;
  }

  static std::string receiver(int number) { return number == 0 ? "kz-example" : "tj-example"; }
  [[nodiscard]] const SourceLine& original(int of) const {
    return originals_[of == 1 && world_.other_original ? 1 : 0];
  }
  [[nodiscard]] World world(const std::string& self, int clock) const {
    return {book_, directory_, joint_acts_, self, at_tick(clock)};
  }

  [[nodiscard]] Grant grant(int g) const {
    Grant made{numbered(1, g), g == 2 ? "ru-example" : "cn-example", "ru-example", {}, Onward::ask};
    auto& terms = made.terms;
    terms.original = original(g).id;
    terms.to = g == 0 ? Codes{receiver(world_.receiver)} : Codes{"kz-example", "tj-example"};
    terms.uses = g == 0 ? 1 : 2;
    terms.from = at_tick(1 - g);
    terms.until = after_tick(detached_ ? last_ - 1 + g : g == 0 ? 3 : last_);
    if (g == 2) terms.from = kStart - days(1), terms.until = kStart + days(1);
    if (!detached_ || g != 0) return made;
    terms.mode = ConsentMode::detached;
    for (const auto& to : terms.to) made.wraps.push_back({to, digest_of("seal key"), digest_of("wrap by cn-example")});
    return made;
  }

  void expect(const Event& e, bool allowed_there, const std::set<std::string>& why, const Decision& decision) {
    const auto codes = decision.codes();
    allowed += allowed_there ? 1 : 0;
    EXPECT_EQ(decision.allowed(), allowed_there) << e.text;
    EXPECT_TRUE(std::includes(why.begin(), why.end(), codes.begin(), codes.end()))
        << e.text << "\n  core: " << testing::PrintToString(codes);
  }

  // ---- the provider

  void ask(const Event& e) {
    ++asked;
    const int g = e.number("grant");
    const Use use{e.number("carrier"), e.number("receiver")};
    const auto given = grant(g);
    const PermitRequest request{given.id,
                                given.terms.original,
                                numbered(2, use.first),
                                Relation::forwards,
                                receiver(use.second),
                                Verb::transfer,
                                {}};
    auto& spent = spent_[g];
    const GrantStanding standing{&given, (revoked_ >> g & 1) == 1, spent.size(), spent.contains(use), true, true};
    const auto decision = decide_permit(world("cn-example", e.number("clock")),
                                        e.number("by") == 0 ? "ru-example" : "tj-example", request, standing);
    const bool given_one = !e.says("refused");
    expect(e, given_one, reasons_of_provider(e, detached_ && g == 0), decision);
    if (given_one) spent.insert(use);
  }

  // All of them: of the grant itself core names the first that stands in the way.
  static std::set<std::string> reasons_of_provider(const Event& e, bool detached) {
    std::set<std::string> why;
    if (!e.says("refused")) return why;
    if (e.stands("holder") || e.stands("receiver") || detached) why.insert("E-CONSENT-SCOPE");
    if (e.stands("early")) why.insert("E-CONSENT-NOT-YET");
    if (e.stands("late")) why.insert("E-CONSENT-EXPIRED");
    if (e.stands("revoked")) why.insert("E-CONSENT-REVOKED");
    if (e.stands("used")) why.insert("E-CONSENT-USED-UP");
    return why;
  }

  // ---- a receiver

  // `g.c.r.t`: for grant g, carrier c, receiver r, signed at t.
  [[nodiscard]] std::optional<Permit> permit(const std::string& text, int carrier, const std::string& self) const {
    if (text == "none") return std::nullopt;
    Permit made;
    made.relation = Relation::forwards;
    made.holder = "ru-example";
    made.wrap = digest_of("wrap by cn-example");
    if (text == "made-up") {
      made.provider = "ru-example";
      made.carrier = to_string(numbered(2, carrier));
      made.receiver = self;
      made.from = kStart;
    } else {
      int g = 0, c = 0, r = 0, t = 0;
      char dot = 0;
      std::istringstream(text) >> g >> dot >> c >> dot >> r >> dot >> t;
      made.provider = "cn-example";
      made.grant = numbered(1, g);
      made.original = original(g).id;
      made.carrier = to_string(numbered(2, c));
      made.receiver = receiver(r);
      made.from = at_tick(t);
      made.until = after_tick(t + kLifeTicks);
    }
    return made;
  }

  void show(const Event& e) {
    const int g = e.number("grant"), c = e.number("carrier"), r = e.number("receiver"), clock = e.number("clock");
    const auto& by = e.fields.at("permit");
    const bool alone = detached_ && g == 0 && by == "none";
    // A repeated carrier is answered from memory.
    if (e.says("answered")) {
      ++left_out;
      return;
    }
    ++shown;
    unasked += alone && e.says("accepted") ? 1 : 0;
    const auto self = receiver(r);
    const std::string from = c == 1 && world_.foreign ? "tj-example" : "ru-example";
    auto carrier = realm_.forward(from, {self}, original(c));
    carrier.created = at_tick(clock);
    if (from == "tj-example") {  // of the Party of kz-example, and under its policy
      carrier.labels.front().policy = "kz-example";
      carrier.label_policy = digest_of("label policy kz-example/1");
    }
    Consents consents;
    consents.grants = {grant(g)};
    if (g < 2 && (learned_[r] >> g & 1) == 1) consents.revoked = {numbered(1, g)};
    if (const auto made = permit(by, c, self)) consents.permits = {{*made, digest_of("permit")}};
    Arrival arrival{carrier, from};
    arrival.id = numbered(2, c);
    arrival.consents = &consents;
    arrival.wrap = e.number("wrap") == 1 ? CarriedWrap{CarriedWrap::From::forwarder, digest_of("wrap by ru-example")}
                                         : CarriedWrap{alone ? CarriedWrap::From::grant : CarriedWrap::From::permit,
                                                       digest_of("wrap by cn-example")};
    expect(e, e.says("accepted"), reasons_of_receiver(e, detached_ && g == 0),
           decide_acceptance(world(self, clock), arrival, realm_.lookup()));
  }

  static std::set<std::string> reasons_of_receiver(const Event& e, bool detached) {
    static const std::map<std::string, std::set<std::string>> codes = {
        {"unsigned", {"E-CONSENT-REQUIRED", "E-PERMIT-REQUIRED", "E-WRAP-FOREIGN"}},
        // Without a permit the grant is judged at the time of the message, and no wrap is right.
        {"permit",
         {"E-PERMIT-REQUIRED", "E-WRAP-FOREIGN", "E-CONSENT-NOT-YET", "E-CONSENT-EXPIRED", "E-CONSENT-SCOPE"}},
        // A permit of another grant may be of another original, and then so is its wrap.
        {"grant", {"E-CONSENT-REQUIRED", "E-PERMIT-MISMATCH", "E-WRAP-FOREIGN"}},
        {"original", {"E-CONSENT-REQUIRED", "E-PERMIT-MISMATCH", "E-WRAP-FOREIGN"}},
        {"carrier", {"E-PERMIT-MISMATCH"}},
        {"holder", {"E-PERMIT-MISMATCH", "E-CONSENT-REQUIRED", "E-CONSENT-SCOPE"}},
        {"receiver", {"E-PERMIT-MISMATCH", "E-CONSENT-SCOPE"}},
        {"time", {"E-PERMIT-EXPIRED"}},
        {"revoked", {"E-CONSENT-REVOKED"}},
        {"wrap", {"E-WRAP-FOREIGN"}}};
    std::set<std::string> why;
    if (!e.says("refused")) return why;
    for (const auto& [reason, all] : codes)
      if (e.stands(reason)) why.insert(all.begin(), all.end());
    // Who shows a detached grant that does not let him, shows a wrap that nobody made for this.
    if (detached) why.insert("E-WRAP-FOREIGN");
    if (detached && e.stands("time")) why.insert({"E-CONSENT-NOT-YET", "E-CONSENT-EXPIRED"});
    // Each of these shows in core as the first fault of the grant beside others the model counts alone.
    if (e.stands("unsigned") || e.stands("permit"))
      why.insert({"E-CONSENT-NOT-YET", "E-CONSENT-EXPIRED", "E-CONSENT-SCOPE"});
    return why;
  }

  Realm realm_;
  SourceLine originals_[2];
  AgreementBook book_;
  Directory directory_;
  const JointActBook joint_acts_;  // nothing here rests on a policy
  Chosen world_;
  bool detached_ = false;
  int last_ = 5, revoked_ = 0, learned_[2] = {};
  std::set<Use> spent_[2];
};

// What spin writes of the model, decided again; how many traces there were.
int replay_all(const std::string& what, const std::string& file, Replay& replay) {
  const std::string folder = std::string(CHANCERY_BINARY_DIR) + "/model/" + file;
  const auto command = "/usr/bin/python3 -B " + std::string(CHANCERY_SOURCE_DIR) + "/tests/model/consent/run_model " +
                       folder + " " + what;
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::ifstream in(folder + "/" + file + ".txt");
  int traces = 0;
  for (std::string line; std::getline(in, line) && !testing::Test::HasFailure();) {
    if (line.empty()) continue;
    traces += line.starts_with("trace ") ? 1 : 0;
    SCOPED_TRACE(line);
    EXPECT_NO_THROW(replay.take(Event(line)));
  }
  return traces;
}

// Every decision of every state that can be reached, at any depth: no history makes another one.
TEST(ConsentReplay, DecidesInCoreWhatTheModelEverDecides) {
  Replay replay;
  EXPECT_EQ(replay_all("decisions", "decisions", replay), 4);
  EXPECT_GT(replay.asked, 5'000);
  EXPECT_GT(replay.shown, 20'000);
  EXPECT_GT(replay.allowed, 1'000);
  EXPECT_GT(replay.unasked, 10);
  std::cout << replay.asked << " requests, " << replay.shown << " arrivals, " << replay.allowed << " of both allowed, "
            << replay.left_out << " left out\n";
}

TEST(ConsentReplay, DecidesInCoreWhatTheModelDecidesInTwoThousandHistories) {
  const int wanted = traces_wanted();
  Replay replay;
  EXPECT_EQ(replay_all("traces " + std::to_string(wanted), "traces", replay), wanted);
  EXPECT_GT(replay.asked, 10 * wanted);
  EXPECT_GT(replay.shown, wanted);
  EXPECT_GT(replay.allowed, wanted / 4);
  EXPECT_GT(replay.unasked, wanted / 100) << "by a detached grant alone";
  std::cout << replay.asked << " requests, " << replay.shown << " arrivals, " << replay.allowed << " of both allowed, "
            << replay.unasked << " of those by a detached grant alone, " << replay.left_out << " left out\n";
}

}  // namespace
}  // namespace chancery::core
