#include "daemon/service/histories.h"

#include <algorithm>

#include "daemon/service/gate.h"

namespace chancery::service {

namespace {

constexpr Duration kLookEvery = seconds(1);

// "chancery/<authority>/<epoch>".
std::optional<std::uint64_t> epoch_of(const crypto::Checkpoint& checkpoint, const std::string& authority) {
  const auto prefix = "chancery/" + authority + "/";
  if (!checkpoint.origin.starts_with(prefix)) return std::nullopt;
  const auto epoch = core::parse_ordinal(std::string_view(checkpoint.origin).substr(prefix.size()));
  return epoch.has_value() ? std::optional(*epoch) : std::nullopt;
}

// Its text, before anybody looked at the signature.
std::optional<crypto::Checkpoint> text_of(const std::string& note) {
  const auto gap = note.rfind("\n\n");
  if (gap == std::string::npos) return std::nullopt;
  auto checkpoint = crypto::Checkpoint::parse(std::string_view(note).substr(0, gap + 1));
  return checkpoint.has_value() ? std::optional(std::move(*checkpoint)) : std::nullopt;
}

bool is_newer(const crypto::Checkpoint& one, const crypto::Checkpoint& other, const std::string& authority) {
  const auto epoch = epoch_of(one, authority), before = epoch_of(other, authority);
  return epoch != before ? epoch > before : other.size < one.size;
}

std::string place(std::uint64_t epoch, std::uint64_t number) {
  return std::to_string(epoch) + "/" + std::to_string(number);
}

}  // namespace

// ---- what we show

Result<void> Histories::show(const std::string& peer, wire::Frame& frame) {
  const auto taken = TRY(node_.store.reader().last_inbound(peer));
  const std::lock_guard lock(mutex_);
  auto* seen = TRY(remembered(peer));
  look(peer, *seen);
  auto& heartbeat = frame.heartbeat ? *frame.heartbeat : frame.heartbeat.emplace();
  if (taken) heartbeat.taken = frame.add(*taken);
  if (!seen->note.empty()) heartbeat.checkpoints.push_back(seen->note);
  return {};
}

void Histories::tell(wire::Heartbeat& heartbeat, std::string& before) const {
  auto note = node_.store.checkpoint_note();
  if (note == before) return;
  before = note;
  heartbeat.checkpoints.push_back(std::move(note));
  const auto key = node_.store.log_key().spki();
  heartbeat.log_key = {key.begin(), key.end()};
}

// ---- what we are shown

Result<void> Histories::take(const std::string& peer, const wire::Frame& frame) {
  if (!frame.heartbeat) return {};
  auto judged = judge(peer, frame);
  tell_trouble(peer, judged);
  heard(peer);
  return judged;
}

// All of it is looked at, whatever comes first.
Result<void> Histories::judge(const std::string& peer, const wire::Frame& frame) {
  auto judged = judge_dispatch(peer, frame);
  const auto also = [&](Result<void> one) {
    if (judged.has_value()) judged = std::move(one);
  };
  for (const auto& note : frame.heartbeat->checkpoints) {
    const auto checkpoint = text_of(note);
    if (!checkpoint)
      also(fail(Errc::malformed, "shows a checkpoint that is none"));
    else if (epoch_of(*checkpoint, node_.identity.authority))
      also(judge_checkpoint(peer, note));
    else if (epoch_of(*checkpoint, peer))
      also(see(peer, {*checkpoint, note, frame.heartbeat->log_key}));
  }
  return judged;
}

// Once, until it is another.
void Histories::tell_trouble(const std::string& peer, const Result<void>& judged) {
  const auto detail = judged.has_value() ? "" : judged.error().detail;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(trouble_[peer], detail) == detail) return;
  }
  if (judged.has_value()) return node_.log(log_line<LogEvent::history_agrees>(peer));
  node_.log(log_line<LogEvent::history_failed>(peer, detail));
}

Result<void> Histories::judge_checkpoint(const std::string& peer, const std::string& note) {
  const auto shown = crypto::open_checkpoint(note, node_.store.log_key());
  if (!shown.has_value()) return {};  // nobody's
  const auto epoch = epoch_of(*shown, node_.identity.authority).value_or(0);
  const auto ours = node_.store.epoch();
  if (epoch < ours) return {};  // what a sanctioned restore left behind
  const auto here = node_.store.checkpoint();
  const auto sizes = peer + " saw our checkpoint of " + std::to_string(shown->size.value) + " entries in epoch " +
                     std::to_string(epoch) + ", this journal has " + std::to_string(here.size.value) + " in epoch " +
                     std::to_string(ours);
  if (epoch > ours || here.size < shown->size) {
    suspend("rolled back: " + sizes);
    return {};
  }
  const auto root = TRY(node_.store.reader().root(shown->size));
  if (root == shown->root) return {};
  suspend("another history: " + sizes);
  const crypto::Checkpoint same{here.origin, shown->size, root, std::nullopt};
  keep_conflict("checkpoint", node_.identity.authority, same.to_text(), note);
  return {};
}

Result<void> Histories::judge_dispatch(const std::string& peer, const wire::Frame& frame) {
  if (!frame.heartbeat->taken) return {};
  const auto& proven = *frame.heartbeat->taken;
  const auto directory = node_.store.directory();
  FrameVerifier verifier(frame.signatures, *directory, certificates_);
  const auto finding = verifier.find(proven);
  const auto shown = core::Dispatch::parse(proven.statement);
  if (!shown.has_value() || shown->sender != node_.identity.authority || shown->recipient != peer)
    return fail(Errc::malformed, "shows as the last dispatch it took what is none of ours to it");
  const auto ours = node_.store.epoch();
  if (finding.standing != Standing::holds || finding.batch->signer != node_.identity.authority) {
    // What was before a sanctioned restore, or may be anybody's, says nothing of this store.
    if (shown->epoch < ours || is_compromised(frame, proven)) return {};
    return fail(Errc::unauthenticated,
                "shows our dispatch " + place(shown->epoch, shown->sequence) +
                    (finding.standing == Standing::key_unknown ? " under a key that this store does not know as ours"
                                                               : ", which we did not sign"));
  }
  if (shown->epoch < ours) {
    left_behind(peer, *shown);
    return {};
  }
  const auto rows = TRY(node_.store.reader().dispatches_from(peer, shown->epoch, shown->sequence, 1));
  const auto what = peer + " took our dispatch " + place(shown->epoch, shown->sequence);
  if (rows.empty() || rows.front().sequence != shown->sequence) {
    const auto last = TRY(node_.store.reader().last_sent(peer));
    suspend("rolled back: " + what + ", this store ends at " + place(last.epoch, last.sequence));
  } else if (rows.front().dispatch.statement != proven.statement) {
    suspend("another history: " + what + ", which has other bytes in this store");
    keep_conflict("dispatch", node_.identity.authority, rows.front().dispatch.statement, proven.statement);
  }
  return {};
}

bool Histories::is_compromised(const wire::Frame& frame, const wire::Proven& proven) const {
  if (proven.signature >= frame.signatures.size()) return false;
  const auto directory = node_.store.directory();
  const auto* self = directory->find(node_.identity.authority);
  const auto& id = frame.signatures[proven.signature].key_id;
  const auto names_it = [&](const core::DesignatedKey& key) {
    return key.id == id && key.state == core::KeyState::compromised;
  };
  return self != nullptr && std::any_of(self->history.begin(), self->history.end(), [&](const core::Designation& one) {
           return std::any_of(one.keys.begin(), one.keys.end(), names_it);
         });
}

// Of an epoch before a sanctioned restore: what the peer took need not go again, and it may have more than we know.
void Histories::left_behind(const std::string& peer, const core::Dispatch& taken) {
  {
    const std::lock_guard lock(mutex_);
    const std::pair place_of_it(taken.epoch, taken.sequence);
    if (std::exchange(left_behind_[peer], place_of_it) == place_of_it) return;
  }
  node_.log(log_line<LogEvent::history_restored>(peer, taken.epoch, taken.sequence));
  node_.store.post<void>(
      0, [peer, taken](store::Transaction& tx) { return tx.mark_dispatch_taken(peer, taken.epoch, taken.sequence); },
      [self = shared_from_this(), peer](const Result<void>& done, const store::Commit&) {
        if (!done.has_value()) self->node_.log(log_line<LogEvent::history_failed>(peer, done.error().detail));
      });
}

void Histories::suspend(const std::string& why) {
  node_.log(log_line<LogEvent::history_suspends>(why));
  if (history_gate()) node_.store.suspend(why);
}

// ---- checkpoints of peers

Result<Histories::Seen*> Histories::remembered(const std::string& peer) {
  auto& seen = seen_[peer];
  if (seen.asked) return &seen;
  const auto kept = TRY(node_.store.reader().seen(peer));
  seen.asked = true;
  if (!kept) return &seen;
  if (auto checkpoint = text_of(*kept)) {
    seen.checkpoint = std::move(*checkpoint);
    seen.note = *kept;
  }
  return &seen;
}

// Of each peer the latest that it signed is kept, for the peer: what is lost there is found by it. Signatures are
// looked at now and then, and wherever two exclude each other.
Result<void> Histories::see(const std::string& peer, Shown shown) {
  std::unique_lock lock(mutex_);
  auto* seen = TRY(remembered(peer));
  if (seen->later && !is_newer(shown.checkpoint, seen->later->checkpoint, peer)) look(peer, *seen);
  if (is_newer(shown.checkpoint, seen->checkpoint, peer)) {
    seen->later = std::move(shown);
    if (between(seen->looked_at, now()) >= kLookEvery) look(peer, *seen);
    return {};
  }
  if (seen->conflict || shown.checkpoint == seen->checkpoint) return {};
  const auto first = seen->note;
  const bool fork =
      shown.checkpoint.origin == seen->checkpoint.origin && shown.checkpoint.size == seen->checkpoint.size;
  const auto size = seen->checkpoint.size.value;
  lock.unlock();
  if (!is_signed(peer, shown.log_key, shown.note)) return {};
  node_.log(log_line<LogEvent::peer_checkpoint>(peer, size, shown.checkpoint.size.value));
  if (!fork || !is_signed(peer, shown.log_key, first)) return {};
  lock.lock();
  if (std::exchange(seen->conflict, true)) return {};
  lock.unlock();
  keep_conflict("checkpoint", peer, first, shown.note);
  return {};
}

// What nobody signed is forgotten: it must not stand before what the peer signs later.
void Histories::look(const std::string& peer, Seen& seen) {
  const auto later = std::exchange(seen.later, std::nullopt);
  if (!later) return;
  seen.looked_at = now();
  if (!is_signed(peer, later->log_key, later->note)) return;
  seen.checkpoint = later->checkpoint;
  seen.note = later->note;
  keep(peer, later->note);
}

bool Histories::is_signed(const std::string& peer, const Bytes& log_key, const std::string& note) const {
  const auto key = crypto::PublicKey::from_spki(log_key);
  if (!key.has_value()) return false;
  const auto directory = node_.store.directory();
  return directory->key(peer, core::KeyRole::log, key->id(), node_.clock.now()) != nullptr &&
         crypto::open_checkpoint(note, *key).has_value();
}

void Histories::keep(const std::string& peer, const std::string& note) {
  node_.store.post<void>(
      0, [peer, note](store::Transaction& tx) { return tx.record_seen(peer, note); },
      [self = shared_from_this(), peer](const Result<void>& done, const store::Commit&) {
        if (!done.has_value()) self->node_.log(log_line<LogEvent::history_failed>(peer, done.error().detail));
      });
}

void Histories::keep_conflict(const char* kind, const std::string& subject, const std::string& first,
                              const std::string& second) {
  node_.log(log_line<LogEvent::conflict_recorded>(std::string(kind) + " of " + subject));
  node_.store.post<void>(
      0,
      [kind = std::string(kind), subject, first, second](store::Transaction& tx) {
        core::JournalEntry entry;
        entry.actor = "daemon";
        entry.act = core::Act::conflict_recorded;
        entry.subject = subject;
        entry.content = crypto::sha256(as_bytes(second));
        return tx.record_conflict({kind, subject, first, second, tx.now()}, entry);
      },
      [self = shared_from_this(), subject](const Result<void>& done, const store::Commit&) {
        if (!done.has_value()) self->node_.log(log_line<LogEvent::history_failed>(subject, done.error().detail));
      });
}

// ---- the start

void Histories::await(std::set<std::string> peers) {
  const std::lock_guard lock(mutex_);
  awaited_ = std::move(peers);
  if (awaited_.empty()) node_.store.release();
}

void Histories::heard(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  if (awaited_.erase(peer) > 0 && awaited_.empty()) node_.store.release();
}

}  // namespace chancery::service
