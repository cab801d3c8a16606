#include "daemon/store/quote_run.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "crypto/aead.h"
#include "crypto/digest.h"
#include "daemon/store/directory_files.h"

namespace chancery::store {

namespace {

constexpr std::size_t kRunSalt = 32;
constexpr std::size_t kEntrySize = 14;
constexpr std::size_t kBlockEntries = 292;  // 4,088 bytes
constexpr std::size_t kOrdinalSize = 6;
constexpr std::uint64_t kFences = ~std::uint64_t{0};  // their place in the count of nonces

tl::unexpected<Error> damaged() { return fail(Errc::corrupt, "store: a run of the index of quotations is damaged"); }
tl::unexpected<Error> not_written() { return fail(Errc::unavailable, "store: cannot write a run of quotations"); }

crypto::SecretBytes run_key(BytesView key, BytesView salt, std::uint64_t number) {
  return crypto::hkdf_expand(key, concat({as_bytes("chancery/quote-run/v1"), salt, u64be(number)}),
                             crypto::kAeadKeySize);
}

crypto::Nonce nonce_of(std::uint64_t counter) {
  crypto::Nonce nonce{};
  const auto bytes = u64be(counter);
  std::copy(bytes.begin(), bytes.end(), nonce.begin() + 4);
  return nonce;
}

std::uint64_t blocks_of(std::uint64_t entries) { return (entries + kBlockEntries - 1) / kBlockEntries; }

std::uint64_t block_at(std::uint64_t index) {
  return kRunSalt + index * (kBlockEntries * kEntrySize + crypto::kAeadTagSize);
}

std::size_t block_size(std::uint64_t entries, std::uint64_t index) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(kBlockEntries, entries - index * kBlockEntries)) * kEntrySize;
}

bool read_at(int descriptor, std::uint64_t at, std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const auto got = ::pread(descriptor, out.data(), out.size(), static_cast<off_t>(at));
    if (got <= 0) return false;
    at += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

bool write_all(int descriptor, BytesView bytes) {
  while (!bytes.empty()) {
    const auto done = ::write(descriptor, bytes.data(), bytes.size());
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return true;
}

}  // namespace

std::filesystem::path QuoteRun::file_of(const std::filesystem::path& directory, std::uint64_t number) {
  return directory / (std::to_string(number) + ".run");
}

QuoteRun::~QuoteRun() { ::close(descriptor_); }

Result<std::shared_ptr<const QuoteRun>> QuoteRun::open(const std::filesystem::path& directory, BytesView key,
                                                       Name name) {
  const int fd = ::open(file_of(directory, name.number).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return damaged();
  auto run = std::shared_ptr<QuoteRun>(new QuoteRun(fd, name));
  Bytes salt(kRunSalt);
  if (!read_at(fd, 0, salt)) return damaged();
  run->key_ = run_key(key, salt, name.number);
  const auto blocks = blocks_of(name.entries);
  const auto fences = static_cast<std::size_t>(blocks) * 8;
  const auto at = block_at(blocks) - blocks * kBlockEntries * kEntrySize + name.entries * kEntrySize;
  struct stat info {};
  if (::fstat(fd, &info) != 0 || static_cast<std::uint64_t>(info.st_size) != at + fences + crypto::kAeadTagSize)
    return damaged();
  const auto plain = TRY(run->read_sealed(at, fences, kFences));
  for (std::size_t i = 0; i < fences; i += 8) run->first_.push_back(read_be(plain.view().subspan(i, 8)));
  return std::shared_ptr<const QuoteRun>(std::move(run));
}

Result<crypto::SecretBytes> QuoteRun::read_sealed(std::uint64_t at, std::size_t size, std::uint64_t counter) const {
  Bytes sealed(size + crypto::kAeadTagSize);
  if (!read_at(descriptor_, at, sealed)) return damaged();
  auto plain = crypto::aead_open(key_.view(), nonce_of(counter), u64be(name_.number), sealed);
  if (!plain.has_value()) return damaged();
  return plain;
}

Result<std::vector<QuoteEntry>> QuoteRun::block(std::uint64_t index) const {
  const auto plain = TRY(read_sealed(block_at(index), block_size(name_.entries, index), index));
  std::vector<QuoteEntry> entries;
  entries.reserve(kBlockEntries);
  for (auto rest = plain.view(); rest.size() >= kEntrySize; rest = rest.subspan(kEntrySize))
    entries.push_back({read_be(rest.first(8)), read_be(rest.subspan(8, kOrdinalSize))});
  return entries;
}

// The first block it may stand in.
std::uint64_t QuoteRun::candidate(std::uint64_t fingerprint) const {
  const auto after = std::lower_bound(first_.begin(), first_.end(), fingerprint);
  const auto index = static_cast<std::uint64_t>(after - first_.begin());
  return index == 0 ? 0 : index - 1;
}

Result<void> QuoteRun::find(std::span<const std::uint64_t> fingerprints,
                            const std::function<void(std::uint64_t)>& visit) const {
  std::vector<QuoteEntry> entries;
  auto loaded = kFences;
  for (const auto fingerprint : fingerprints) {
    for (auto index = candidate(fingerprint); index < blocks() && first_[index] <= fingerprint; ++index) {
      if (index != loaded) entries = TRY(block(index));
      loaded = index;
      auto at = std::lower_bound(entries.begin(), entries.end(), QuoteEntry{fingerprint, 0});
      for (; at != entries.end() && at->fingerprint == fingerprint; ++at) visit(at->ordinal);
      if (at != entries.end()) break;
    }
  }
  return {};
}

Result<std::unique_ptr<QuoteRunWriter>> QuoteRunWriter::create(const std::filesystem::path& directory, BytesView key,
                                                               std::uint64_t number, crypto::RandomSource& random) {
  const auto file = QuoteRun::file_of(directory, number);
  const int fd = ::open((file.string() + ".new").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return not_written();
  const auto salt = random.bytes(kRunSalt);
  auto writer = std::unique_ptr<QuoteRunWriter>(new QuoteRunWriter(file, fd, number, run_key(key, salt, number)));
  if (!write_all(fd, salt)) return not_written();
  return writer;
}

QuoteRunWriter::~QuoteRunWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> QuoteRunWriter::write_sealed(BytesView plain, std::uint64_t counter) {
  const auto sealed = crypto::aead_seal(key_.view(), nonce_of(counter), u64be(name_.number), plain);
  if (!write_all(descriptor_, sealed)) return not_written();
  return {};
}

Result<void> QuoteRunWriter::write_block() {
  if (block_.empty()) return {};
  CHECK_OK(write_sealed(block_, blocks_++));
  block_.clear();
  return {};
}

Result<void> QuoteRunWriter::add(QuoteEntry entry) {
  if (block_.empty()) append(first_, u64be(entry.fingerprint));
  append(block_, u64be(entry.fingerprint));
  append(block_, BytesView(u64be(entry.ordinal)).last(kOrdinalSize));
  ++name_.entries;
  if (block_.size() == kBlockEntries * kEntrySize) return write_block();
  return {};
}

Result<QuoteRun::Name> QuoteRunWriter::finish() {
  CHECK_OK(write_block());
  CHECK_OK(write_sealed(first_, kFences));
  const bool synced = ::fsync(descriptor_) == 0;
  const bool closed = ::close(std::exchange(descriptor_, -1)) == 0;
  if (!synced || !closed) return not_written();
  std::error_code error;
  std::filesystem::rename(file_.string() + ".new", file_, error);
  if (error) return not_written();
  CHECK_OK(sync_path(file_.parent_path()));
  return name_;
}

}  // namespace chancery::store
