#include "daemon/keys.h"

#include <fstream>
#include <iterator>

namespace chancery {

namespace {

constexpr std::size_t kSymmetricKey = 32;
constexpr std::size_t kMaxFile = 64 << 10;

template <class T>
Result<T> named(const std::string& path, Result<T> result) {
  if (result.has_value()) return result;
  return fail(result.error().code, path + ": " + result.error().detail);
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::not_found, path + ": cannot be read");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.size() > kMaxFile) return fail(Errc::malformed, path + ": is too large");
  return text;
}

Result<void> check_pair(const std::string& stem, const crypto::PublicKey& key, const crypto::Certificate& certificate) {
  if (key.id() == certificate.public_key().id()) return {};
  return fail(Errc::malformed, stem + ".pem: is not the certificate of " + stem + ".key");
}

Result<transport::TlsIdentity> load_tls(const std::string& directory) {
  const auto stem = directory + "/tls";
  const auto certificate = TRY(load_certificate(stem + ".pem"));
  auto pem = TRY(named(stem + ".key", crypto::read_secret_file(stem + ".key")));
  const auto key = TRY(named(stem + ".key", crypto::PrivateKey::from_pem(pem.view())));
  CHECK_OK(check_pair(stem, key.public_key(), certificate));
  return transport::TlsIdentity{certificate.pem(), std::make_shared<const crypto::SecretBytes>(std::move(pem))};
}

Result<wire::DesignationItem> load_designation(const std::string& path) {
  const auto text = TRY(read_file(path));
  return named(path, wire::decode_designation(as_bytes(text)));
}

}  // namespace

Result<crypto::Certificate> load_certificate(const std::string& path) {
  return named(path, crypto::Certificate::from_pem(TRY(read_file(path))));
}

Result<crypto::SecretBytes> load_database_key(const std::string& directory) {
  const auto path = directory + "/database.key";
  return named(path, crypto::read_secret_file(path, kSymmetricKey));
}

Result<crypto::PrivateKey> load_log_key(const std::string& directory) {
  const auto path = directory + "/log.key";
  return named(path, crypto::PrivateKey::load(path));
}

Result<Keys> load_keys(const std::string& directory) {
  auto tls = TRY(load_tls(directory));
  const auto stem = directory + "/sign";
  auto sign = TRY(named(stem + ".key", crypto::PrivateKey::load(stem + ".key")));
  auto certificate = TRY(load_certificate(stem + ".pem"));
  CHECK_OK(check_pair(stem, sign.public_key(), certificate));
  const auto storage_path = directory + "/storage.key";
  auto storage = TRY(named(storage_path, crypto::read_secret_file(storage_path, kSymmetricKey)));
  auto log = TRY(load_log_key(directory));
  auto database = TRY(load_database_key(directory));
  auto designation = TRY(load_designation(directory + "/designation.bundle"));
  return Keys{std::move(tls),     std::move(sign),     std::move(certificate), std::move(log),
              std::move(storage), std::move(database), std::move(designation)};
}

}  // namespace chancery
