#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "crypto/file.h"
#include "crypto/secret.h"

namespace chancery::crypto {
namespace {

constexpr std::size_t kMaxSecretFile = 64 * 1024;

tl::unexpected<Error> named(const std::string& path, const Error& error) {
  return fail(error.code, path + ": " + error.detail);
}

tl::unexpected<Error> system_error(const std::string& path) {
  return named(path, {Errc::unavailable, std::strerror(errno)});
}

// Who may read it: we alone, or root and we, as systemd leaves a credential for the user of a unit (0440 with an ACL
// for that user, systemd.exec(5)).
Result<void> check_private(const struct stat& status, const std::string& path) {
  const auto mode = status.st_mode & 07777U;
  const bool ours = status.st_uid == ::geteuid();
  if (!ours && status.st_uid == 0 && status.st_gid == 0 && (mode == 0440 || mode == 0400)) return {};
  if (!ours) return fail(Errc::forbidden, path + ": belongs to another user");
  if (mode != 0600 && mode != 0400) return fail(Errc::forbidden, path + ": mode must be 0600 or 0400");
  return {};
}

Result<std::size_t> private_file_size(const File& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error(path);
  CHECK_OK(check_private(status, path));
  if (status.st_size > static_cast<off_t>(kMaxSecretFile)) return fail(Errc::malformed, path + ": too long for a key");
  return static_cast<std::size_t>(status.st_size);
}

Result<void> read_all(const File& file, std::span<std::uint8_t> out, const std::string& path) {
  while (!out.empty()) {
    const auto got = ::read(file.get(), out.data(), out.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path);
    if (got == 0) return fail(Errc::unavailable, path + ": shorter than it said");
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<void> write_all(const File& file, BytesView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_directory_of(const std::string& path) {
  auto parent = std::filesystem::path(path).parent_path();
  if (parent.empty()) parent = ".";
  const File directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.get()) != 0) return system_error(parent.string());
  return {};
}

Result<void> fill(const File& file, BytesView secret, const std::string& path) {
  if (::fchmod(file.get(), 0600) != 0) return system_error(path);
  CHECK_OK(write_all(file, secret, path));
  if (::fsync(file.get()) != 0) return system_error(path);
  return sync_directory_of(path);
}

}  // namespace

Result<SecretBytes> read_secret_file(const std::string& path, std::size_t size) {
  const auto file = open_regular(path, O_NOFOLLOW);
  if (!file.has_value()) return named(path, file.error());
  const auto found = TRY(private_file_size(*file, path));
  if (size != 0 && found != size)
    return fail(Errc::malformed, path + ": must hold exactly " + std::to_string(size) + " bytes");
  SecretBytes secret(found);
  CHECK_OK(read_all(*file, secret.mutable_view(), path));
  return secret;
}

Result<void> write_secret_file(const std::string& path, BytesView secret) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return named(path, open_error());
  auto written = fill(file, secret, path);
  if (!written.has_value()) ::unlink(path.c_str());  // half a key is worse than none
  return written;
}

}  // namespace chancery::crypto
