// The files beside the database: the lock and the reserve. Internal to this folder.
#pragma once

#include <filesystem>

#include "crypto/result.h"

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

// 4 MiB kept back, so that after "disk full" there is room to record refusals and what is read.
class Reserve {
 public:
  explicit Reserve(std::filesystem::path file) : file_(std::move(file)) {}
  void release() const;
  // Makes it when it is not there and there is plenty of room. Whether it is there.
  [[nodiscard]] bool restore() const;

 private:
  std::filesystem::path file_;
};

}  // namespace chancery::store
