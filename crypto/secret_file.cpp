#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "crypto/secret.h"

namespace chancery::crypto {
namespace {

constexpr std::size_t kMaxSecretFile = 64 * 1024;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

tl::unexpected<Error> system_error(Errc code, const std::string& path) {
  return fail(code, path + ": " + std::strerror(errno));
}

Errc open_error() {
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
      return Errc::not_found;
    case EEXIST:
      return Errc::conflict;
    case ELOOP:
    case EACCES:
    case EPERM:
      return Errc::forbidden;
    default:
      return Errc::unavailable;
  }
}

Result<std::size_t> private_file_size(const File& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error(Errc::unavailable, path);
  if (!S_ISREG(status.st_mode)) return fail(Errc::forbidden, path + ": not a regular file");
  if (status.st_uid != ::geteuid()) return fail(Errc::forbidden, path + ": belongs to another user");
  const auto mode = status.st_mode & 07777U;
  if (mode != 0600 && mode != 0400) return fail(Errc::forbidden, path + ": mode must be 0600 or 0400");
  if (status.st_size > static_cast<off_t>(kMaxSecretFile)) return fail(Errc::malformed, path + ": too long for a key");
  return static_cast<std::size_t>(status.st_size);
}

Result<void> read_all(const File& file, std::span<std::uint8_t> out, const std::string& path) {
  while (!out.empty()) {
    const auto got = ::read(file.get(), out.data(), out.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(Errc::unavailable, path);
    if (got == 0) return fail(Errc::unavailable, path + ": shorter than it said");
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<void> write_all(const File& file, BytesView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(Errc::unavailable, path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_directory_of(const std::string& path) {
  auto parent = std::filesystem::path(path).parent_path();
  if (parent.empty()) parent = ".";
  const File directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.get()) != 0) return system_error(Errc::unavailable, parent.string());
  return {};
}

Result<void> fill(const File& file, BytesView secret, const std::string& path) {
  if (::fchmod(file.get(), 0600) != 0) return system_error(Errc::unavailable, path);
  CHECK_OK(write_all(file, secret, path));
  if (::fsync(file.get()) != 0) return system_error(Errc::unavailable, path);
  return sync_directory_of(path);
}

}  // namespace

Result<SecretBytes> read_secret_file(const std::string& path, std::size_t size) {
  // Non-blocking, so that a named pipe in the key's place is refused and not waited for.
  const File file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return system_error(open_error(), path);
  const auto found = TRY(private_file_size(file, path));
  if (size != 0 && found != size)
    return fail(Errc::malformed, path + ": must hold exactly " + std::to_string(size) + " bytes");
  SecretBytes secret(found);
  CHECK_OK(read_all(file, secret.mutable_view(), path));
  return secret;
}

Result<void> write_secret_file(const std::string& path, BytesView secret) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return system_error(open_error(), path);
  auto written = fill(file, secret, path);
  if (!written.has_value()) ::unlink(path.c_str());  // half a key is worse than none
  return written;
}

}  // namespace chancery::crypto
