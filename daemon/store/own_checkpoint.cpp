#include "daemon/store/own_checkpoint.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "daemon/store/directory_files.h"

namespace chancery::store {

namespace {

constexpr mode_t kCheckpointMode = 0600;
constexpr mode_t kCheckpointFolderMode = 0700;

std::string origin_prefix(const std::string& authority) { return "chancery/" + authority + "/"; }

bool is_newer(const crypto::Checkpoint& a, const crypto::Checkpoint& b, const std::string& authority) {
  const auto epoch = epoch_of(a, authority).value_or(0);
  const auto other = epoch_of(b, authority).value_or(0);
  return epoch != other ? epoch > other : b.size < a.size;
}

// Made for the daemon alone when it is not there; who made it before decides who looks into it.
Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder, error)) return {};
  std::filesystem::create_directories(folder, error);
  if (error || ::chmod(folder.c_str(), kCheckpointFolderMode) != 0)
    return fail(Errc::unavailable, "store: cannot make " + folder.string());
  return {};
}

}  // namespace

std::string checkpoint_origin(const std::string& authority, std::uint64_t epoch) {
  return origin_prefix(authority) + std::to_string(epoch);
}

Result<std::uint64_t> epoch_of(const crypto::Checkpoint& checkpoint, const std::string& authority) {
  const auto prefix = origin_prefix(authority);
  std::uint64_t epoch = 0;
  const auto* const end = checkpoint.origin.data() + checkpoint.origin.size();
  if (checkpoint.origin.starts_with(prefix)) std::from_chars(checkpoint.origin.data() + prefix.size(), end, epoch);
  if (epoch == 0 || checkpoint.origin != checkpoint_origin(authority, epoch))
    return fail(Errc::corrupt, "store: checkpoint of '" + checkpoint.origin + "'");
  return epoch;
}

Result<OwnCheckpoint> OwnCheckpoint::open(const std::filesystem::path& file, const std::string& authority,
                                          const crypto::PublicKey& log_key, Missing missing) {
  if (missing == Missing::make && file.has_parent_path()) CHECK_OK(make_folder(file.parent_path()));
  const int fd =
      ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | (missing == Missing::make ? O_CREAT : 0), kCheckpointMode);
  if (fd < 0 && (errno != ENOENT || missing != Missing::leave))
    return fail(Errc::unavailable, "store: cannot open the checkpoint file " + file.string());
  OwnCheckpoint out(file, fd);
  if (fd < 0) return out;
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
    return fail(Errc::busy, "store: another process of " + authority + " holds the checkpoint file " + file.string());
  CHECK_OK(out.load(authority, log_key));
  return out;
}

OwnCheckpoint::OwnCheckpoint(OwnCheckpoint&& other) noexcept
    : file_(std::move(other.file_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      known_(other.known_),
      next_(other.next_),
      torn_(other.torn_),
      last_(std::move(other.last_)) {}

OwnCheckpoint::~OwnCheckpoint() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<OwnCheckpoint::Image> OwnCheckpoint::image() const {
  Image image{};
  std::size_t at = 0;
  while (at < image.size()) {
    const auto got = ::pread(descriptor_, image.data() + at, image.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Errc::unavailable, "store: cannot read the checkpoint file");
    if (got == 0) break;  // shorter, before the second was written
    at += static_cast<std::size_t>(got);
  }
  return image;
}

Result<void> OwnCheckpoint::load(const std::string& authority, const crypto::PublicKey& log_key) {
  known_ = TRY(image());
  std::string why;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    std::string_view note(known_.data() + slot * kSlot, kSlot);
    note = note.substr(0, note.find('\0'));
    if (note.empty()) continue;
    auto checkpoint = crypto::open_checkpoint(note, log_key);
    if (checkpoint) {
      if (auto epoch = epoch_of(*checkpoint, authority); !epoch) checkpoint = tl::unexpected(epoch.error());
    }
    if (!checkpoint) {
      why = checkpoint.error().detail;
      continue;
    }
    if (last_ && last_->origin == checkpoint->origin && last_->size == checkpoint->size &&
        last_->root != checkpoint->root)
      return fail(Errc::corrupt, "store: checkpoint file " + file_.string() + ": two histories of " +
                                     std::to_string(last_->size.value) + " entries");
    if (last_ && !is_newer(*checkpoint, *last_, authority)) continue;
    last_ = std::move(*checkpoint);
    next_ = (slot + 1) % kSlots;
  }
  if (!last_ && !why.empty()) return fail(Errc::corrupt, "store: checkpoint file " + file_.string() + ": " + why);
  return {};
}

Result<bool> OwnCheckpoint::is_in_its_place() const {
  struct stat here {};
  struct stat there {};
  if (::fstat(descriptor_, &here) != 0 || ::stat(file_.c_str(), &there) != 0)
    return fail(Errc::unavailable, "store: cannot find the checkpoint file " + file_.string());
  return here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

Result<void> OwnCheckpoint::check() const {
  bool same = TRY(is_in_its_place());
  const auto there = TRY(image());
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const auto at = static_cast<std::ptrdiff_t>(slot * kSlot);
    const auto end = static_cast<std::ptrdiff_t>((slot + 1) * kSlot);
    if (torn_ && slot == next_) continue;
    same = same && std::equal(known_.begin() + at, known_.begin() + end, there.begin() + at);
  }
  if (!same) return fail(Errc::conflict, "the checkpoint file " + file_.string() + " was changed by somebody else");
  return {};
}

Result<void> OwnCheckpoint::write_next(const Image& image) {
  torn_ = true;
  for (std::size_t done = 0; done < kSlot;) {
    const auto at = next_ * kSlot + done;
    const auto put = ::pwrite(descriptor_, image.data() + at, kSlot - done, static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return fail(Errc::unavailable, "store: cannot write the checkpoint file " + file_.string());
    done += static_cast<std::size_t>(put);
  }
  torn_ = false;
  return {};
}

Result<void> OwnCheckpoint::advance(const crypto::Checkpoint& checkpoint, const std::string& note) {
  if (note.size() >= kSlot) return fail(Errc::internal, "store: a checkpoint longer than its slot");
  CHECK_OK(check());
  auto next = known_;
  const auto slot = next.begin() + static_cast<std::ptrdiff_t>(next_ * kSlot);
  std::fill_n(slot, kSlot, '\0');
  std::copy(note.begin(), note.end(), slot);
  CHECK_OK(write_next(next));
  known_ = next;
  next_ = (next_ + 1) % kSlots;
  last_ = checkpoint;
  return {};
}

Result<void> OwnCheckpoint::sync() const {
  if (::fsync(descriptor_) != 0) return fail(Errc::unavailable, "store: cannot sync the checkpoint file");
  return sync_path(file_.has_parent_path() ? file_.parent_path() : std::filesystem::path("."));
}

}  // namespace chancery::store
