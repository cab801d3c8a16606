// Whole files, read so that nothing that stands in a file's place holds the process up or ends it: a named pipe is not
// waited for, a directory or a device is refused, and what does not end is too long.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "crypto/result.h"

namespace chancery::crypto {

// A descriptor that is closed at the end.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File& operator=(File&&) = delete;
  ~File();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

// What open(2) just said. not_found, conflict, forbidden, else unavailable.
Error open_error();

// The details of these do not name the file.
// For reading, with `flags` of open(2) besides. forbidden: it is not a regular file, or not ours to read.
Result<File> open_regular(const std::string& path, int flags = 0);
// As open_regular; malformed: more than `limit` bytes; unavailable: it cannot be read.
Result<std::string> read_file(const std::string& path, std::size_t limit);

}  // namespace chancery::crypto
