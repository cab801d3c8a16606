// One run of the index of quotations: a file of fingerprints in order, written once, encrypted. Internal to this
// folder.
//
//   salt (32), then blocks of at most kBlockEntries entries (fingerprint u64be, ordinal u48be), each AES-256-GCM, then
//   the first fingerprint of every block, sealed alike. The key is of this file alone: HKDF of the index key and the
//   salt.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "crypto/random.h"
#include "crypto/secret.h"

namespace chancery::store {

struct QuoteEntry {
  std::uint64_t fingerprint = 0;
  std::uint64_t ordinal = 0;  // of the message it is a fingerprint of; below 2^48
  auto operator<=>(const QuoteEntry&) const = default;
};

class QuoteRun {
 public:
  struct Name {
    std::uint64_t number = 0;
    std::uint64_t entries = 0;
    bool operator==(const Name&) const = default;
  };
  static std::filesystem::path file_of(const std::filesystem::path& directory, std::uint64_t number);
  // corrupt when it is not what was written.
  static Result<std::shared_ptr<const QuoteRun>> open(const std::filesystem::path& directory, BytesView key, Name name);
  ~QuoteRun();
  QuoteRun(const QuoteRun&) = delete;
  QuoteRun& operator=(const QuoteRun&) = delete;

  [[nodiscard]] const Name& name() const { return name_; }
  [[nodiscard]] std::uint64_t blocks() const { return first_.size(); }
  [[nodiscard]] Result<std::vector<QuoteEntry>> block(std::uint64_t index) const;
  // Calls `visit` with the ordinals of each of these fingerprints, which ascend.
  Result<void> find(std::span<const std::uint64_t> fingerprints,
                    const std::function<void(std::uint64_t ordinal)>& visit) const;

 private:
  QuoteRun(int descriptor, Name name) : descriptor_(descriptor), name_(name) {}
  Result<crypto::SecretBytes> read_sealed(std::uint64_t at, std::size_t size, std::uint64_t counter) const;
  [[nodiscard]] std::uint64_t candidate(std::uint64_t fingerprint) const;

  int descriptor_;
  Name name_;
  crypto::SecretBytes key_;
  std::vector<std::uint64_t> first_;  // fingerprint of each block
};

// Writes a run; durable once finished, and under its name only then.
class QuoteRunWriter {
 public:
  static Result<std::unique_ptr<QuoteRunWriter>> create(const std::filesystem::path& directory, BytesView key,
                                                        std::uint64_t number, crypto::RandomSource& random);
  ~QuoteRunWriter();
  QuoteRunWriter(const QuoteRunWriter&) = delete;
  QuoteRunWriter& operator=(const QuoteRunWriter&) = delete;

  Result<void> add(QuoteEntry entry);  // in order
  Result<QuoteRun::Name> finish();

 private:
  QuoteRunWriter(std::filesystem::path file, int descriptor, std::uint64_t number, crypto::SecretBytes key)
      : file_(std::move(file)), descriptor_(descriptor), name_{number, 0}, key_(std::move(key)) {}
  Result<void> write_block();
  Result<void> write_sealed(BytesView plain, std::uint64_t counter);

  std::filesystem::path file_;
  int descriptor_;
  QuoteRun::Name name_;
  crypto::SecretBytes key_;
  Bytes block_;
  Bytes first_;
  std::uint64_t blocks_ = 0;
};

}  // namespace chancery::store
