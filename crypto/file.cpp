#include "crypto/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace chancery::crypto {

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Error open_error() {
  const std::string detail = std::strerror(errno);
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
      return {Errc::not_found, detail};
    case EEXIST:
      return {Errc::conflict, detail};
    case ELOOP:
    case EACCES:
    case EPERM:
      return {Errc::forbidden, detail};
    default:
      return {Errc::unavailable, detail};
  }
}

Result<File> open_regular(const std::string& path, int flags) {
  // Non-blocking, so that a named pipe is refused and not waited for.
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags));
  if (!file.is_open()) return tl::unexpected(open_error());
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail(Errc::unavailable, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return fail(Errc::forbidden, "not a regular file");
  return file;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const auto file = TRY(open_regular(path));
  std::string content;
  std::array<char, std::size_t{16} << 10> some{};
  while (content.size() <= limit) {
    const auto got = ::read(file.get(), some.data(), some.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Errc::unavailable, std::strerror(errno));
    if (got == 0) return content;
    content.append(some.data(), static_cast<std::size_t>(got));
  }
  return fail(Errc::malformed, "larger than " + std::to_string(limit) + " bytes");
}

}  // namespace chancery::crypto
