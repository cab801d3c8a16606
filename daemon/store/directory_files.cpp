#include "daemon/store/directory_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

namespace chancery::store {

namespace {

constexpr off_t kReserveSize = off_t{4} << 20;
constexpr std::uint64_t kPlenty = std::uint64_t{64} << 20;
constexpr mode_t kOwnerOnly = 0600;

Result<void> write_whole(const std::filesystem::path& file, std::string_view text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return fail(Errc::unavailable, "store: cannot write " + file.filename().string());
  const auto written = ::write(fd, text.data(), text.size());
  const bool closed = ::close(fd) == 0;
  if (!closed || written != static_cast<ssize_t>(text.size()))
    return fail(Errc::unavailable, "store: cannot write " + file.filename().string());
  return {};
}

}  // namespace

Result<void> sync_path(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(Errc::unavailable, "store: cannot open " + path.filename().string());
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  if (!synced) return fail(Errc::unavailable, "store: cannot sync " + path.filename().string());
  return {};
}

Result<void> replace_file(const std::filesystem::path& file, std::string_view content) {
  auto fresh = file;
  fresh += ".new";
  CHECK_OK(write_whole(fresh, content));
  CHECK_OK(sync_path(fresh));
  std::error_code error;
  std::filesystem::rename(fresh, file, error);
  if (error) return fail(Errc::unavailable, "store: cannot replace " + file.filename().string());
  return sync_path(file.parent_path());
}

Result<FileLock> FileLock::take(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return fail(Errc::unavailable, "store: cannot open " + file.filename().string());
  FileLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return fail(Errc::busy, "store: another process has it open");
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Reserve::release() const {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

bool Reserve::restore() const {
  std::error_code error;
  if (std::filesystem::exists(file_, error)) return true;
  const auto space = std::filesystem::space(file_.parent_path(), error);
  if (error || space.available < kPlenty) return false;
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return false;
  const bool kept = ::posix_fallocate(fd, 0, kReserveSize) == 0;
  ::close(fd);
  if (!kept) release();
  return kept;
}

}  // namespace chancery::store
