#include "tests/unit/core/samples.h"

#include <algorithm>

namespace chancery::core {

namespace {

Instant moment(std::string_view text) { return parse_instant(text).value(); }

Bytes salt_of(std::string_view word) {
  const auto digest = digest_of(word);
  return {digest.value.begin(), digest.value.end()};
}

// SubjectPublicKeyInfo of the base point of P-256 (FIPS 186-4 D.1.2.3): the public key of the private key 1.
constexpr const char* kBasePoint =
    "3059301306072a8648ce3d020106082a8648ce3d030107034200046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898"
    "c2"
    "964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

DesignatedKey key(KeyRole role, crypto::Suite suite, std::string_view word) {
  return {role,
          suite,
          digest_of(word),
          moment("2026-11-01T00:00:00.000Z"),
          moment("2027-11-01T00:00:00.000Z"),
          KeyState::active,
          std::nullopt};
}

}  // namespace

Digest digest_of(std::string_view word) { return crypto::sha256(as_bytes(word)); }

MessageId id_of(const Message& message) { return message_id(message.to_text(), message.created); }

Message sample_notice() {
  Message m;
  m.originator = "ru-example";
  m.recipients = {"kz-example"};
  m.agreement = "sco-2009";
  m.agreement_version = 1;
  m.kind = "threat-notice";
  m.directions = {"sco-2009/3/5"};
  m.threats = {"sco-2009/2/3"};
  m.labels = {{"ru-example", 1, "restricted", "", {}}};
  m.label_policy = digest_of("label policy ru-example/1");
  m.created = moment("2026-11-21T18:30:00.000Z");
  m.providers = {"ru-example"};
  m.languages = {"ru"};
  m.parts = 2;
  m.body_root = digest_of("body root of the notice");
  m.cek_commit = digest_of("cek commitment of the notice");
  m.cipher_root = digest_of("cipher root of the notice");
  m.wraps = digest_of("wraps of the notice");
  return m;
}

Message sample_message() {
  const auto source = sample_notice();
  Message m;
  m.originator = "cn-example";
  m.recipients = {"kz-example", "ru-example"};
  m.agreement = "sco-2009";
  m.agreement_version = 1;
  m.kind = "threat-notice";
  m.directions = {"sco-2009/3/16", "sco-2009/3/5"};
  m.threats = {"sco-2009/2/3"};
  m.labels = {{"cn-example", 1, "restricted", "2027-11-22", {"early-warning", "network"}},
              {"ru-example", 1, "restricted", "", {}}};
  m.label_policy = digest_of("label policy cn-example/1");
  m.releasable_to = {"kz-example", "ru-example"};
  m.precedence = Precedence::immediate;
  m.created = moment("2026-11-22T06:00:03.125Z");
  m.expires = moment("2026-12-22T06:00:03.125Z");
  m.thread = id_of(source);
  m.in_reply_to = id_of(source);
  m.providers = {"cn-example", "ru-example"};
  m.sources = {{id_of(source), Relation::quotes, {{0, 2}}, statement_digest(source.to_text())}};
  m.facts = {{"reissue-of", to_string(id_of(source))}};
  m.languages = {"ru", "zh"};
  m.attachments = {{digest_of("ciphertext of the attachment"), 262144}};
  m.parts = 4;
  m.body_root = digest_of("body root");
  m.cek_commit = digest_of("cek commitment");
  m.cipher_root = digest_of("cipher root");
  m.wraps = digest_of("wraps");
  return m;
}

std::vector<Digest> sample_part_digests() { return {digest_of("title"), digest_of("text"), digest_of("manifest")}; }

Receipt sample_receipt() {
  Receipt r;
  r.receiver = "ru-example";
  r.originator = "cn-example";
  r.message = id_of(sample_message());
  r.stage = Stage::delivered;
  r.time = moment("2026-11-22T06:00:04.250Z");
  r.entry = entry_leaf(sample_entry().to_text());
  r.salt = salt_of("salt of the receipt");
  return r;
}

Receipt sample_refusal() {
  auto r = sample_receipt();
  r.stage = Stage::refused;
  r.reasons = {"E-CONSENT-REQUIRED", "E-NOT-ADDRESSED"};
  return r;
}

Dispatch sample_dispatch() {
  Dispatch d;
  d.sender = "cn-example";
  d.recipient = "ru-example";
  d.sequence = 41;
  d.previous = digest_of("dispatch 40");
  d.item = DispatchMessage{id_of(sample_message())};
  d.salt = salt_of("salt of the dispatch");
  return d;
}

Dispatch sample_void() {
  auto d = sample_dispatch();
  d.sequence = 42;
  d.previous = statement_digest(sample_dispatch().to_text());
  d.item = DispatchVoid{41, "E-KEY-RETIRED"};
  return d;
}

Dispatch sample_restored() {
  auto d = sample_dispatch();
  d.epoch = 2;
  d.sequence = 1;
  d.previous = std::nullopt;
  d.item = DispatchRestored{1, 42, 17};
  return d;
}

Designation sample_designation() {
  Designation d;
  d.authority = "ru-example";
  d.party = "RU";
  d.kind = "competent-authority";
  d.agreements = {"cn-ru-2015", "sco-2009"};
  d.serial = 2;
  d.supersedes = digest_of("designation 1");
  d.valid_from = moment("2026-11-01T00:00:00.000Z");
  d.valid_to = moment("2027-11-01T00:00:00.000Z");
  d.directions = {"cn-ru-2015/3/5", "sco-2009/3/16", "sco-2009/3/5"};
  d.languages = {"en", "ru"};
  d.endpoint = "chancery.ru.example:7443";
  d.channel = "depositary";
  d.keys = {key(KeyRole::anchor, crypto::Suite::p256, "anchor"), key(KeyRole::log, crypto::Suite::ed25519, "log"),
            key(KeyRole::sign, crypto::Suite::p256, "sign"), key(KeyRole::tls, crypto::Suite::p256, "tls")};
  auto lost = key(KeyRole::sign, crypto::Suite::p256, "sign before");
  lost.state = KeyState::compromised;
  lost.since = moment("2026-11-10T00:00:00.000Z");
  d.keys.push_back(lost);
  std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
  return d;
}

SealKey sample_seal_key() {
  SealKey k;
  k.authority = "ru-example";
  k.designation = statement_digest(sample_designation().to_text());
  k.public_key = parse_hex(kBasePoint).value();
  k.from = moment("2026-11-20T00:00:00.000Z");
  k.to = moment("2026-12-20T00:00:00.000Z");
  k.accept_until = moment("2027-01-03T00:00:00.000Z");
  return k;
}

Permit sample_permit() {
  Permit p;
  p.provider = "cn-example";
  p.grant = id_of(sample_notice());
  p.original = id_of(sample_message());
  p.carrier = to_string(id_of(sample_notice()));
  p.relation = Relation::forwards;
  p.holder = "ru-example";
  p.receiver = "kz-example";
  p.extent = {{0, 2}};
  p.from = moment("2026-11-23T09:00:00.000Z");
  p.until = moment("2026-11-23T09:10:00.000Z");
  p.wrap = digest_of("wrap for kz-example");
  p.salt = salt_of("salt of the permit");
  return p;
}

Handling sample_handling() {
  Handling h;
  h.authority = "ru-example";
  h.message = id_of(sample_message());
  h.label = {"ru-example", 1, "restricted", "2027-06-01", {"network"}};
  h.label_policy = digest_of("label policy ru-example/1");
  h.previous = digest_of("handling before");
  h.time = moment("2026-11-22T08:00:00.000Z");
  h.salt = salt_of("salt of the handling");
  return h;
}

JournalEntry sample_entry() {
  JournalEntry e;
  e.time = moment("2026-11-22T06:00:04.250Z");
  e.actor = "peer:cn-example";
  e.act = Act::accepted;
  e.message = id_of(sample_message());
  e.subject = "cn-example";
  e.decision = "allow";
  e.data = digest_of("agreement data");
  e.content = statement_digest(sample_message().to_text());
  e.salt = salt_of("salt of the entry");
  return e;
}

}  // namespace chancery::core
