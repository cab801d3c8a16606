#include "daemon/revocation.h"

#include <algorithm>

#include "crypto/file.h"

namespace chancery {

namespace {

namespace fs = std::filesystem;

constexpr auto kEvery = std::chrono::seconds(1);

Result<crypto::RevocationList> read_list(const fs::path& path) {
  using crypto::RevocationList;
  return RevocationList::from_file(as_bytes(TRY(crypto::read_file(path.string(), RevocationList::kMaxFile))));
}

// Whose anchor signed it: the anchor, and the first authority under it.
struct Issuer {
  std::string authority;
  Digest anchor;
};

Result<std::optional<Issuer>> issuer_of(const service::Node& node, const crypto::RevocationList& list) {
  const auto directory = node.store.directory();
  for (const auto& [authority, entry] : directory->entries()) {
    if (entry.state == core::PeerState::unverified) continue;
    for (const auto& record : TRY(node.store.reader().designations(authority))) {
      if (record.certificates.empty() || crypto::sha256(record.certificates.front()) != entry.anchor) continue;
      const auto anchor = TRY(crypto::Certificate::from_der(record.certificates.front()));
      if (list.issued_by(anchor)) return std::optional(Issuer{authority, entry.anchor});
      break;
    }
  }
  return std::optional<Issuer>();
}

template <class T>
bool contains(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

RevocationWatch::RevocationWatch(service::Node node, fs::path folder, std::function<void()> on_news)
    : node_(std::move(node)), folder_(std::move(folder)), on_news_(std::move(on_news)) {
  look();
  thread_ = std::thread([this] { run(); });
}

RevocationWatch::~RevocationWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void RevocationWatch::look() { look_if_changed(true); }

void RevocationWatch::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kEvery, [this] { return stopping_; })) {
    lock.unlock();
    look_if_changed(false);
    lock.lock();
  }
}

std::vector<RevocationWatch::Stamp> RevocationWatch::stamps() {
  std::vector<Stamp> all;
  std::error_code error;
  for (auto it = fs::directory_iterator(folder_, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    std::error_code gone;
    if (!it->is_regular_file(gone) || it->path().filename().string().front() == '.') continue;
    all.push_back({it->path(), it->last_write_time(gone), it->file_size(gone)});
  }
  if (error && !unread_)
    node_.log(service::log_line<service::LogEvent::revocation_fault>(folder_.string(), error.message()));
  unread_ = static_cast<bool>(error);
  std::sort(all.begin(), all.end(), [](const Stamp& a, const Stamp& b) { return a.path < b.path; });
  return all;
}

void RevocationWatch::look_if_changed(bool anyway) {
  const std::lock_guard lock(looking_);
  // Of before: what changes in it while this looks is looked at next time.
  auto directory = node_.store.directory();
  // An authority that is new may be what a list waited for.
  const bool all = anyway || directory != directory_;
  std::vector<Stamp> seen;
  std::vector<Stamp> waiting;
  bool news = false;
  for (auto& file : stamps()) {
    const bool is_seen = contains(seen_, file);
    const bool is_told = is_seen || contains(waiting_, file);
    const auto fate = is_seen && !all ? Fate::nothing_new : take(file.path, anyway || !is_told);
    news = news || fate == Fate::recorded;
    (fate == Fate::passing ? waiting : seen).push_back(std::move(file));
  }
  seen_ = std::move(seen);
  waiting_ = std::move(waiting);
  directory_ = std::move(directory);
  if (news) on_news_();
}

RevocationWatch::Fate RevocationWatch::take(const fs::path& path, bool tell) {
  const auto list = read_list(path);
  const auto recorded = list.has_value() ? record(*list) : Result<bool>(tl::unexpected(list.error()));
  if (recorded.has_value()) return *recorded ? Fate::recorded : Fate::nothing_new;
  const auto& error = recorded.error();
  if (tell) node_.log(service::log_line<service::LogEvent::revocation_fault>(path.string(), error.detail));
  const bool final = error.code == Errc::malformed || error.code == Errc::unauthenticated;
  return final ? Fate::fault : Fate::passing;
}

// False: it is known, or older than what is.
Result<bool> RevocationWatch::record(const crypto::RevocationList& list) {
  const auto issuer = TRY(issuer_of(node_, list));
  if (!issuer) return fail(Errc::unauthenticated, "signed by the anchor of no verified authority");
  if (list.this_update() > node_.clock.now() + core::kClockMargin)
    return fail(Errc::unavailable, "from " + to_string(list.this_update()) + ", which is to come");
  core::JournalEntry entry;
  entry.actor = "daemon";
  entry.act = core::Act::revocations_recorded;
  entry.subject = issuer->authority;
  entry.content = list.digest();
  const auto done = node_.store.run<void>(
      0, [&](store::Transaction& tx) { return tx.record_revocations(issuer->anchor, list, entry); });
  if (!done.has_value() && done.error().code == Errc::conflict) return false;
  CHECK_OK(done);
  node_.log(service::log_line<service::LogEvent::revocation_recorded>(
      issuer->authority, to_string(list.this_update()), to_string(list.next_update()), list.entries().size()));
  return true;
}

}  // namespace chancery
