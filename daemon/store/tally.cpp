#include "daemon/store/tally.h"

#include <algorithm>

#include "daemon/store/attachment_files.h"

namespace chancery::store {

namespace {

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

}  // namespace

void Durations::add(std::chrono::steady_clock::duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  ++count_;
  sum_ += seconds;
  const auto* bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  if (bound != kBounds.end()) ++within_[static_cast<std::size_t>(bound - kBounds.begin())];
}

std::vector<std::uint64_t> Durations::cumulative() const {
  std::vector<std::uint64_t> all;
  std::uint64_t sum = 0;
  for (const auto count : within_) all.push_back(sum += count);
  return all;
}

DiskUse disk_use(const std::filesystem::path& folder) {
  DiskUse out;
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (!error) out.free = space.available;
  out.for_attachments = AttachmentFiles::room_at(folder);
  out.database = size_of(folder / "chancery.db");
  out.log = size_of(folder / "chancery.db-wal");
  for (std::filesystem::directory_iterator it(folder / "attachments", error), end; !error && it != end;
       it.increment(error)) {
    const bool whole = !it->path().has_extension();
    (whole ? out.attachments : out.unfinished) += size_of(it->path());
  }
  return out;
}

}  // namespace chancery::store
