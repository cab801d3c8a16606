#include "client/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace chancery::client {

namespace {

constexpr mode_t kOwnerOnly = 0600;

tl::unexpected<Fault> cannot_write(const std::string& path) {
  if (errno == EEXIST) return fault("E-FILE-EXISTS", {{"path", path}});
  return fault("E-FILE", {{"path", path}, {"detail", std::strerror(errno)}});
}

// Whether a file of this name can stand there. It is there for a moment.
bool can_be(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
  if (descriptor < 0) return false;
  ::close(descriptor);
  return ::unlink(path.c_str()) == 0;
}

// Where the file system cannot do it in one step (FAT over FUSE, NFS), the name is claimed first.
bool put_under(const std::string& part, const std::string& path) {
  if (::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return false;
  const int claim = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
  if (claim < 0) return false;
  ::close(claim);
  if (::rename(part.c_str(), path.c_str()) == 0) return true;
  const int error = errno;
  ::unlink(path.c_str());
  errno = error;
  return false;
}

}  // namespace

Outcome<NewFile> NewFile::begin(const std::string& path) {
  // Said before much is written for nothing.
  if (!can_be(path)) return cannot_write(path);
  // Under a name that nothing else has and nobody can choose.
  auto part = (std::filesystem::path(path).parent_path() / ".chancery-XXXXXX").string();
  const int descriptor = ::mkostemp(part.data(), O_CLOEXEC);
  if (descriptor < 0) return cannot_write(path);
  return NewFile(descriptor, path, part);
}

NewFile::~NewFile() {
  if (descriptor_ < 0) return;
  if (!part_.empty()) ::unlink(part_.c_str());
  ::close(descriptor_);
}

Outcome<void> NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return cannot_write(path_);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Outcome<void> NewFile::finish() {
  if (::fsync(descriptor_) != 0 || !put_under(part_, path_)) return cannot_write(path_);
  part_.clear();
  return {};
}

}  // namespace chancery::client
