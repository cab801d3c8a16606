// The files beside the database: the lock, the checkpoint and the reserve. Internal to this folder.
#pragma once

#include <filesystem>

#include "crypto/checkpoint.h"

namespace chancery::store {

// A file or folder on the disk, as it is now.
Result<void> sync_path(const std::filesystem::path& path);
// Replaces a file whole, durably: either what stood there is there after a crash, or this.
Result<void> replace_file(const std::filesystem::path& file, std::string_view content);

// Held while the store is open, so that no second daemon and no fsck opens it at the same time.
class FileLock {
 public:
  static Result<FileLock> take(const std::filesystem::path& file);  // busy when another has it
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// The last tree head, signed, outside the database: a database put back to an older copy is found against it.
class CheckpointFile {
 public:
  CheckpointFile(std::filesystem::path file, std::string authority);
  // What stands there, verified first; nothing when there is no file. corrupt for a note of another key or origin.
  [[nodiscard]] Result<std::optional<crypto::Checkpoint>> read(const crypto::PublicKey& log_key) const;
  // Replaces the file whole. Not synced: a lost write leaves an older checkpoint, which is still true.
  [[nodiscard]] Result<void> write(const crypto::Checkpoint& checkpoint, crypto::Signer& log_key) const;
  [[nodiscard]] Result<void> sync() const;
  [[nodiscard]] const std::string& origin() const { return origin_; }

 private:
  std::filesystem::path file_;
  std::string origin_;
};

// 4 MiB kept back, so that after "disk full" there is room to record refusals.
class Reserve {
 public:
  explicit Reserve(std::filesystem::path file) : file_(std::move(file)) {}
  void release() const;
  // When it is not there and there is plenty of room; otherwise nothing.
  void restore() const;

 private:
  std::filesystem::path file_;
};

}  // namespace chancery::store
