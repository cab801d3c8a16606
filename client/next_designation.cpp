#include "client/next_designation.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "client/files.h"
#include "client/toml_file.h"

namespace chancery::client {

namespace {

namespace fs = std::filesystem;

std::string next_stem(const std::string& directory, const std::string& role) {
  return directory + "/keys/next/" + role;
}
std::string stem_of(const std::string& directory, const std::string& role) { return directory + "/keys/" + role; }

Outcome<void> file_done(const std::error_code& error, const std::string& path) {
  if (!error) return {};
  return fault("E-FILE", {{"path", path}, {"detail", error.message()}});
}

bool is_rotated(const NextDesignation& next, core::KeyRole role) {
  return std::find(next.rotate.begin(), next.rotate.end(), role) != next.rotate.end();
}

// A draft is there after every signing; one that is not signed yet is not thrown away.
Outcome<void> drop_signed_draft(const std::string& directory, const DesignationBundle& current) {
  const auto path = draft_path(directory);
  if (!fs::exists(path)) return {};
  if (TRY(read_file(path)) != current.designation.to_text()) return fault("E-DESIGNATION-OPEN", {{"path", path}});
  std::error_code error;
  fs::remove(path, error);
  return file_done(error, path);
}

Outcome<crypto::PrivateKey> open_anchor_key(const DesignationBundle& current, const std::string& path) {
  auto key = TRY(or_fault(crypto::PrivateKey::load(path), "E-KEY-FILE", {{"path", path}}));
  if (key.public_key().id() == current.anchor().public_key().id()) return key;
  return fault("E-ANCHOR-KEY", {{"path", path}, {"subject", current.designation.authority}});
}

// What has not ended stays; of what is rotated until the overlap ends.
std::vector<core::DesignatedKey> kept_keys(const core::Designation& before, const NextDesignation& next, Instant now) {
  std::vector<core::DesignatedKey> keys;
  for (auto key : before.keys) {
    if (key.to <= now || (next.withdraw && key.role != core::KeyRole::anchor)) continue;
    if (is_rotated(next, key.role)) key.to = std::max(key.from + Duration{1}, std::min(key.to, now + next.overlap));
    keys.push_back(key);
  }
  return keys;
}

// No certificate bounds these: they are named as long as the others, and again after a withdrawal.
Outcome<void> name_bare_keys(const std::string& directory, Instant now, core::Designation& d) {
  for (const auto role : kBare) {
    const auto to = now + kCertificateLife;
    const auto named = std::find_if(d.keys.begin(), d.keys.end(), [&](const auto& key) { return key.role == role; });
    if (named != d.keys.end()) {
      named->to = std::max(named->to, to);
      continue;
    }
    const auto path = stem_of(directory, core::to_string(role)) + ".key";
    const auto key = TRY(or_fault(crypto::PrivateKey::load(path), "E-KEY-FILE", {{"path", path}}));
    d.keys.push_back({role, key.public_key().suite(), key.public_key().id(), now, to, core::KeyState::active, {}});
  }
  return {};
}

// Only where it is asked for nothing is named to be reached or to sign by.
Outcome<void> check_named(const core::Designation& d, const NextDesignation& next) {
  for (const auto role : {core::KeyRole::tls, core::KeyRole::sign}) {
    const auto is_it = [role](const core::DesignatedKey& key) { return key.role == role; };
    if (!is_rotated(next, role) && std::none_of(d.keys.begin(), d.keys.end(), is_it))
      return fault("E-USAGE-MISSING",
                   {{"name", std::string("--rotate ") + core::to_string(role)}, {"words", "designation next"}});
  }
  return {};
}

// New ones, those in use, and what stands in the bundle in force.
Outcome<std::vector<crypto::Certificate>> known_certificates(const std::string& directory) {
  std::vector<crypto::Certificate> known;
  for (const auto* folder : {"/keys/", "/keys/next/"})
    for (const auto role : kCertified) {
      const auto path = directory + folder + core::to_string(role) + ".pem";
      if (fs::exists(path)) known.push_back(TRY(read_certificate_file(path)));
    }
  if (!fs::exists(bundle_path(directory))) return known;
  const auto bundle = TRY(or_fault(open_bundle(TRY(read_file(bundle_path(directory)))), "E-DESIGNATION",
                                   {{"path", bundle_path(directory)}}));
  known.insert(known.end(), bundle.certificates.begin(), bundle.certificates.end());
  return known;
}

// That of the key before it; of its anchor where there is none, after a withdrawal.
crypto::Suite suite_of(const DesignationBundle& current, core::KeyRole role) {
  for (const auto& key : current.designation.keys)
    if (key.role == role) return key.suite;
  return current.anchor().public_key().suite();
}

// Without settings in the folder nothing is known of a token.
Outcome<bool> signs_by_token(const std::string& settings) {
  if (!fs::exists(settings)) return false;
  return !TRY(read_toml(settings))["token"]["sign_key"].value_or(std::string()).empty();
}

// The new signing key when it is in a token; where one is in use already, a new one in a file would never be opened.
Outcome<std::optional<crypto::PublicKey>> token_key_of(const std::string& directory, const DesignationBundle& current,
                                                       const NextDesignation& next) {
  const auto settings = directory + "/daemon.toml";
  if (!is_rotated(next, core::KeyRole::sign)) return std::optional<crypto::PublicKey>();
  if (next.sign_key) return std::optional(TRY(open_token_key(*next.sign_key, suite_of(current, core::KeyRole::sign))));
  if (TRY(signs_by_token(settings))) return fault("E-TOKEN-IN-USE", {{"path", settings}});
  return std::optional<crypto::PublicKey>();
}

Outcome<void> write_token_files(const std::string& directory, const crypto::TokenKeyPlace& place) {
  CHECK_OK(copy_pin(place, directory + "/keys/next/token.pin"));
  return write_new_private_file(directory + "/keys/next/sign.token", token_section(place));
}

// What is there to keys/previous.
Outcome<void> put_aside(const std::string& directory, const std::string& name) {
  const auto here = directory + "/keys/" + name;
  std::error_code error;
  fs::rename(here, directory + "/keys/previous/" + name, error);
  return error == std::errc::no_such_file_or_directory ? Outcome<void>() : file_done(error, here);
}

Outcome<void> put_in_place(const std::string& directory, const std::string& name) {
  const auto next = directory + "/keys/next/" + name;
  if (!fs::exists(next)) return {};
  CHECK_OK(put_aside(directory, name));
  std::error_code error;
  fs::rename(next, directory + "/keys/" + name, error);
  return file_done(error, next);
}

// A key that was in a file goes aside before sign.token moves, which says that the new one is in a token.
Outcome<void> switch_token_files(const std::string& directory) {
  if (fs::exists(next_stem(directory, "sign.token"))) CHECK_OK(put_aside(directory, "sign.key"));
  CHECK_OK(put_in_place(directory, "token.pin"));
  return put_in_place(directory, "sign.token");
}

}  // namespace

Outcome<core::Designation> prepare_next(const std::string& directory, const DesignationBundle& current,
                                        const NextDesignation& next, Instant now) {
  auto anchor_key = TRY(open_anchor_key(current, next.anchor_key));
  auto d = current.designation;
  for (const auto role : next.rotate) {
    const auto path = next_stem(directory, core::to_string(role)) + ".pem";
    if (fs::exists(path)) return fault("E-DESIGNATION-OPEN", {{"path", path}});
  }
  const auto token_key = TRY(token_key_of(directory, current, next));
  d.serial += 1;
  d.supersedes = core::statement_digest(current.designation.to_text());
  d.valid_from = now;
  d.valid_to = std::max(d.valid_to, now + kCertificateLife);
  if (!next.endpoint.empty()) d.endpoint = next.endpoint;
  d.keys = kept_keys(current.designation, next, now);
  if (!next.withdraw) CHECK_OK(check_named(d, next));
  if (!next.withdraw) CHECK_OK(name_bare_keys(directory, now, d));
  CHECK_OK(drop_signed_draft(directory, current));
  if (!next.rotate.empty()) CHECK_OK(make_private_folder(directory + "/keys/next"));
  if (token_key) CHECK_OK(write_token_files(directory, *next.sign_key));
  for (const auto role : next.rotate) {
    const auto stem = next_stem(directory, core::to_string(role));
    const CertifiedKey wanted{d.authority, role, suite_of(current, role)};
    d.keys.push_back(role == core::KeyRole::sign && token_key
                         ? TRY(designate_key(stem, d.authority, role, *token_key, anchor_key, current.anchor(), now))
                         : TRY(make_designated_key(stem, wanted, anchor_key, current.anchor(), now)));
  }
  std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
  CHECK_OK(write_new_file(draft_path(directory), d.to_text()));
  return d;
}

Outcome<std::vector<crypto::Certificate>> certificates_for(const std::string& directory, const std::string& draft) {
  const auto designation = core::Designation::parse(draft);
  std::vector<crypto::Certificate> all;
  all.push_back(TRY(read_certificate_file(directory + "/keys/anchor.pem")));
  if (!designation.has_value()) return all;  // signing says what is wrong with it
  const auto known = TRY(known_certificates(directory));
  for (const auto& key : designation->keys) {
    const auto it = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.id() == key.id; });
    if (it != known.end() && key.role != core::KeyRole::anchor) all.push_back(*it);
  }
  return all;
}

Outcome<void> install_bundle(const std::string& path, const std::string& bytes) {
  if (!fs::exists(path)) return write_new_file(path, bytes);
  const auto before = TRY(or_fault(open_bundle(TRY(read_file(path))), "E-DESIGNATION", {{"path", path}}));
  const auto kept =
      fs::path(path).parent_path() / ("designation-" + std::to_string(before.designation.serial) + ".bundle");
  std::error_code error;
  if (!fs::exists(kept)) fs::create_hard_link(path, kept, error);
  CHECK_OK(file_done(error, kept.string()));
  return replace_private_file(path, bytes);
}

Outcome<std::vector<std::string>> switch_keys(const std::string& directory, const core::Designation& current,
                                              Instant now) {
  std::vector<std::string> switched;
  for (const auto role : kCertified) {
    const std::string name = core::to_string(role);
    const auto next = next_stem(directory, name);
    if (!fs::exists(next + ".pem")) continue;
    const auto id = TRY(read_certificate_file(next + ".pem")).id();
    const bool named = std::any_of(current.keys.begin(), current.keys.end(), [&](const core::DesignatedKey& key) {
      return key.role == role && key.id == id && key.valid_at(now);
    });
    if (!named) return fault("E-DESIGNATION-KEYS", {{"path", next + ".pem"}});
    CHECK_OK(make_private_folder(directory + "/keys/previous"));
    if (role == core::KeyRole::sign) CHECK_OK(switch_token_files(directory));
    // The certificate last: while it stands in keys/next the switch is not done.
    for (const auto* ending : {".key", ".pem"}) CHECK_OK(put_in_place(directory, name + ending));
    switched.push_back(name);
  }
  return switched;
}

Outcome<std::string> settings_of_sign_key(const std::string& directory) {
  const auto stem = stem_of(directory, "sign");
  return fs::exists(stem + ".token") && !fs::exists(stem + ".key") ? read_file(stem + ".token") : std::string();
}

}  // namespace chancery::client
