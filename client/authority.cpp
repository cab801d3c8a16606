#include "client/authority.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "client/files.h"
#include "client/table.h"

namespace chancery::client {

namespace {

constexpr Duration kAnchorLife = days(3650);
// So that a peer whose clock is a little behind can use them at once.
constexpr Duration kBackdated = minutes(5);

constexpr std::array<const char*, 2> kSymmetric = {"storage", "database"};

template <class T>
Outcome<T> made(Result<T> result) {
  return or_fault(std::move(result), "E-INTERNAL");
}

Outcome<void> write_secret(const std::string& path, BytesView secret) {
  return or_fault(crypto::write_secret_file(path, secret), "E-FILE", {{"path", path}});
}

Outcome<crypto::PrivateKey> new_key(const std::string& path, crypto::Suite suite) {
  auto key = TRY(made(crypto::PrivateKey::generate(suite)));
  CHECK_OK(write_secret(path, key.to_pem().view()));
  return key;
}

core::DesignatedKey designated(core::KeyRole role, crypto::Suite suite, const Digest& id, Instant from, Instant to) {
  return {role, suite, id, from, to, core::KeyState::active, std::nullopt};
}

// Makes keys one after the other and remembers what the designation has to say about them.
class Maker {
 public:
  Maker(const AuthorityPlan& plan, std::optional<crypto::PublicKey> token_key, Instant now)
      : plan_(plan), token_key_(std::move(token_key)), from_(now - kBackdated) {}

  Outcome<Digest> make(crypto::RandomSource& random) {
    CHECK_OK(make_folders());
    auto anchor_key = TRY(open_anchor_key());
    const auto anchor = TRY(make_anchor(anchor_key));
    CHECK_OK(write_new_file(plan_.directory + "/keys/anchor.pem", anchor.pem()));
    for (const auto role : kCertified) keys_.push_back(TRY(make_certified(role, anchor_key, anchor)));
    for (const auto role : kBare) CHECK_OK(make_bare(role));
    if (plan_.sign_key) CHECK_OK(copy_pin(*plan_.sign_key, plan_.directory + "/keys/token.pin"));
    for (const auto* name : kSymmetric)
      CHECK_OK(write_secret(plan_.directory + "/keys/" + name + ".key", random.secret(32).view()));
    CHECK_OK(write_new_file(draft_path(plan_.directory), designation()));
    return anchor.id();
  }

 private:
  Outcome<void> make_folders() const {
    if (std::filesystem::exists(plan_.directory + "/daemon.toml"))
      return fault("E-FILE-EXISTS", {{"path", plan_.directory + "/daemon.toml"}});
    if (!plan_.predecessor) CHECK_OK(make_private_folder(plan_.directory + "/anchor"));
    for (const auto* folder : {"/keys", "/admin", "/state"}) CHECK_OK(make_private_folder(plan_.directory + folder));
    return {};
  }

  // A successor is designated by the anchor that is there.
  Outcome<crypto::PrivateKey> open_anchor_key() const {
    if (!plan_.predecessor) return new_key(plan_.directory + "/anchor/anchor.key", plan_.suite);
    return or_fault(crypto::PrivateKey::load(plan_.predecessor->anchor_key), "E-KEY-FILE",
                    {{"path", plan_.predecessor->anchor_key}});
  }

  Outcome<crypto::Certificate> make_anchor(crypto::PrivateKey& key) {
    if (plan_.predecessor) {
      keys_.push_back(plan_.predecessor->line);
      return plan_.predecessor->anchor;
    }
    const crypto::CertificateRequest request{plan_.party + " anchor", crypto::CertificateUse::anchor, from_,
                                             from_ + kAnchorLife};
    const auto anchor = TRY(made(crypto::issue_certificate(request, key.public_key(), key, nullptr)));
    CHECK_OK(write_new_file(plan_.directory + "/anchor/anchor.pem", anchor.pem()));
    keys_.push_back(designated(core::KeyRole::anchor, plan_.suite, anchor.id(), from_, from_ + kAnchorLife));
    return anchor;
  }

  // A new key in a file, or for `sign` the one in the token.
  Outcome<core::DesignatedKey> make_certified(core::KeyRole role, crypto::PrivateKey& anchor_key,
                                              const crypto::Certificate& anchor) const {
    const auto stem = plan_.directory + "/keys/" + core::to_string(role);
    const auto now = from_ + kBackdated;
    if (role == core::KeyRole::sign && token_key_)
      return designate_key(stem, plan_.authority, role, *token_key_, anchor_key, anchor, now);
    return make_designated_key(stem, {plan_.authority, role, plan_.suite}, anchor_key, anchor, now);
  }

  Outcome<void> make_bare(core::KeyRole role) {
    const auto path = plan_.directory + "/keys/" + core::to_string(role) + ".key";
    const auto key = TRY(new_key(path, crypto::Suite::ed25519));
    keys_.push_back(designated(role, crypto::Suite::ed25519, key.public_key().id(), from_, from_ + kCertificateLife));
    return {};
  }

  std::string designation() {
    std::sort(keys_.begin(), keys_.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
    core::Designation d;
    d.authority = plan_.authority;
    d.party = plan_.party;
    d.kind = "competent-authority";
    d.agreements = plan_.agreements;
    d.succeeds = plan_.predecessor ? plan_.predecessor->authority : std::string();
    d.valid_from = plan_.predecessor ? plan_.predecessor->from : from_;
    d.valid_to = from_ + kCertificateLife;
    d.directions = plan_.directions;
    d.languages = plan_.languages;
    d.endpoint = plan_.endpoint;
    d.channel = plan_.channel;
    d.keys = keys_;
    return d.to_text();
  }

  const AuthorityPlan& plan_;
  const std::optional<crypto::PublicKey> token_key_;
  Instant from_;
  std::vector<core::DesignatedKey> keys_;
};

// A TOML basic string: what is not printable ASCII cannot stand in it by itself.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Looked at before anything is written.
Outcome<void> check_anchor_key(const AuthorityPlan& plan) {
  if (!plan.predecessor) return {};
  const auto& path = plan.predecessor->anchor_key;
  const auto key = TRY(or_fault(crypto::PrivateKey::load(path), "E-KEY-FILE", {{"path", path}}));
  if (key.public_key().id() == plan.predecessor->anchor.public_key().id()) return {};
  return fault("E-ANCHOR-KEY", {{"path", path}, {"subject", plan.predecessor->authority}});
}

std::string settings_text(const AuthorityPlan& plan) {
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"authority", plan.authority},
      {"party", plan.party},
      {"number_prefix", plan.number_prefix},
      {"label_policy", plan.label_policy},
      {"state_directory", "state"},
      {"checkpoint_file", "checkpoint"},
      {"keys_directory", "keys"},
      {"data_directory", plan.data},
      {"party_status", plan.party_status},
      {"administrator", "admin/administrator.pem"},
      {"desk_socket", "desk.sock"},
      {"metrics_socket", "metrics.sock"},
      {"peer_listen", plan.endpoint},
  };
  std::string out = "# Settings of the daemon; every key is explained in daemon.example.toml.\n";
  for (const auto& [key, value] : lines) out += key + " = " + quoted(value) + "\n";
  return plan.sign_key ? out + "\n" + token_section(*plan.sign_key) : out;
}

}  // namespace

Outcome<Digest> make_authority(const AuthorityPlan& plan, Instant now, crypto::RandomSource& random) {
  CHECK_OK(check_anchor_key(plan));
  // Before anything is written.
  std::optional<crypto::PublicKey> token_key;
  if (plan.sign_key) token_key = TRY(open_token_key(*plan.sign_key, plan.suite));
  const auto fingerprint = TRY(Maker(plan, std::move(token_key), now).make(random));
  TRY(make_person("administrator", plan.directory + "/admin/administrator", now));
  // Last: a folder without settings is one that was not finished.
  CHECK_OK(write_new_file(plan.directory + "/daemon.toml", settings_text(plan)));
  return fingerprint;
}

Outcome<core::DesignatedKey> make_designated_key(const std::string& stem, const CertifiedKey& wanted,
                                                 crypto::PrivateKey& anchor_key, const crypto::Certificate& anchor,
                                                 Instant now) {
  const auto key = TRY(new_key(stem + ".key", wanted.suite)).public_key();
  return designate_key(stem, wanted.authority, wanted.role, key, anchor_key, anchor, now);
}

Outcome<core::DesignatedKey> designate_key(const std::string& stem, const std::string& authority, core::KeyRole role,
                                           const crypto::PublicKey& key, crypto::PrivateKey& anchor_key,
                                           const crypto::Certificate& anchor, Instant now) {
  const auto from = now - kBackdated, to = from + kCertificateLife;
  const auto use = role == core::KeyRole::tls    ? crypto::CertificateUse::tls
                   : role == core::KeyRole::sign ? crypto::CertificateUse::sign
                                                 : crypto::CertificateUse::evidence;
  // The name of a tls certificate is a DNS name too.
  const auto name = role == core::KeyRole::tls ? authority : authority + " " + core::to_string(role);
  const auto certificate = TRY(made(crypto::issue_certificate({name, use, from, to}, key, anchor_key, &anchor)));
  CHECK_OK(write_new_file(stem + ".pem", certificate.pem()));
  return designated(role, key.suite(), certificate.id(), from, to);
}

Outcome<crypto::PublicKey> open_token_key(const crypto::TokenKeyPlace& place, crypto::Suite suite) {
  auto key = TRY(or_fault(crypto::TokenSigner::open(place), "E-TOKEN-KEY", {{"subject", place.uri}}))->public_key();
  if (key.suite() == suite) return key;
  const auto detail =
      std::string("it is of suite ") + crypto::to_string(key.suite()) + ", not " + crypto::to_string(suite);
  return fault("E-TOKEN-KEY", {{"subject", place.uri}, {"detail", detail}});
}

Outcome<void> copy_pin(const crypto::TokenKeyPlace& place, const std::string& path) {
  const auto& from = place.pin_file;
  const auto pin = TRY(or_fault(crypto::read_secret_file(from), "E-KEY-FILE", {{"path", from}}));
  return write_secret(path, pin.view());
}

std::string token_section(const crypto::TokenKeyPlace& place) {
  return "[token]\nsign_key = " + quoted(place.uri) + "\nmodule = " + quoted(place.module) + "\n";
}

Outcome<crypto::Certificate> make_person(const std::string& name, const std::string& stem, Instant now) {
  auto key = TRY(made(crypto::PrivateKey::generate(crypto::Suite::p256)));
  const crypto::CertificateRequest request{name, crypto::CertificateUse::user, now - kBackdated,
                                           now - kBackdated + kCertificateLife};
  auto certificate = TRY(made(crypto::issue_certificate(request, key.public_key(), key, nullptr)));
  if (std::filesystem::exists(stem + ".pem")) return fault("E-FILE-EXISTS", {{"path", stem + ".pem"}});
  CHECK_OK(write_secret(stem + ".key", key.to_pem().view()));
  CHECK_OK(write_new_file(stem + ".pem", certificate.pem()));
  return certificate;
}

std::string bundle_path(const std::string& directory) { return directory + "/keys/designation.bundle"; }
std::string draft_path(const std::string& directory) { return directory + "/designation.draft"; }

Outcome<crypto::Certificate> read_certificate_file(const std::string& path) {
  const auto pem = TRY(read_file(path));
  return or_fault(crypto::Certificate::from_pem(pem), "E-FILE", {{"path", path}});
}

}  // namespace chancery::client
