// The sealed chunks of attachments: files beside the database, in `attachments/`.
//
//   <64 hex digits>  the cipher root: complete, synced, named by a row of the database
//   <name>.part      on its way in; `name` says whose it is (64 hex digits too)
//   <name>.whole     complete and synced, but no row names it yet
//   <name>.key       beside an upload: its key, sealed under the storage key
//
// What is complete is never written again. Files hold ciphertext alone; what they are checked against stands elsewhere.
// Thread-safe, but for two that write one unfinished file.
#pragma once

#include <filesystem>
#include <functional>
#include <utility>

#include "crypto/digest.h"
#include "crypto/instant.h"

namespace chancery::store {

class ChunkFile {
 public:
  ChunkFile(ChunkFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ChunkFile& operator=(ChunkFile&& other) noexcept;
  ChunkFile(const ChunkFile&) = delete;
  ChunkFile& operator=(const ChunkFile&) = delete;
  ~ChunkFile();

  [[nodiscard]] Result<std::uint64_t> length() const;
  // corrupt when the file ends before.
  [[nodiscard]] Result<Bytes> read(std::uint64_t offset, std::size_t size) const;
  // unavailable when there is no room for it.
  [[nodiscard]] Result<void> write(std::uint64_t offset, BytesView bytes) const;
  [[nodiscard]] Result<void> cut(std::uint64_t length) const;
  [[nodiscard]] Result<void> sync() const;

 private:
  friend class AttachmentFiles;
  explicit ChunkFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

class AttachmentFiles {
 public:
  // Makes the folder when it is not there.
  static Result<AttachmentFiles> open(std::filesystem::path folder);

  // ---- complete
  // not_found when it is not here.
  [[nodiscard]] Result<ChunkFile> read(const Digest& root) const;
  void remove(const Digest& root) const;

  // ---- unfinished
  // Opened for writing, made when it is not there.
  [[nodiscard]] Result<ChunkFile> unfinished(const std::string& name) const;
  // Syncs it and puts it under `.whole`. Done before: nothing happens.
  [[nodiscard]] Result<void> complete(const std::string& name) const;
  // not_found until it is complete.
  [[nodiscard]] Result<ChunkFile> read_whole(const std::string& name) const;
  [[nodiscard]] std::uint64_t length_of_unfinished(const std::string& name) const;  // 0 when it is not there
  // What is there under its root is `.whole` of this name, too; not for longer than what is unfinished.
  [[nodiscard]] Result<void> lend(const Digest& root, const std::string& name) const;
  // What is complete is there under its root, too; durable when it returns.
  [[nodiscard]] Result<void> adopt(const std::string& name, const Digest& root) const;
  // Whether it was adopted and nobody has removed it since; waits for no disk.
  [[nodiscard]] bool is_adopted(const std::string& name, const Digest& root) const;
  // Unfinished or complete.
  [[nodiscard]] bool is_there(const std::string& name) const;
  // All files of this name.
  void forget(const std::string& name) const;
  [[nodiscard]] Result<void> keep_key(const std::string& name, BytesView sealed) const;
  [[nodiscard]] Result<Bytes> key(const std::string& name) const;  // not_found

  // Removes what is unfinished and was not written since.
  void expire(Instant unwritten_since) const;
  // Removes what is complete, was not written since, and is named by nobody: its act was rolled back.
  void sweep(Instant unwritten_since, const std::function<bool(const Digest& root)>& is_named) const;
  // How many bytes can be written while the rest of the store still has plenty.
  [[nodiscard]] std::uint64_t room() const { return room_at(folder_); }
  static std::uint64_t room_at(const std::filesystem::path& folder);

 private:
  explicit AttachmentFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::filesystem::path file(const std::string& name, const char* suffix = "") const;
  void each_unwritten_since(Instant then, const std::function<void(const std::filesystem::path&)>& what) const;

  std::filesystem::path folder_;
};

}  // namespace chancery::store
