#include "daemon/store/attachment_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>

#include "daemon/store/directory_files.h"

namespace chancery::store {

namespace {

constexpr mode_t kFileMode = 0600;
constexpr std::uint64_t kLeftFree = std::uint64_t{64} << 20;  // at least; of a large disk a share
constexpr std::uintmax_t kShareLeftFree = 20;
constexpr std::uint64_t kFreedAtOnce = std::uint64_t{64} << 20;
constexpr std::uint64_t kWriteOut = std::uint64_t{8} << 20;
constexpr const char* kPart = ".part";
constexpr const char* kWhole = ".whole";
constexpr const char* kKey = ".key";
constexpr const char* kFresh = ".fresh";

std::string name_of(const Digest& root) { return to_hex(root.view()); }

tl::unexpected<Error> failed(const char* what) {
  return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable, std::string("attachment: ") + what);
}

}  // namespace

ChunkFile& ChunkFile::operator=(ChunkFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

ChunkFile::~ChunkFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::uint64_t> ChunkFile::length() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return failed("its length cannot be read");
  return static_cast<std::uint64_t>(status.st_size);
}

Result<Bytes> ChunkFile::read(std::uint64_t offset, std::size_t size) const {
  Bytes out(size);
  for (std::size_t done = 0; done < size;) {
    const auto count = ::pread(descriptor_, out.data() + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(Errc::corrupt, "attachment: does not read");
    if (count == 0) return fail(Errc::corrupt, "attachment: ends too soon");
    done += static_cast<std::size_t>(count);
  }
  return out;
}

Result<void> ChunkFile::write(std::uint64_t offset, BytesView bytes) const {
  const auto end = offset + bytes.size();
  while (!bytes.empty()) {
    const auto count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failed("cannot be written");
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  // The device begins at once, so that the sync at the end finds little left to do.
  if (const auto begin = end / kWriteOut * kWriteOut; begin > 0 && end - begin < 2 * kWriteOut && offset == end)
    (void)::sync_file_range(descriptor_, static_cast<off_t>(begin - kWriteOut), static_cast<off_t>(kWriteOut),
                            SYNC_FILE_RANGE_WRITE);
  return {};
}

Result<void> ChunkFile::cut(std::uint64_t length) const {
  if (::ftruncate(descriptor_, static_cast<off_t>(length)) != 0) return failed("cannot be cut");
  return {};
}

Result<void> ChunkFile::sync() const {
  if (::fdatasync(descriptor_) != 0) return failed("cannot be synced");
  return {};
}

Result<AttachmentFiles> AttachmentFiles::open(std::filesystem::path folder) {
  std::error_code error;
  if (std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::unavailable, "store: cannot make " + folder.string());
  return AttachmentFiles(std::move(folder));
}

std::filesystem::path AttachmentFiles::file(const std::string& name, const char* suffix) const {
  return folder_ / (name + suffix);
}

Result<ChunkFile> AttachmentFiles::read(const Digest& root) const {
  const int fd = ::open(file(name_of(root)).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return failed("cannot be opened");
  return ChunkFile(fd);
}

// Its bytes are freed when nobody has it open any more. Of a large file that takes seconds, and the writer is not to
// wait for them.
void AttachmentFiles::remove(const Digest& root) const {
  auto held = read(root);
  (void)::unlink(file(name_of(root)).c_str());
  if (!held.has_value() || held->length().value_or(0) <= kFreedAtOnce) return;
  try {
    std::thread([last = std::move(*held)] {}).detach();
  } catch (const std::system_error&) {
    // No thread is left: then it is waited for.
  }
}

Result<ChunkFile> AttachmentFiles::unfinished(const std::string& name) const {
  const int fd = ::open(file(name, kPart).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode);
  if (fd < 0) return failed("cannot be made");
  return ChunkFile(fd);
}

Result<void> AttachmentFiles::complete(const std::string& name) const {
  const auto part = file(name, kPart), whole = file(name, kWhole);
  std::error_code error;
  if (std::filesystem::exists(whole, error)) return {};
  CHECK_OK(sync_path(part));
  if (::rename(part.c_str(), whole.c_str()) != 0) return failed("cannot be completed");
  return sync_path(folder_);
}

Result<ChunkFile> AttachmentFiles::read_whole(const std::string& name) const {
  const int fd = ::open(file(name, kWhole).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return failed("is not complete");
  return ChunkFile(fd);
}

std::uint64_t AttachmentFiles::length_of_unfinished(const std::string& name) const {
  std::error_code error;
  const auto length = std::filesystem::file_size(file(name, kPart), error);
  return error ? 0 : length;
}

Result<void> AttachmentFiles::lend(const Digest& root, const std::string& name) const {
  if (::link(file(name_of(root)).c_str(), file(name, kWhole).c_str()) != 0 && errno != EEXIST)
    return failed("cannot be lent");
  // It is kept as long as what was written now.
  (void)::utimensat(AT_FDCWD, file(name, kWhole).c_str(), nullptr, 0);
  return {};
}

Result<void> AttachmentFiles::adopt(const std::string& name, const Digest& root) const {
  // In the place of what may be there: that may have been damaged since.
  const auto fresh = file(name_of(root), kFresh);
  (void)::unlink(fresh.c_str());
  if (::link(file(name, kWhole).c_str(), fresh.c_str()) != 0) return failed("cannot be adopted");
  if (::rename(fresh.c_str(), file(name_of(root)).c_str()) != 0) return failed("cannot be adopted");
  (void)::unlink(fresh.c_str());  // still there when both were one file
  return sync_path(folder_);
}

bool AttachmentFiles::is_adopted(const std::string& name, const Digest& root) const {
  struct stat whole {
  }, adopted{};
  return ::stat(file(name, kWhole).c_str(), &whole) == 0 && ::stat(file(name_of(root)).c_str(), &adopted) == 0 &&
         whole.st_dev == adopted.st_dev && whole.st_ino == adopted.st_ino;
}

bool AttachmentFiles::is_there(const std::string& name) const {
  std::error_code error;
  return std::filesystem::exists(file(name, kPart), error) || std::filesystem::exists(file(name, kWhole), error);
}

void AttachmentFiles::forget(const std::string& name) const {
  for (const auto* suffix : {kPart, kWhole, kKey}) (void)::unlink(file(name, suffix).c_str());
}

Result<void> AttachmentFiles::keep_key(const std::string& name, BytesView sealed) const {
  return replace_file(file(name, kKey), as_text(sealed));
}

Result<Bytes> AttachmentFiles::key(const std::string& name) const {
  const int fd = ::open(file(name, kKey).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return failed("no key beside it");
  const ChunkFile key(fd);
  return key.read(0, static_cast<std::size_t>(TRY(key.length())));
}

void AttachmentFiles::each_unwritten_since(Instant then,
                                           const std::function<void(const std::filesystem::path&)>& what) const {
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder_, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    struct stat status {};
    if (::stat(it->path().c_str(), &status) == 0 && status.st_mtim.tv_sec < then.ms / 1000) what(it->path());
  }
}

void AttachmentFiles::expire(Instant unwritten_since) const {
  each_unwritten_since(unwritten_since, [](const std::filesystem::path& path) {
    if (path.has_extension()) (void)::unlink(path.c_str());
  });
}

void AttachmentFiles::sweep(Instant unwritten_since, const std::function<bool(const Digest& root)>& is_named) const {
  each_unwritten_since(unwritten_since, [&](const std::filesystem::path& path) {
    const auto root = parse_digest("sha256:" + path.filename().string());
    if (!path.has_extension() && root.has_value() && !is_named(*root)) (void)::unlink(path.c_str());
  });
}

std::uint64_t AttachmentFiles::room_at(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  const auto left = std::max<std::uintmax_t>(kLeftFree, space.capacity / kShareLeftFree);
  return error || space.available < left ? 0 : space.available - left;
}

}  // namespace chancery::store
