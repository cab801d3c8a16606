// SecretBytes: key material. Wiped when destroyed or moved from, never printed, never copied by accident.
#pragma once

#include <cstddef>

#include "crypto/bytes.h"

namespace chancery::crypto {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  explicit SecretBytes(Bytes&& bytes) : bytes_(std::move(bytes)) {}  // takes over; the source is left empty
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  ~SecretBytes();

  [[nodiscard]] BytesView view() const { return bytes_; }
  [[nodiscard]] std::span<std::uint8_t> mutable_view() { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  // A deliberate second copy.
  [[nodiscard]] SecretBytes clone() const;

 private:
  void wipe() noexcept;
  Bytes bytes_;
};

// Reads a whole key file. Refused (forbidden) unless it is a regular file of ours with mode 0600 or 0400, or one of
// root that only root and we can read, opened without following a symbolic link; `size` 0 means any size up to 64 KiB.
Result<SecretBytes> read_secret_file(const std::string& path, std::size_t size = 0);
// Writes a new file with mode 0600 and syncs file and directory; an existing file is a conflict.
Result<void> write_secret_file(const std::string& path, BytesView secret);

}  // namespace chancery::crypto
