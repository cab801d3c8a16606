#include "tests/property/core/draw.h"

#include <algorithm>

namespace chancery::core {

namespace {

const std::vector<std::string> kAuthorities = {"cn-example", "kz-example", "ru-example"};
const std::vector<std::string> kDrawnClasses = {"open", "restricted", "secret"};
const std::vector<std::string> kCodes = {"sco-2009/2/3", "sco-2009/3/16", "sco-2009/3/5", "sco-2009/3/7"};
const std::vector<std::string> kDrawnReasons = {"E-CONSENT-REQUIRED", "E-EXPIRED", "E-NOT-ADDRESSED"};

template <class T>
std::vector<T> sorted(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

}  // namespace

Bytes Draw::bytes(std::size_t size) {
  Bytes out(size);
  for (auto& byte : out) byte = static_cast<std::uint8_t>(below(256));
  return out;
}

Digest Draw::digest() { return to_digest(bytes(32)).value(); }

MessageId Draw::id() { return parse_message_id(to_hex(bytes(32))).value(); }

// From 1970 to 2969.
Instant Draw::instant() { return {static_cast<std::int64_t>(below(31'536'000'000'000))}; }

Label Draw::label() {
  return {one_of(kAuthorities), static_cast<std::uint32_t>(1 + below(3)), one_of(kDrawnClasses),
          coin() ? "2027-01-31" : "", some_of<std::string>({"early-warning", "network"})};
}

Message Draw::message() {
  Message m;
  m.originator = one_of(kAuthorities);
  m.recipients = some_of(kAuthorities);
  std::erase(m.recipients, m.originator);
  if (m.recipients.empty()) m.recipients = {"tj-example"};
  m.agreement = "sco-2009";
  m.agreement_version = static_cast<std::uint32_t>(1 + below(9));
  m.kind = one_of<std::string>({"threat-notice", "information", "forward", "gossip"});
  m.directions = some_of(kCodes);
  m.threats = some_of(kCodes);
  m.labels = sorted(std::vector<Label>{label(), label(), label()});
  m.label_policy = digest();
  m.releasable_to = some_of(kAuthorities);
  m.precedence =
      one_of<Precedence>({Precedence::routine, Precedence::priority, Precedence::immediate, Precedence::flash});
  m.exercise = coin();
  m.created = instant();
  m.expires = maybe(m.created + seconds(static_cast<std::int64_t>(1 + below(1000))));
  m.thread = maybe(id());
  m.in_reply_to = maybe(id());
  m.supersedes = maybe(id());
  m.providers = some_of(kAuthorities);
  for (auto n = below(3); n > 0; --n) m.sources.push_back({id(), Relation::quotes, {{0, 7}}, digest()});
  m.sources = sorted(m.sources);
  m.facts = some_of<Fact>({{"a", "1"}, {"a", "2"}, {"reissue-of", to_string(id())}, {"wrap", "x y"}});
  m.languages = some_of<std::string>({"en", "ru", "zh"});
  for (auto n = below(3); n > 0; --n) m.attachments.push_back({digest(), below(kMaxAttachmentLength + 1)});
  m.parts = static_cast<std::uint32_t>(1 + below(kMaxParts));
  m.body_root = digest();
  m.cek_commit = digest();
  m.cipher_root = digest();
  m.wraps = digest();
  return m;
}

Receipt Draw::receipt() {
  Receipt r;
  r.receiver = one_of(kAuthorities);
  r.originator = one_of(kAuthorities);
  r.message = id();
  r.stage = one_of<Stage>({Stage::delivered, Stage::read, Stage::acknowledged, Stage::answered, Stage::refused});
  r.time = instant();
  if (r.stage == Stage::refused) r.reasons = some_of(kDrawnReasons);
  if (r.stage == Stage::refused && r.reasons.empty()) r.reasons = kDrawnReasons;
  if (r.stage == Stage::answered) r.answer = id();
  r.entry = digest();
  r.salt = bytes(32);
  return r;
}

DispatchItem Draw::item(std::uint64_t epoch, std::uint64_t sequence) {
  if (sequence == 1 && epoch > 1 && coin()) return DispatchRestored{1 + below(epoch - 1), below(1000), below(1000)};
  if (sequence > 1 && coin()) return DispatchVoid{1 + below(sequence - 1), one_of(kDrawnReasons)};
  return DispatchMessage{id()};
}

Dispatch Draw::dispatch() {
  Dispatch d;
  d.sender = "cn-example";
  d.recipient = one_of<std::string>({"kz-example", "ru-example"});
  d.epoch = 1 + below(3);
  d.sequence = coin() ? 1 : 1 + below(1'000'000);
  if (d.sequence > 1) d.previous = digest();
  d.item = item(d.epoch, d.sequence);
  d.salt = bytes(32);
  return d;
}

DesignatedKey Draw::key() {
  DesignatedKey k;
  k.role = one_of<KeyRole>(
      {KeyRole::anchor, KeyRole::tls, KeyRole::sign, KeyRole::evidence, KeyRole::seal, KeyRole::log, KeyRole::witness});
  k.suite = one_of<crypto::Suite>({crypto::Suite::p256, crypto::Suite::ed25519});
  k.id = digest();
  k.from = instant();
  k.to = k.from + days(static_cast<std::int64_t>(1 + below(400)));
  k.state = one_of<KeyState>({KeyState::active, KeyState::retired, KeyState::compromised});
  if (k.state == KeyState::compromised) k.since = instant();
  return k;
}

Designation Draw::designation() {
  auto d = sample_designation();
  d.authority = one_of(kAuthorities);
  d.agreements = coin() ? std::vector<std::string>{"sco-2009"} : std::vector<std::string>{"cn-ru-2015", "sco-2009"};
  d.serial = 1 + below(1000);
  d.supersedes = maybe(digest());
  d.succeeds = coin() ? "kg-example" : "";
  d.valid_from = instant();
  d.valid_to = d.valid_from + days(static_cast<std::int64_t>(1 + below(400)));
  d.directions = some_of(kCodes);
  d.languages = some_of<std::string>({"en", "ru", "zh"});
  d.endpoint = one_of<std::string>({"localhost:1", "[::1]:65535", "a.example:443"});
  d.keys.clear();
  for (auto n = below(5); n > 0; --n) d.keys.push_back(key());
  std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
  return d;
}

SealKey Draw::seal_key() {
  SealKey k;
  k.authority = one_of(kAuthorities);
  k.designation = digest();
  k.public_key = bytes(1 + below(120));
  k.from = instant();
  k.to = k.from + days(static_cast<std::int64_t>(1 + below(60)));
  k.accept_until = k.to + kSealKeyGrace;
  return k;
}

Permit Draw::permit() {
  Permit p;
  p.provider = one_of(kAuthorities);
  p.grant = id();
  p.original = id();
  p.carrier = coin() ? to_string(id()) : to_string(digest());
  p.relation = one_of<Relation>(
      {Relation::quotes, Relation::extracts, Relation::translates, Relation::compiles, Relation::forwards});
  p.holder = one_of(kAuthorities);
  p.receiver = coin() ? one_of(kAuthorities) : "";
  p.verb = coin() ? Verb::transfer : Verb::disclose;
  p.extent.parts = some_of<std::uint32_t>({0, 2, 10, 1023});
  p.from = instant();
  p.until = p.from + minutes(10);
  p.wrap = maybe(digest());
  p.salt = bytes(32);
  return p;
}

JournalEntry Draw::entry() {
  JournalEntry e;
  e.time = instant();
  e.actor = one_of<std::string>({"daemon", "officer", "peer:kz-example"});
  e.act = static_cast<Act>(below(static_cast<std::uint64_t>(Act::exported) + 1));
  e.message = maybe(id());
  e.subject = coin() ? "kz-example" : "";
  e.decision = one_of<std::string>({"", "allow", "refuse", "defer"});
  if (e.decision != "allow") e.reasons = some_of(kDrawnReasons);
  e.data = maybe(digest());
  e.plan = maybe(digest());
  e.content = maybe(digest());
  e.previous = maybe(digest());
  e.salt = bytes(32);
  return e;
}

Draw::Scene Draw::scene() {
  Scene scene;
  auto& realm = scene.realm;
  const auto source = realm.hold(realm.notice(
      "cn-example",
      coin() ? std::vector<std::string>{"ru-example"} : std::vector<std::string>{"kz-example", "ru-example"},
      one_of<std::string>({"open", "restricted"})));
  switch (below(3)) {
    case 0:
      scene.message = realm.notice("ru-example", {"cn-example", "kz-example"});
      break;
    case 1:
      scene.message = realm.derived("ru-example", {"kz-example"}, {source});
      break;
    default:
      scene.message = realm.forward("ru-example", {"kz-example"}, source);
      if (coin()) scene.message.facts = {{std::string(kWrapFact), to_string(digest())}};
  }
  for (auto n = below(5); n > 0; --n) change(realm, scene.message);
  return scene;
}

void Draw::change(Realm& realm, Message& message) {
  if (coin())
    change_world(realm, message);
  else
    change_message(message);
}

void Draw::change_world(Realm& realm, const Message& message) {
  auto& agreement = realm.agreement(coin() ? "sco-2009" : "cn-ru-2015");
  auto& policy = realm.policies[below(realm.policies.size())];
  auto& designation = realm.designation(one_of(kAuthorities));
  switch (below(9)) {
    case 0:
      agreement.bars_state_secrets = coin();
      break;
    case 1:
      agreement.protects_restricted = coin();
      break;
    case 2:
      agreement.status[below(agreement.status.size())].in_force_to =
          message.created + Duration{static_cast<std::int64_t>(below(2))};
      break;
    case 3:
    case 4:
      policy.regards[below(policy.regards.size())].as = one_of(kDrawnClasses);
      break;
    case 5:
      policy.regards.pop_back();
      break;
    case 6:
      designation.directions = some_of(kCodes);
      break;
    case 7:
      realm.peers.at(one_of(kAuthorities)).seal_keys.clear();
      break;
    default:
      agreement.languages_any = some_of<std::string>({"en", "ru"});
  }
}

void Draw::change_message(Message& message) {
  switch (below(8)) {
    case 0:
      message.labels.front().classification = one_of(kDrawnClasses);
      break;
    case 1:
      message.releasable_to = some_of(kAuthorities);
      break;
    case 2:
      message.languages = some_of<std::string>({"en", "ru", "zh"});
      break;
    case 3:
      message.directions = some_of(kCodes);
      break;
    case 4:
      message.kind = one_of<std::string>({"threat-notice", "information", "forward"});
      break;
    case 5:
      message.expires = message.created + seconds(static_cast<std::int64_t>(1 + below(5)));
      break;
    case 6:
      message.providers = sorted(some_of(kAuthorities));
      break;
    default:
      message.threats = some_of(kCodes);
  }
}

}  // namespace chancery::core
