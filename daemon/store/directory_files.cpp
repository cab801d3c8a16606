#include "daemon/store/directory_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace chancery::store {

namespace {

constexpr std::size_t kMaxNote = std::size_t{64} << 10;
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

CheckpointFile::CheckpointFile(std::filesystem::path file, std::string authority)
    : file_(std::move(file)), origin_("chancery/" + std::move(authority) + "/1") {}

Result<std::optional<crypto::Checkpoint>> CheckpointFile::read(const crypto::PublicKey& log_key) const {
  std::error_code error;
  if (!std::filesystem::exists(file_, error) && !error) return std::optional<crypto::Checkpoint>();
  std::ifstream in(file_, std::ios::binary);
  std::string note(kMaxNote, '\0');
  in.read(note.data(), static_cast<std::streamsize>(note.size()));
  note.resize(static_cast<std::size_t>(in.gcount()));
  auto checkpoint = crypto::open_checkpoint(note, log_key);
  if (!checkpoint) return fail(Errc::corrupt, "store: checkpoint file: " + checkpoint.error().detail);
  if (checkpoint->origin != origin_) return fail(Errc::corrupt, "store: checkpoint of '" + checkpoint->origin + "'");
  return std::optional<crypto::Checkpoint>(std::move(*checkpoint));
}

Result<void> CheckpointFile::write(const crypto::Checkpoint& checkpoint, crypto::Signer& log_key) const {
  const auto note = TRY(crypto::sign_checkpoint(checkpoint, log_key));
  auto fresh = file_;
  fresh += ".new";
  CHECK_OK(write_whole(fresh, note));
  std::error_code error;
  std::filesystem::rename(fresh, file_, error);
  if (error) return fail(Errc::unavailable, "store: cannot replace the checkpoint file");
  return {};
}

Result<void> CheckpointFile::sync() const {
  CHECK_OK(sync_path(file_));
  return sync_path(file_.parent_path());
}

void Reserve::release() const {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

void Reserve::restore() const {
  std::error_code error;
  if (std::filesystem::exists(file_, error)) return;
  const auto space = std::filesystem::space(file_.parent_path(), error);
  if (error || space.available < kPlenty) return;
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return;
  const bool kept = ::posix_fallocate(fd, 0, kReserveSize) == 0;
  ::close(fd);
  if (!kept) release();
}

}  // namespace chancery::store
