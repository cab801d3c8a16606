#include "daemon/store/quote_index.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "crypto/file.h"
#include "crypto/sealing.h"
#include "daemon/store/directory_files.h"
#include "daemon/store/quote_run.h"

namespace chancery::store {

namespace {

constexpr std::string_view kManifestAad = "chancery/quote-index/v2";
constexpr std::size_t kMaxManifest = std::size_t{1} << 30;
constexpr std::uint64_t kGrowth = 4;  // a run is merged when what came after it is more than a fourth of it

using Runs = std::vector<std::shared_ptr<const QuoteRun>>;
using Waiting = std::unordered_multimap<std::uint64_t, std::uint64_t>;  // fingerprint -> ordinal
// Of each of these ordinals entries count only in runs from this number on.
using Forgotten = std::map<std::uint64_t, std::uint64_t>;

bool is_forgotten(const Forgotten& forgotten, std::uint64_t ordinal, std::uint64_t run) {
  const auto found = forgotten.find(ordinal);
  return found != forgotten.end() && run < found->second;
}

// What the folder holds.
struct Manifest {
  Digest made_under;
  QuotePosition position;
  std::uint64_t next_run = 1;
  std::vector<QuoteRun::Name> runs;  // oldest first
  Forgotten forgotten;
};

Bytes encode(const Manifest& manifest) {
  auto out = concat({manifest.made_under.view(), u64be(manifest.position.ordinal), manifest.position.id.view(),
                     u64be(manifest.position.change), u64be(manifest.next_run), u64be(manifest.runs.size())});
  for (const auto& run : manifest.runs) append(out, concat({u64be(run.number), u64be(run.entries)}));
  for (const auto& [ordinal, run] : manifest.forgotten) append(out, concat({u64be(ordinal), u64be(run)}));
  return out;
}

// Of bytes that we sealed.
Result<Manifest> decode(BytesView bytes) {
  constexpr std::size_t kFixed = 32 + 8 + 32 + 8 + 8 + 8;
  const auto number = [&bytes] {
    const auto value = read_be(bytes.first(8));
    bytes = bytes.subspan(8);
    return value;
  };
  const auto copy = [&bytes](std::array<std::uint8_t, 32>& to) {
    std::copy_n(bytes.begin(), to.size(), to.begin());
    bytes = bytes.subspan(to.size());
  };
  if (bytes.size() < kFixed || bytes.size() % 16 != kFixed % 16)
    return fail(Errc::corrupt, "store: index of quotations");
  Manifest out;
  copy(out.made_under.value);
  out.position.ordinal = number();
  copy(out.position.id.value);
  out.position.change = number();
  out.next_run = number();
  const auto runs = number();
  if (runs > bytes.size() / 16) return fail(Errc::corrupt, "store: index of quotations");
  for (std::uint64_t i = 0; i < runs; ++i) {
    const auto run = number();
    out.runs.push_back({run, number()});
  }
  while (!bytes.empty()) {
    const auto ordinal = number();
    out.forgotten.emplace(ordinal, number());
  }
  return out;
}

}  // namespace

class QuoteIndex::Impl {
 public:
  Impl(std::filesystem::path directory, BytesView key, crypto::RandomSource& random, QuoteIndexOptions options)
      : directory_(std::move(directory)), key_(Bytes(key.begin(), key.end())), random_(random), options_(options) {}

  void load() {
    auto manifest = read_manifest();
    if (manifest.has_value()) manifest = open_runs(std::move(*manifest));
    if (manifest.has_value()) {
      written_ = std::move(*manifest);
      position_ = written_.position;
      forgotten_ = written_.forgotten;
      next_run_ = written_.next_run;
    } else {
      runs_.clear();
    }
    remove_strangers();
  }

  [[nodiscard]] Digest made_under() const {
    const std::lock_guard lock(mutex_);
    return written_.made_under;
  }
  [[nodiscard]] QuotePosition position() const {
    const std::lock_guard lock(mutex_);
    return position_;
  }

  [[nodiscard]] bool empty() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty() && writing_.empty() && runs_.empty();
  }

  Result<void> reset(const Digest& made_under, std::uint64_t last_change) {
    const std::lock_guard tending(tending_);
    Manifest empty;
    empty.made_under = made_under;
    empty.position.change = last_change;
    {
      const std::lock_guard lock(mutex_);
      empty.next_run = next_run_;
      waiting_.clear();
      writing_.clear();
      forgotten_.clear();
      runs_.clear();
      position_ = empty.position;
      written_ = empty;
    }
    CHECK_OK(write_manifest(empty));
    remove_strangers();
    return {};
  }

  void add(std::uint64_t ordinal, const core::MessageId& id, const std::vector<std::uint64_t>& fingerprints) {
    const std::lock_guard lock(mutex_);
    if (ordinal <= position_.ordinal) return;
    position_.ordinal = ordinal;
    position_.id = id;
    for (const auto fingerprint : fingerprints) waiting_.emplace(fingerprint, ordinal);
  }

  void change(const TextChange& change, const std::vector<std::uint64_t>& fingerprints) {
    const std::lock_guard lock(mutex_);
    if (change.number <= position_.change) return;
    position_.change = change.number;
    if (change.ordinal > position_.ordinal) return;
    // No run that has entries of before, and none that is being written, has this number or a later one.
    forgotten_[change.ordinal] = next_run_;
    for (auto* table : {&waiting_, &writing_})
      std::erase_if(*table, [&](const auto& entry) { return entry.second == change.ordinal; });
    for (const auto fingerprint : fingerprints) waiting_.emplace(fingerprint, change.ordinal);
  }

  [[nodiscard]] Result<std::vector<std::uint64_t>> find(const std::vector<std::uint64_t>& fingerprints) const {
    std::vector<std::uint64_t> found;
    Runs runs;
    Forgotten forgotten;
    {
      const std::lock_guard lock(mutex_);
      for (const auto fingerprint : fingerprints)
        for (const auto* table : {&waiting_, &writing_})
          for (auto [at, end] = table->equal_range(fingerprint); at != end; ++at) found.push_back(at->second);
      runs = runs_;
      forgotten = forgotten_;
    }
    for (const auto& run : runs)
      CHECK_OK(run->find(fingerprints, [&](std::uint64_t ordinal) {
        if (!is_forgotten(forgotten, ordinal, run->name().number)) found.push_back(ordinal);
      }));
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  Result<void> tend(bool all) {
    const std::lock_guard tending(tending_);
    if (all || due()) CHECK_OK(write_waiting());
    CHECK_OK(merge());
    return purge();
  }

 private:
  [[nodiscard]] std::filesystem::path manifest_file() const { return directory_ / "index"; }

  [[nodiscard]] Result<Manifest> read_manifest() const {
    const auto sealed = TRY(crypto::read_file(manifest_file().string(), kMaxManifest));
    const auto plain = TRY(crypto::open_at_rest(key_.view(), as_bytes(kManifestAad), as_bytes(sealed)));
    return decode(plain.view());
  }

  [[nodiscard]] Result<void> write_manifest(const Manifest& manifest) const {
    const auto sealed = crypto::seal_at_rest(key_.view(), as_bytes(kManifestAad), encode(manifest), random_);
    return replace_file(manifest_file(), as_text(sealed));
  }

  Result<Manifest> open_runs(Manifest manifest) {
    for (const auto& name : manifest.runs) runs_.push_back(TRY(QuoteRun::open(directory_, key_.view(), name)));
    return manifest;
  }

  // What no manifest names: a run that was being written when the process ended, or one that was merged.
  void remove_strangers() const {
    std::set<std::filesystem::path> ours{manifest_file()};
    for (const auto& run : runs_) ours.insert(QuoteRun::file_of(directory_, run->name().number));
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, ignored))
      if (!ours.contains(entry.path())) std::filesystem::remove(entry.path(), ignored);
  }

  [[nodiscard]] bool due() const {
    const std::lock_guard lock(mutex_);
    return !writing_.empty() || !forgotten_.empty() || waiting_.size() >= options_.run_entries ||
           position_.ordinal - written_.position.ordinal >= options_.position_every;
  }

  // Who looks meanwhile finds them in `writing_`; what an error left there is written first the next time.
  Result<void> write_waiting() {
    Manifest next;
    std::vector<QuoteEntry> entries;
    std::uint64_t run = 0;
    {
      const std::lock_guard lock(mutex_);
      writing_.merge(waiting_);
      next = written_;
      next.position = position_;
      next.forgotten = forgotten_;
      for (const auto& [fingerprint, ordinal] : writing_) entries.push_back({fingerprint, ordinal});
      run = next_run_++;
    }
    if (next.position == written_.position && next.forgotten == written_.forgotten && entries.empty()) return {};
    std::sort(entries.begin(), entries.end());
    auto runs = runs_;
    if (!entries.empty()) {
      auto writer = TRY(QuoteRunWriter::create(directory_, key_.view(), run, random_));
      for (const auto& entry : entries) CHECK_OK(writer->add(entry));
      runs.push_back(TRY(QuoteRun::open(directory_, key_.view(), TRY(writer->finish()))));
    }
    CHECK_OK(publish(std::move(next), std::move(runs)));
    const std::lock_guard lock(mutex_);
    writing_.clear();
    return {};
  }

  // Oldest first, each more than four times what came after it: few runs, and each entry is written few times.
  Result<void> merge() {
    std::uint64_t after = 0;
    std::size_t from = runs_.size();
    for (std::size_t i = runs_.size(); i-- > 0;) {
      const auto size = runs_[i]->name().entries;
      if (i + 1 < runs_.size() && size <= kGrowth * after) from = i;
      after += size;
    }
    if (from < runs_.size()) TRY(merge_from(from));
    return {};
  }

  // Into one run, without what is forgotten; that is returned.
  Result<Forgotten> merge_from(std::size_t from) {
    std::uint64_t number = 0;
    Forgotten forgotten;
    {
      // In one: what is forgotten from now on does not count in this run.
      const std::lock_guard lock(mutex_);
      number = next_run_++;
      forgotten = forgotten_;
    }
    auto next = written_;
    Runs merged(runs_.begin() + static_cast<std::ptrdiff_t>(from), runs_.end());
    auto writer = TRY(QuoteRunWriter::create(directory_, key_.view(), number, random_));
    CHECK_OK(merge_into(*writer, merged, forgotten));
    Runs runs(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(from));
    const auto name = TRY(writer->finish());
    if (name.entries > 0) runs.push_back(TRY(QuoteRun::open(directory_, key_.view(), name)));
    CHECK_OK(publish(std::move(next), std::move(runs)));
    remove_strangers();
    return forgotten;
  }

  // Where one run is being read.
  struct Cursor {
    const QuoteRun* run;
    std::vector<QuoteEntry> entries = {};
    std::size_t at = 0;
    std::uint64_t block = 0;
    // Whether an entry stands at `at`.
    Result<bool> ready() {
      while (at == entries.size()) {
        if (block == run->blocks()) return false;
        entries = TRY(run->block(block++));
        at = 0;
      }
      return true;
    }
    [[nodiscard]] const QuoteEntry& entry() const { return entries[at]; }
  };

  static Result<void> merge_into(QuoteRunWriter& writer, const Runs& runs, const Forgotten& forgotten) {
    std::vector<Cursor> cursors;
    for (const auto& run : runs) {
      Cursor cursor{run.get()};
      if (TRY(cursor.ready())) cursors.push_back(std::move(cursor));
    }
    while (!cursors.empty()) {
      const auto least = std::min_element(cursors.begin(), cursors.end(),
                                          [](const Cursor& a, const Cursor& b) { return a.entry() < b.entry(); });
      if (!is_forgotten(forgotten, least->entry().ordinal, least->run->name().number))
        CHECK_OK(writer.add(least->entry()));
      ++least->at;
      if (!TRY(least->ready())) cursors.erase(least);
    }
    return {};
  }

  // No entry of what is forgotten stays on the disk.
  Result<void> purge() {
    {
      const std::lock_guard lock(mutex_);
      if (forgotten_.empty()) return {};
    }
    const auto gone = TRY(merge_from(0));
    // One that changed again meanwhile waits for the next time.
    const auto is_gone = [&gone](const auto& one) {
      const auto found = gone.find(one.first);
      return found != gone.end() && found->second == one.second;
    };
    Manifest next;
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(forgotten_, is_gone);
      std::erase_if(written_.forgotten, is_gone);
      next = written_;
    }
    return write_manifest(next);
  }

  Result<void> publish(Manifest next, Runs runs) {
    next.runs.clear();
    for (const auto& run : runs) next.runs.push_back(run->name());
    {
      const std::lock_guard lock(mutex_);
      next.next_run = next_run_;
    }
    CHECK_OK(write_manifest(next));
    const std::lock_guard lock(mutex_);
    written_ = std::move(next);
    runs_ = std::move(runs);
    return {};
  }

  const std::filesystem::path directory_;
  const crypto::SecretBytes key_;
  crypto::RandomSource& random_;
  const QuoteIndexOptions options_;
  std::mutex tending_;  // held by whoever changes files; taken before mutex_

  mutable std::mutex mutex_;
  Manifest written_;            // guarded by mutex_; changed by who holds tending_ too
  Runs runs_;                   // likewise
  QuotePosition position_;      // guarded by mutex_
  Forgotten forgotten_;         // guarded by mutex_
  std::uint64_t next_run_ = 1;  // guarded by mutex_
  Waiting waiting_;             // guarded by mutex_
  Waiting writing_;             // guarded by mutex_: being written into a run
};

Result<std::unique_ptr<QuoteIndex>> QuoteIndex::open(const std::filesystem::path& directory, BytesView key,
                                                     crypto::RandomSource& random, QuoteIndexOptions options) {
  std::error_code error;
  if (std::filesystem::create_directories(directory, error))
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::unavailable, "store: cannot make " + directory.string());
  auto impl = std::make_unique<Impl>(directory, key, random, options);
  impl->load();
  return std::unique_ptr<QuoteIndex>(new QuoteIndex(std::move(impl)));
}

QuoteIndex::QuoteIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
QuoteIndex::~QuoteIndex() = default;

Digest QuoteIndex::made_under() const { return impl_->made_under(); }
QuotePosition QuoteIndex::position() const { return impl_->position(); }
bool QuoteIndex::empty() const { return impl_->empty(); }
Result<void> QuoteIndex::reset(const Digest& made_under, std::uint64_t last_change) {
  return impl_->reset(made_under, last_change);
}
void QuoteIndex::add(std::uint64_t ordinal, const core::MessageId& id, const std::vector<std::uint64_t>& fingerprints) {
  impl_->add(ordinal, id, fingerprints);
}
void QuoteIndex::change(const TextChange& change, const std::vector<std::uint64_t>& fingerprints) {
  impl_->change(change, fingerprints);
}
Result<std::vector<std::uint64_t>> QuoteIndex::find(const std::vector<std::uint64_t>& fingerprints) const {
  return impl_->find(fingerprints);
}
Result<void> QuoteIndex::tend() { return impl_->tend(false); }
Result<void> QuoteIndex::write() { return impl_->tend(true); }

}  // namespace chancery::store
