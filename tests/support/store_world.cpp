#define SQLITE_HAS_CODEC 1
#include "tests/support/store_world.h"

#include <sqlcipher/sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "crypto/sealing.h"
#include "daemon/core/registry_number.h"

namespace chancery::test {

namespace {

const Instant kStart = parse_instant("2026-11-22T06:00:00.000Z").value();
const Instant kFrom = parse_instant("2026-01-01T00:00:00.000Z").value();
const Instant kTo = parse_instant("2028-01-01T00:00:00.000Z").value();

std::filesystem::path make_directory() {
  auto name = (std::filesystem::temp_directory_path() / "chancery-store-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

core::DesignatedKey designated(core::KeyRole role, const crypto::Certificate& certificate) {
  return {role, crypto::Suite::p256, certificate.id(), kFrom, kTo, core::KeyState::active, std::nullopt};
}

Bytes der_of(const crypto::Certificate& certificate) { return {certificate.der().begin(), certificate.der().end()}; }

}  // namespace

SigningAuthority::SigningAuthority(const std::string& authority)
    : id(authority),
      anchor_key(crypto::PrivateKey::generate(crypto::Suite::p256).value()),
      anchor(crypto::issue_certificate({id + " anchor", crypto::CertificateUse::anchor, kFrom, kTo},
                                       anchor_key.public_key(), anchor_key, nullptr)
                 .value()),
      sign_key(crypto::PrivateKey::generate(crypto::Suite::p256).value()),
      certificate(crypto::issue_certificate({id + " sign", crypto::CertificateUse::sign, kFrom, kTo},
                                            sign_key.public_key(), anchor_key, &anchor)
                      .value()) {}

crypto::SignedStatement SigningAuthority::sign(const std::string& statement, Instant now,
                                               crypto::RandomSource& random) {
  auto batch = crypto::sign_batch(id, sign_key, certificate.id(), {core::statement_digest(statement)}, now, random);
  return {statement, batch.value().signature, batch->path(0)};
}

store::DesignationRecord SigningAuthority::designation(Instant now, crypto::RandomSource& random) {
  core::Designation d;
  d.authority = id;
  d.party = id.substr(0, 2) == "cn" ? "CN" : "RU";
  d.kind = "competent-authority";
  d.agreements = {"sco-2009"};
  d.valid_from = kFrom;
  d.valid_to = kTo;
  d.directions = {"sco-2009/3/1"};
  d.languages = {"ru"};
  d.endpoint = "127.0.0.1:8443";
  d.channel = "depositary";
  d.keys = {designated(core::KeyRole::anchor, anchor), designated(core::KeyRole::sign, certificate)};
  std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
  const auto text = d.to_text();
  auto batch = crypto::sign_batch(id, anchor_key, anchor.id(), {core::statement_digest(text)}, now, random);
  return {{text, batch.value().signature, batch->path(0)}, {der_of(anchor), der_of(certificate)}};
}

core::JournalEntry entry_of(core::Act act, const std::optional<core::MessageId>& message,
                            const std::string& statement) {
  core::JournalEntry entry;
  entry.actor = "li";
  entry.act = act;
  entry.message = message;
  if (!statement.empty()) entry.content = core::statement_digest(statement);
  return entry;
}

StoreWorld::StoreWorld()
    : directory(make_directory()),
      clock(kStart),
      random(1),
      self("cn-example"),
      peer("ru-example"),
      signer(self.sign_key),
      log_key(crypto::PrivateKey::generate(crypto::Suite::ed25519).value()),
      database_key(random.secret(32)) {}

StoreWorld::~StoreWorld() {
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  std::filesystem::remove(checkpoint_file(), ignored);
}

Result<std::unique_ptr<store::Store>> StoreWorld::open(const char* on_vfs) {
  vfs = on_vfs;
  return store::Store::open(options(), database_key,
                            {clock, random, signer, self.certificate.id(), log_key,
                             [this](const Error& error) { failures.push_back(error); }});
}

Result<store::FsckReport> StoreWorld::fsck() {
  vfs = nullptr;
  return store::fsck(options(), database_key, log_key.public_key());
}

Result<void> StoreWorld::introduce(store::Store& store) {
  return store
      .run<std::monostate>(0,
                           [this](store::Transaction& tx) -> Result<std::monostate> {
                             CHECK_OK(tx.record_designation(self.designation(tx.now(), random),
                                                            entry_of(core::Act::designation_recorded)));
                             CHECK_OK(tx.record_peer({peer.id, core::PeerState::active, der_of(peer.anchor)},
                                                     entry_of(core::Act::peer_added)));
                             CHECK_OK(tx.record_designation(peer.designation(tx.now(), random),
                                                            entry_of(core::Act::designation_recorded)));
                             return std::monostate();
                           })
      .map([](std::monostate) {});
}

store::MessageRecord StoreWorld::message(const std::string& originator, std::uint64_t number, std::size_t size) const {
  store::MessageRecord m;
  Bytes part = to_bytes("part " + std::to_string(number));
  part.resize(std::max(part.size(), size), 0x5a);
  m.ciphertexts = {part};
  m.wraps = to_bytes("wraps");
  m.sealed_key = to_bytes("sealed key");
  core::Message s;
  s.originator = originator;
  s.recipients = {originator == "cn-example" ? "ru-example" : "cn-example"};
  s.agreement = "sco-2009";
  s.agreement_version = 1;
  s.kind = "information";
  s.directions = {"sco-2009/3/1"};
  s.labels = {{originator, 1, "open", "", {}}};
  s.created = clock.now();
  s.providers = {originator};
  s.languages = {"ru"};
  s.parts = 1;
  s.cipher_root = crypto::cipher_root(m.ciphertexts);
  s.wraps = crypto::sha256(m.wraps);
  m.statement.statement = s.to_text();
  m.id = core::message_id(m.statement.statement, s.created);
  return m;
}

Result<Sent> StoreWorld::release(store::Transaction& tx, std::uint64_t number, std::size_t size) const {
  auto record = message("cn-example", number, size);
  Sent sent;
  const auto counted = TRY(tx.next_number("CN", 2026));
  sent.id = record.id;
  sent.number = core::RegistryNumber{"CN", 2026, static_cast<std::uint32_t>(counted)}.text();
  record.number = sent.number;
  sent.leaf = TRY(tx.sign(record.statement.statement));
  TRY(tx.record_outbound(record, sent.leaf, entry_of(core::Act::released, record.id, record.statement.statement)));
  sent.sequence = TRY(tx.record_dispatch("ru-example", core::DispatchMessage{record.id}, core::Precedence::routine));
  return sent;
}

Result<Sent> StoreWorld::send(store::Store& store, std::uint64_t number) {
  return store.run<Sent>(2, [this, number](store::Transaction& tx) { return release(tx, number); });
}

Result<core::Receipt> StoreWorld::take_in(store::Store& store, std::uint64_t number) {
  auto m = message("ru-example", number);
  m.statement = peer.sign(m.statement.statement, clock.now(), random);
  return store.run<core::Receipt>(1, [&](store::Transaction& tx) -> Result<core::Receipt> {
    m.number = "IN-2026-000" + std::to_string(TRY(tx.next_number("IN", 2026)));
    core::Receipt r;
    r.receiver = "cn-example";
    r.originator = "ru-example";
    r.message = m.id;
    r.time = tx.now();
    r.entry = TRY(tx.record_inbound(m, entry_of(core::Act::accepted, m.id, m.statement.statement)));
    r.salt = tx.random().bytes(crypto::kSaltSize);
    TRY(tx.issue_receipt(r));
    return r;
  });
}

store::ReceiptRecord StoreWorld::receipt(const core::MessageId& id, core::Stage stage,
                                         const std::vector<std::string>& reasons) {
  core::Receipt r;
  r.receiver = "ru-example";
  r.originator = "cn-example";
  r.message = id;
  r.stage = stage;
  r.time = clock.now();
  r.reasons = reasons;
  r.salt = random.bytes(32);
  return {r, peer.sign(r.to_text(), clock.now(), random)};
}

namespace {

void execute(sqlite3* db, const std::string& sql) {
  if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return;
  std::cerr << "store world: " << sqlite3_errmsg(db) << std::endl;
  std::abort();
}

// As anybody opens it who holds file and key.
sqlite3* open_raw(const std::filesystem::path& file, const crypto::SecretBytes& database_key) {
  sqlite3* db = nullptr;
  const auto key = "x'" + to_hex(database_key.view()) + "'";
  if (sqlite3_open(file.c_str(), &db) != SQLITE_OK ||
      sqlite3_key(db, key.data(), static_cast<int>(key.size())) != SQLITE_OK)
    std::abort();
  execute(db, "PRAGMA cipher_page_size = 8192; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;");
  return db;
}

}  // namespace

void StoreWorld::tamper(const std::string& sql) const {
  auto* db = open_raw(file("chancery.db"), database_key);
  execute(db, sql);
  sqlite3_close(db);
}

void StoreWorld::while_locked(const std::function<void()>& what) const {
  auto* db = open_raw(file("chancery.db"), database_key);
  execute(db, "BEGIN IMMEDIATE");
  what();
  execute(db, "ROLLBACK");
  sqlite3_close(db);
}

}  // namespace chancery::test
