#include "tests/support/authorities.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "chancery/v1/desk.pb.h"
#include "daemon/config/load.h"
#include "daemon/core/kind.h"
#include "daemon/service/seal_keys.h"
#include "daemon/wire/draft.h"

namespace chancery::test {

namespace {

// A fixture that cannot be built is a broken test, and says so at once.
template <class T>
T must(Result<T> result, const char* what) {
  if (!result.has_value()) {
    std::cerr << what << ": " << result.error().detail << std::endl;
    std::abort();
  }
  return std::move(*result);
}

void must(const Result<void>& result, const char* what) {
  if (result.has_value()) return;
  std::cerr << what << ": " << result.error().detail << std::endl;
  std::abort();
}

std::filesystem::path make_directory() {
  auto name = (std::filesystem::temp_directory_path() / "chancery-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

// "cn-example" is of Party CN, and CN numbers its messages.
std::string party_of(const std::string& id) {
  auto party = id.substr(0, 2);
  for (auto& c : party) c = static_cast<char>(c - 'a' + 'A');
  return party;
}

const Instant kFrom = parse_instant("2026-01-01T00:00:00.000Z").value();
const Instant kTo = parse_instant("2028-01-01T00:00:00.000Z").value();

struct Pair {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
};

Pair make_pair(const std::string& name, crypto::CertificateUse use, Pair* issuer) {
  auto key = must(crypto::PrivateKey::generate(crypto::Suite::p256), "generate");
  auto& signer = issuer != nullptr ? issuer->key : key;
  auto certificate = must(crypto::issue_certificate({name, use, kFrom, kTo}, key.public_key(), signer,
                                                    issuer != nullptr ? &issuer->certificate : nullptr),
                          "issue");
  return {std::move(key), std::move(certificate)};
}

Pair same_as(const Pair& pair) {
  return {must(crypto::PrivateKey::from_pem(pair.key.to_pem().view()), "key"), pair.certificate};
}

core::DesignatedKey designated(core::KeyRole role, const crypto::Certificate& certificate) {
  return {role, crypto::Suite::p256, certificate.id(), kFrom, kTo, core::KeyState::active, std::nullopt};
}

void add_agreements(const std::string& party, core::Designation& d) {
  for (const auto& agreement : example_book()->agreements()) {
    if (!agreement.bound(party, example_time())) continue;
    d.agreements.push_back(agreement.id);
    for (const auto& item : agreement.items)
      if (item.kind == core::ItemKind::direction) d.directions.push_back(item.code);
  }
  std::sort(d.agreements.begin(), d.agreements.end());
  std::sort(d.directions.begin(), d.directions.end());
}

core::JournalEntry entry_of(const std::string& actor, core::Act act, const std::string& subject) {
  core::JournalEntry entry;
  entry.actor = actor;
  entry.act = act;
  entry.subject = subject;
  return entry;
}

Bytes der_of(const crypto::Certificate& certificate) { return {certificate.der().begin(), certificate.der().end()}; }

store::DesignationRecord record_of(const wire::DesignationItem& item) {
  return {{item.statement, item.signature, item.path}, item.certificates};
}

}  // namespace

std::shared_ptr<const core::AgreementBook> example_book() {
  static const auto book = [] {
    const std::string root = CHANCERY_SOURCE_DIR;
    auto loaded = config::load_agreements(root + "/config", root + "/config/demo/party_status.toml");
    if (!loaded.has_value()) {
      for (const auto& fault : loaded.error()) std::cerr << config::to_string(fault) << std::endl;
      std::abort();
    }
    return std::make_shared<const core::AgreementBook>(std::move(*loaded));
  }();
  return book;
}

Instant example_time() { return parse_instant("2026-11-22T06:00:00.000Z").value(); }

struct ExampleAuthority::Keys {
  Pair anchor;
  Pair tls;
  Pair sign;
  Pair evidence;
  crypto::PrivateKey log;
  crypto::SecretBytes storage;
  crypto::SecretBytes database;

  [[nodiscard]] core::Designation designation(const std::string& id) const {
    core::Designation d;
    d.authority = id;
    d.party = party_of(id);
    d.kind = "competent-authority";
    d.valid_from = kFrom;
    d.valid_to = kTo;
    add_agreements(d.party, d);
    d.languages = {"en", "ru", "zh"};
    d.endpoint = "127.0.0.1:8443";
    d.channel = "depositary";
    d.keys = {designated(core::KeyRole::anchor, anchor.certificate), designated(core::KeyRole::tls, tls.certificate),
              designated(core::KeyRole::sign, sign.certificate),
              designated(core::KeyRole::evidence, evidence.certificate)};
    d.keys.push_back({core::KeyRole::log, crypto::Suite::ed25519, log.public_key().id(), kFrom, kTo,
                      core::KeyState::active, std::nullopt});
    std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
    return d;
  }

  [[nodiscard]] wire::DesignationItem signed_item(const core::Designation& d, Instant now,
                                                  crypto::RandomSource& random) {
    const auto text = d.to_text();
    const auto batch = must(crypto::sign_batch(d.authority, anchor.key, anchor.certificate.id(),
                                               {core::statement_digest(text)}, now, random),
                            "sign designation");
    return {
        batch.signature,
        batch.path(0),
        text,
        {der_of(anchor.certificate), der_of(tls.certificate), der_of(sign.certificate), der_of(evidence.certificate)}};
  }
};

ExampleAuthority::ExampleAuthority(const std::string& id, const Clock& clock, crypto::RandomSource& random,
                                   const char* vfs, const ExampleAuthority* colleague)
    : directory_(make_directory()), clock_(clock), random_(random), vfs_(vfs) {
  auto anchor = colleague != nullptr ? same_as(colleague->keys_->anchor)
                                     : make_pair(id + " anchor", crypto::CertificateUse::anchor, nullptr);
  auto tls = make_pair(id, crypto::CertificateUse::tls, &anchor);
  auto sign = make_pair(id + " sign", crypto::CertificateUse::sign, &anchor);
  auto evidence = make_pair(id + " evidence", crypto::CertificateUse::evidence, &anchor);
  keys_ = std::make_unique<Keys>(Keys{std::move(anchor), std::move(tls), std::move(sign), std::move(evidence),
                                      must(crypto::PrivateKey::generate(crypto::Suite::ed25519), "generate"),
                                      random.secret(32), random.secret(32)});
  identity_ = {id, party_of(id), party_of(id), id, keys_->sign.certificate.id()};
  designation_ = keys_->signed_item(keys_->designation(id), clock.now(), random);
  open();
  const auto entry = entry_of("daemon", core::Act::designation_recorded, id);
  must(store_->run<void>(0,
                         [&](store::Transaction& tx) { return tx.record_designation(record_of(designation_), entry); }),
       "record own designation");
  renew_seal_key();
}

ExampleAuthority::~ExampleAuthority() {
  quotations_.reset();
  store_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

service::Quotations& ExampleAuthority::quotations() {
  if (!quotations_) quotations_ = std::make_unique<service::Quotations>(node());
  return *quotations_;
}

service::Node ExampleAuthority::node() {
  return {identity_, *store_, example_book, clock_, random_, keys_->storage, [](const service::LogLine&) {}};
}

crypto::Certificate ExampleAuthority::anchor() const { return keys_->anchor.certificate; }

void ExampleAuthority::open() {
  store::Seams seams{clock_,          random_,
                     keys_->sign.key, keys_->sign.certificate.id(),
                     keys_->log,      [](const Error& error) { std::cerr << "store: " << error.detail << std::endl; }};
  store_ = must(store::Store::open({directory_, identity_.authority, vfs_}, keys_->database, std::move(seams)), "open");
}

void ExampleAuthority::restart(const std::function<void()>& while_closed) {
  quotations_.reset();
  store_.reset();
  if (while_closed) while_closed();
  open();
}

Result<store::FsckReport> ExampleAuthority::fsck() {
  quotations_.reset();
  store_.reset();
  auto report = store::fsck({directory_, identity_.authority, vfs_}, keys_->database, keys_->log.public_key());
  open();
  return report;
}

crypto::Signer& ExampleAuthority::log_key() { return keys_->log; }

void ExampleAuthority::renew_seal_key() { must(service::SealKeys(node()).renew(), "seal key"); }

void ExampleAuthority::knows(ExampleAuthority& other) {
  const auto& item = other.designation_;
  const auto seal_keys = must(other.store().reader().seal_keys(other.id()), "seal keys");
  const auto introduced = [&](store::Transaction& tx) -> Result<void> {
    const std::string actor = "administrator";
    CHECK_OK(tx.record_peer({other.id(), core::PeerState::active, item.certificates.front()},
                            entry_of(actor, core::Act::peer_verified, other.id())));
    CHECK_OK(tx.record_designation(record_of(item), entry_of(actor, core::Act::designation_recorded, other.id())));
    for (const auto& key : seal_keys)
      CHECK_OK(tx.record_seal_key({key.statement, {}}, std::nullopt,
                                  entry_of("peer:" + other.id(), core::Act::seal_key_issued, other.id())));
    return {};
  };
  must(store_->run<void>(0, introduced), "introduce");
}

crypto::SignedStatement ExampleAuthority::sign(const std::string& statement, core::KeyRole role, Instant at,
                                               const std::string& signer) const {
  auto& pair = role == core::KeyRole::evidence ? keys_->evidence : keys_->sign;
  const auto batch = must(crypto::sign_batch(signer.empty() ? id() : signer, pair.key, pair.certificate.id(),
                                             {core::statement_digest(statement)}, at, random_),
                          "sign");
  return {statement, batch.signature, batch.path(0)};
}

wire::DesignationItem ExampleAuthority::redesignated(const std::function<void(core::Designation&)>& change) const {
  auto d = must(core::Designation::parse(designation_.statement), "designation");
  d.serial += 1;
  d.supersedes = core::statement_digest(designation_.statement);
  change(d);
  return keys_->signed_item(d, clock_.now(), random_);
}

void introduce(const std::vector<ExampleAuthority*>& authorities) {
  for (auto* one : authorities)
    for (auto* other : authorities)
      if (one != other) one->knows(*other);
}

core::User officer(const std::string& name, const std::string& clearance) {
  return {name, core::Role::officer, clearance};
}
core::User approver(const std::string& name, const std::string& clearance) {
  return {name, core::Role::approver, clearance};
}
core::User auditor() { return {"auditor", core::Role::auditor, ""}; }
core::User administrator() { return {"administrator", core::Role::administrator, ""}; }

Bytes draft_bytes(const DraftOptions& options) {
  v1::Draft draft;
  for (const auto& recipient : options.recipients) draft.add_recipients(recipient);
  draft.set_agreement("sco-2009");
  draft.set_kind(options.kind);
  const auto* kind = core::find_kind(options.kind);
  if (kind == nullptr || kind->needs_direction) draft.add_directions("sco-2009/3/5");
  if (options.kind == "threat-notice") draft.add_threats("sco-2009/2/3");
  draft.set_label(options.label);
  draft.set_expires(options.expires);
  for (const auto& [message, relation] : options.sources) {
    auto& source = *draft.add_sources();
    source.set_message(message);
    source.set_relation(relation);
    source.set_extent(options.extent);
  }
  for (const auto& [name, value] : options.facts) {
    auto& fact = *draft.add_facts();
    fact.set_name(name);
    fact.set_value(value);
  }
  for (const auto& value : options.indicators) {
    auto& indicator = *draft.add_indicators();
    indicator.set_type("ipv4");
    indicator.set_value(value);
  }
  for (const auto& [message, reason] : options.independent) {
    auto& source = *draft.add_independent();
    source.set_message(message);
    source.set_reason(reason);
  }
  auto& text = *draft.add_texts();
  text.set_language("ru");
  text.set_status(v1::TEXT_STATUS_ORIGINAL);
  text.set_title(options.title);
  text.set_body(options.body);
  if (!options.in_chinese.empty()) {
    auto& second = *draft.add_texts();
    second.set_language("zh");
    second.set_status(v1::TEXT_STATUS_UNOFFICIAL);
    second.set_title("示例");
    second.set_body(options.in_chinese);
  }
  return wire::carried_bytes(draft);
}

wire::Submission submission(const DraftOptions& options, std::uint64_t number) {
  return {draft_bytes(options), concat({Bytes(8), u64be(number)}), std::nullopt};
}

}  // namespace chancery::test
