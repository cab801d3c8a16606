#include "daemon/keys.h"

#include <filesystem>
#include <map>

#include "crypto/file.h"
#include "daemon/core/statement.h"

namespace chancery {

namespace {

constexpr std::size_t kSymmetricKey = 32;
constexpr std::size_t kMaxFile = 64 << 10;

template <class T>
Result<T> named(const std::string& path, Result<T> result) {
  if (result.has_value()) return result;
  return fail(result.error().code, path + ": " + result.error().detail);
}

Result<std::string> read_file(const std::string& path) { return named(path, crypto::read_file(path, kMaxFile)); }

Result<void> check_pair(const std::string& stem, const std::string& place, const crypto::PublicKey& key,
                        const crypto::Certificate& certificate) {
  if (key.id() == certificate.public_key().id()) return {};
  return fail(Errc::malformed, stem + ".pem: is not the certificate of " + place);
}

Result<void> check_pair(const std::string& stem, const crypto::PublicKey& key, const crypto::Certificate& certificate) {
  return check_pair(stem, stem + ".key", key, certificate);
}

// The serial in `designation-<serial>.bundle`; nothing for another name.
std::optional<std::uint64_t> serial_in(const std::string& name) {
  constexpr std::string_view before = "designation-", behind = ".bundle";
  if (!name.starts_with(before) || !name.ends_with(behind)) return std::nullopt;
  const auto digits = name.substr(before.size(), name.size() - before.size() - behind.size());
  const auto serial = core::parse_ordinal(digits);
  return serial.has_value() ? std::optional(*serial) : std::nullopt;
}

Result<wire::DesignationItem> load_designation(const std::string& path) {
  const auto text = TRY(read_file(path));
  return named(path, wire::decode_designation(as_bytes(text)));
}

}  // namespace

Result<crypto::Certificate> load_certificate(const std::string& path) {
  return named(path, crypto::Certificate::from_pem(TRY(read_file(path))));
}

Result<transport::TlsIdentity> load_tls(const std::string& directory) {
  const auto stem = directory + "/tls";
  const auto certificate = TRY(load_certificate(stem + ".pem"));
  auto pem = TRY(named(stem + ".key", crypto::read_secret_file(stem + ".key")));
  const auto key = TRY(named(stem + ".key", crypto::PrivateKey::from_pem(pem.view())));
  CHECK_OK(check_pair(stem, key.public_key(), certificate));
  return transport::TlsIdentity{certificate.pem(), std::make_shared<const crypto::SecretBytes>(std::move(pem))};
}

Result<std::vector<wire::DesignationItem>> load_designations(const std::string& directory) {
  std::map<std::uint64_t, std::string> earlier;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(directory, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error))
    if (const auto serial = serial_in(it->path().filename().string())) earlier[*serial] = it->path().string();
  std::vector<wire::DesignationItem> all;
  for (const auto& [serial, path] : earlier) all.push_back(TRY(load_designation(path)));
  all.push_back(TRY(load_designation(directory + "/designation.bundle")));
  return all;
}

Result<crypto::SecretBytes> load_database_key(const std::string& directory) {
  const auto path = directory + "/database.key";
  return named(path, crypto::read_secret_file(path, kSymmetricKey));
}

Result<crypto::PrivateKey> load_log_key(const std::string& directory) {
  const auto path = directory + "/log.key";
  return named(path, crypto::PrivateKey::load(path));
}

Result<std::unique_ptr<crypto::Signer>> load_sign_key(const config::Settings& settings,
                                                      crypto::TokenSigner::Told told) {
  const auto stem = settings.keys_directory + "/sign";
  const auto place = settings.sign_key ? settings.sign_key->uri : stem + ".key";
  std::unique_ptr<crypto::Signer> key;
  if (settings.sign_key)
    key = TRY(crypto::TokenSigner::open(*settings.sign_key, std::move(told)));
  else
    key = std::make_unique<crypto::PrivateKey>(TRY(named(place, crypto::PrivateKey::load(place))));
  CHECK_OK(check_pair(stem, place, key->public_key(), TRY(load_certificate(stem + ".pem"))));
  return key;
}

Result<Keys> load_keys(const config::Settings& settings, crypto::TokenSigner::Told told) {
  const auto& directory = settings.keys_directory;
  auto tls = TRY(load_tls(directory));
  auto sign = TRY(load_sign_key(settings, std::move(told)));
  auto certificate = TRY(load_certificate(directory + "/sign.pem"));
  const auto storage_path = directory + "/storage.key";
  auto storage = TRY(named(storage_path, crypto::read_secret_file(storage_path, kSymmetricKey)));
  auto log = TRY(load_log_key(directory));
  auto database = TRY(load_database_key(directory));
  auto designations = TRY(load_designations(directory));
  return Keys{std::move(tls),     std::move(sign),     std::move(certificate), std::move(log),
              std::move(storage), std::move(database), std::move(designations)};
}

}  // namespace chancery
