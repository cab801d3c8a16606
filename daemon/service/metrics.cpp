#include "daemon/service/metrics.h"

#include <array>
#include <filesystem>
#include <fstream>

namespace chancery::service {

namespace {

double seconds_of(Instant instant) { return static_cast<double>(instant.ms) / 1000; }
std::uint64_t flag(bool value) { return value ? 1 : 0; }

std::uint64_t open_descriptors() {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error))
    ++count;
  return count;
}

// VmRSS of proc(5), in bytes.
std::uint64_t resident_memory() {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;)
    if (std::uint64_t kib = 0; word == "VmRSS:" && in >> kib) return kib << 10;
  return 0;
}

// Of each role the latest end of a key that is valid now.
std::map<core::KeyRole, Instant> ends_of(const core::Designation& designation, Instant now) {
  std::map<core::KeyRole, Instant> ends;
  for (const auto& key : designation.keys)
    if (key.valid_at(now)) ends[key.role] = std::max(ends[key.role], key.to);
  return ends;
}

}  // namespace

Metrics::Metrics(Node node, Lanes lanes, MetricsOptions options)
    : node_(std::move(node)), lanes_(std::move(lanes)), options_(std::move(options)), started_(node_.clock.now()) {}

std::string Metrics::text() const {
  Exposition out;
  const auto tally = node_.store.tally();
  add_process(out);
  add_acts(out, tally);
  add_store(out, tally);
  add_disk(out);
  add_peers(out);
  add_quotas(out);
  add_keys(out);
  add_boxes(out);
  add_events(out);
  return out.text();
}

void Metrics::add_process(Exposition& out) const {
  out.gauge("chancery_build_info", "Always 1; which program speaks for which authority.")
      .sample(std::uint64_t{1}, {{"version", options_.version}, {"authority", node_.identity.authority}});
  out.gauge("process_start_time_seconds", "When the daemon began to serve, in Unix time.").sample(seconds_of(started_));
  out.gauge("process_resident_memory_bytes", "Resident memory.").sample(resident_memory());
  out.gauge("process_open_fds", "Open file descriptors.").sample(open_descriptors());
  const auto connected = options_.connected();
  out.gauge("chancery_connections", "Open connections: of peers to us, by us to peers, of people at the Desk.")
      .sample(std::uint64_t{connected.peers}, {{"side", "peers"}})
      .sample(std::uint64_t{connected.dialled}, {{"side", "dialled"}})
      .sample(std::uint64_t{connected.desk}, {{"side", "desk"}});
}

void Metrics::add_acts(Exposition& out, const store::Tally& tally) const {
  out.counter("chancery_acts_total",
              "Journal entries by act: released (sent by us), accepted (taken in), acceptance-refused and so on.");
  for (const auto& [act, count] : tally.acts) out.sample(count, {{"act", core::to_string(act)}});
  out.counter("chancery_refusals_total", "Journal entries by act and by each reason they name.");
  for (const auto& [of, count] : tally.reasons)
    out.sample(count, {{"act", core::to_string(of.first)}, {"reason", of.second}});
  out.counter("chancery_receipts_total", "Receipts of peers for messages of ours, by stage: delivered, read, refused.");
  for (const auto& [stage, count] : tally.receipts) out.sample(count, {{"stage", core::to_string(stage)}});
  out.counter("chancery_unverified_total", "What peers brought that verified as nobody's, or could not be read.")
      .sample(lanes_.rejected());
}

void Metrics::add_store(Exposition& out, const store::Tally& tally) const {
  const auto& bounds = store::Durations::kBounds;
  out.histogram("chancery_store_commit_seconds", "Groups of acts that were committed, each with its sync.",
                {bounds.begin(), bounds.end()}, tally.commits.cumulative(), tally.commits.count(), tally.commits.sum());
  out.counter("chancery_store_rollbacks_total", "Groups of acts that were not committed.").sample(tally.rolled_back);
  out.counter("chancery_store_disk_full_total", "Groups of acts that were not committed because the disk was full.")
      .sample(tally.rolled_back_full);
  out.counter("chancery_store_log_moves_total", "Moves of the write-ahead log into the database.")
      .sample(tally.log_moves);
  out.counter("chancery_store_turned_away_total", "Acts that were turned away because too many waited.")
      .sample(tally.turned_away);
  out.gauge("chancery_store_waiting", "Acts that wait for the writer.").sample(tally.waiting);
  out.gauge("chancery_store_full", "1 while nothing is taken in because the disk is full.")
      .sample(flag(node_.store.full()));
  out.gauge("chancery_signing_key_reachable",
            "0 while nothing is signed: the key in its token cannot be reached, or no designation in force names it.")
      .sample(flag(node_.store.signs()));
  out.gauge("chancery_store_suspended", "1 while nothing is signed because the store is an older copy.")
      .sample(flag(node_.store.suspended().has_value()));
  out.gauge("chancery_store_epoch", "1, and one more with each sanctioned restore.").sample(node_.store.epoch());
  out.gauge("chancery_journal_entries", "Size of the last own checkpoint.").sample(node_.store.checkpoint().size.value);
}

void Metrics::add_disk(Exposition& out) const {
  const auto use = store::disk_use(node_.store.folder());
  out.gauge("chancery_disk_free_bytes", "Free for the daemon where its store is.").sample(use.free);
  out.gauge("chancery_attachment_room_bytes", "Of it for attachments that come in; 0: they are refused.")
      .sample(use.for_attachments);
  out.gauge("chancery_database_bytes", "The database file.").sample(use.database);
  out.gauge("chancery_write_ahead_log_bytes", "The write-ahead log file.").sample(use.log);
  out.gauge("chancery_attachment_bytes", "Files of attachments: complete, and unfinished ones on their way in.")
      .sample(use.attachments, {{"state", "complete"}})
      .sample(use.unfinished, {{"state", "unfinished"}});
}

void Metrics::add_peers(Exposition& out) const {
  struct Row {
    std::string peer;
    LaneStatus lane;
    Result<store::Backlog> backlog;
  };
  std::vector<Row> rows;
  const auto directory = node_.store.directory();
  for (const auto& [peer, entry] : directory->entries())
    if (peer != node_.identity.authority)
      rows.push_back({peer, lanes_.status(peer), node_.store.reader().backlog(peer)});
  const auto now = node_.clock.now();
  out.gauge("chancery_peer_up", "1 while there is a stream with the peer.");
  for (const auto& row : rows) out.sample(flag(row.lane.connected), {{"peer", row.peer}});
  out.gauge(
      "chancery_peer_parked",
      "1 while nothing is exchanged with the peer: suspended, withdrawn, without a certificate or a current list.");
  for (const auto& row : rows) {
    const auto why = why_parked(node_, row.peer);
    if (why != core::ReasonCode::peer_inactive) out.sample(flag(why.has_value()), {{"peer", row.peer}});
  }
  out.gauge("chancery_peer_last_contact_timestamp_seconds", "When the peer was last heard, in Unix time.");
  for (const auto& row : rows)
    if (row.lane.last_contact) out.sample(seconds_of(*row.lane.last_contact), {{"peer", row.peer}});
  out.gauge("chancery_peer_clock_skew_seconds", "How far the clock of the peer is ahead of ours.");
  for (const auto& row : rows) out.sample(static_cast<double>(row.lane.skew_ms) / 1000, {{"peer", row.peer}});
  out.gauge("chancery_outbox_messages", "Messages that wait for an answer of the peer.");
  for (const auto& row : rows)
    if (row.backlog.has_value()) out.sample(row.backlog->messages, {{"peer", row.peer}});
  out.gauge("chancery_outbox_oldest_seconds", "Age of the oldest of them; 0 when there is none.");
  for (const auto& row : rows)
    if (row.backlog.has_value()) {
      const auto age = row.backlog->oldest ? static_cast<double>((now - *row.backlog->oldest).ms) / 1000 : 0;
      out.sample(age < 0 ? 0 : age, {{"peer", row.peer}});
    }
}

void Metrics::add_quotas(Exposition& out) const {
  std::vector<std::pair<std::string, QuotaUse>> rows;
  const auto directory = node_.store.directory();
  for (const auto& [peer, entry] : directory->entries())
    if (peer != node_.identity.authority)
      for (const auto& use : options_.quotas(peer)) rows.emplace_back(peer, use);
  out.gauge("chancery_quota_used",
            "What a peer used of its quotas: reports nobody asked for and refused permits of this hour, restores of "
            "this day, and bytes without use on its connection that owes most.");
  for (const auto& [peer, use] : rows) out.sample(use.used, {{"peer", peer}, {"quota", std::string(use.quota)}});
  out.gauge("chancery_quota_limit",
            "What a peer has of each; beyond, its items are deferred, and for bytes its connection is cut.");
  for (const auto& [peer, use] : rows) out.sample(use.limit, {{"peer", peer}, {"quota", std::string(use.quota)}});
}

void Metrics::add_keys(Exposition& out) const {
  out.gauge("chancery_certificate_expiry_timestamp_seconds", "When our own certificates end, in Unix time.");
  for (const auto& [role, until] : options_.certificates) out.sample(seconds_of(until), {{"role", role}});
  out.gauge("chancery_key_expiry_timestamp_seconds",
            "When the last key of a role ends that a designation in force names, or a seal key, in Unix time.");
  const auto directory = node_.store.directory();
  const auto now = node_.clock.now();
  for (const auto& [authority, entry] : directory->entries()) {
    if (const auto* designation = core::in_force(entry.history, now))
      for (const auto& [role, until] : ends_of(*designation, now))
        out.sample(seconds_of(until), {{"authority", authority}, {"role", core::to_string(role)}});
    if (!entry.seal_keys.empty())
      out.sample(seconds_of(entry.seal_keys.back().to), {{"authority", authority}, {"role", "wrapping"}});
  }
}

void Metrics::add_boxes(Exposition& out) const {
  const auto counts = node_.store.reader().counts();
  if (!counts.has_value()) return;
  out.gauge("chancery_inbox_unread", "Messages that nobody read.").sample(counts->unread);
  out.gauge("chancery_drafts_waiting", "Drafts that wait for a second person.").sample(counts->waiting_drafts);
  out.gauge("chancery_conflicts", "Signed statements that exclude each other and are kept as evidence.")
      .sample(counts->conflicts);
}

void Metrics::add_events(Exposition& out) const {
  out.counter("chancery_log_events_total", "Events of the log, also those whose lines were not written.");
  for (const auto& info : kLogEvents) out.sample(options_.events.of(info.event), {{"event", std::string(info.id)}});
}

}  // namespace chancery::service
