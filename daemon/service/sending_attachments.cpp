#include "daemon/service/sending_attachments.h"

#include <algorithm>

#include "daemon/service/arriving_share.h"

namespace chancery::service {

namespace {

constexpr std::uint64_t kAhead = 8;                  // chunks sent and not confirmed
constexpr std::size_t kOffers = kMaxArriving;        // a frame; those of one message stand in one
constexpr std::size_t kBesideMessages = 600 * 1024;  // of a frame; more of it is left to messages
constexpr Duration kOfferAgain = seconds(30);        // when the peer had no room
constexpr Duration kStalled = minutes(1);            // nothing was heard of what was sent
constexpr Duration kNothingDue = hours(1);

// What is under way at a time leaves half of our share at the peer to what is more urgent.
constexpr std::size_t kUnderWay = kMaxArriving / 2;
constexpr std::uint64_t kUnderWayBytes = kMaxArrivingBytes / 2;

}  // namespace

bool SendingAttachments::Sending::goes() const {
  return wanted && !complete && next < chunks && next < confirmed + kAhead;
}

// Of failures nothing is forgotten: who closes the stream is not tried again the sooner.
void SendingAttachments::restart() {
  const std::lock_guard lock(mutex_);
  sending_.clear();
  std::erase_if(waiting_, [](const auto& entry) { return entry.second.failures == 0; });
  for (auto& [id, waiting] : waiting_) waiting.asked = waiting.offered = false;
}

Result<SendingAttachments::Sending> SendingAttachments::described(const Digest& root) const {
  Sending out;
  out.length = TRY(TRY(node_.store.attachments().read(root)).length());
  const auto plain = crypto::plain_length(out.length);
  const auto record = TRY(node_.store.reader().attachment(root));
  // What the disk damaged is not offered: its length would make no sense to the peer.
  if (!plain.has_value() || !record || record->sealed.size() != crypto::chunks_of(*plain))
    return fail(Errc::corrupt, "attachment " + to_string(root) + ": its file has another length");
  out.chunks = record->sealed.size();
  return out;
}

Result<bool> SendingAttachments::ready(const store::OutboxRow& row) {
  const auto& id = *row.message;
  {
    const std::lock_guard lock(mutex_);
    const auto known = waiting_.find(id);
    if (known != waiting_.end() && known->second.asked) return may_go(known->second);
  }
  std::map<Digest, Sending> described_now;
  for (const auto& one : TRY(node_.store.reader().attached(id)))
    described_now.emplace(one.root, TRY(described(one.root)));
  const std::lock_guard lock(mutex_);
  auto& waiting = waiting_[id];
  waiting.precedence = row.precedence;
  waiting.epoch = row.epoch;
  waiting.sequence = row.sequence;
  waiting.roots.clear();
  waiting.length = 0;
  waiting.asked = true;
  for (auto& [root, sending] : described_now) {
    waiting.roots.push_back(root);
    waiting.length += sending.length;
    sending_.try_emplace(root, std::move(sending));
  }
  return may_go(waiting);
}

// ---- with the lock held

bool SendingAttachments::all_complete(const Waiting& waiting) const {
  return std::all_of(waiting.roots.begin(), waiting.roots.end(), [&](const Digest& root) {
    const auto known = sending_.find(root);
    return known != sending_.end() && known->second.complete;
  });
}

bool SendingAttachments::may_go(const Waiting& waiting) const {
  return waiting.never || waiting.roots.empty() || (waiting.offered && all_complete(waiting));
}

// An answer, or a chunk, got lost: the peer is asked again.
bool SendingAttachments::stalled(const Waiting& waiting) const {
  return between(waiting.heard, now()) > kStalled &&
         std::any_of(waiting.roots.begin(), waiting.roots.end(), [&](const Digest& root) {
           const auto& sending = sending_.at(root);
           return !sending.complete && (!sending.wanted || sending.next > sending.confirmed);
         });
}

// The most urgent first, then in the order of their numbers.
std::vector<SendingAttachments::Waitings::value_type*> SendingAttachments::by_rank() {
  std::vector<Waitings::value_type*> all;
  for (auto& entry : waiting_)
    if (entry.second.asked && !entry.second.never) all.push_back(&entry);
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) {
    return std::tuple(b->second.precedence, a->second.epoch, a->second.sequence) <
           std::tuple(a->second.precedence, b->second.epoch, b->second.sequence);
  });
  return all;
}

// Offered no more. What another message needs, too, goes on.
void SendingAttachments::take_back(Waiting& waiting) {
  waiting.offered = false;
  for (const auto& root : waiting.roots) {
    const bool needed = std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& other) {
      const auto& roots = other.second.roots;
      return other.second.offered && std::find(roots.begin(), roots.end(), root) != roots.end();
    });
    if (const auto known = sending_.find(root); known != sending_.end() && !needed) known->second.wanted = false;
  }
}

// Once is no failure: what is large is still being opened when its message comes.
void SendingAttachments::failed(Waiting& waiting) {
  take_back(waiting);
  if (waiting.failures++ == 0) return;
  const auto chance = static_cast<std::uint32_t>(read_be(node_.random.bytes(4)));
  const auto pause = core::next_attempt(retry_, waiting.failures - 2, Instant{0}, chance);
  waiting.not_before = now() + in_ms({pause.ms});
}

// ---- what the peer says

void SendingAttachments::settle(const core::MessageId& message) {
  const std::lock_guard lock(mutex_);
  const auto known = waiting_.find(message);
  if (known == waiting_.end()) return;
  const auto roots = std::move(known->second.roots);
  waiting_.erase(known);
  for (const auto& root : roots)
    if (std::none_of(waiting_.begin(), waiting_.end(), [&](const auto& other) {
          return std::find(other.second.roots.begin(), other.second.roots.end(), root) != other.second.roots.end();
        }))
      sending_.erase(root);
  // Its room is another's now.
  for (auto& [id, waiting] : waiting_) waiting.room_after = {};
}

void SendingAttachments::doubt(const core::MessageId& message) {
  const std::lock_guard lock(mutex_);
  const auto known = waiting_.find(message);
  if (known == waiting_.end()) return;
  for (const auto& root : known->second.roots)
    if (const auto file = sending_.find(root); file != sending_.end()) file->second.complete = false;
  failed(known->second);
}

void SendingAttachments::put_off(const Digest& root, const std::vector<core::Reason>& reasons) {
  const bool never = std::any_of(reasons.begin(), reasons.end(),
                                 [](const auto& reason) { return reason.code == core::ReasonCode::limit_exceeded; });
  for (auto& [id, waiting] : waiting_) {
    if (!waiting.offered || all_complete(waiting)) continue;
    if (std::find(waiting.roots.begin(), waiting.roots.end(), root) == waiting.roots.end()) continue;
    waiting.never = never;
    waiting.room_after = now() + in_ms(kOfferAgain);
    take_back(waiting);
  }
}

// The disk of the peer lost what it had.
void SendingAttachments::lost(const Digest& root, Sending& sending) {
  sending.complete = sending.wanted = false;
  sending.next = sending.confirmed = 0;
  for (auto& [id, waiting] : waiting_)
    if (waiting.offered && std::find(waiting.roots.begin(), waiting.roots.end(), root) != waiting.roots.end())
      failed(waiting);
}

std::vector<core::MessageId> SendingAttachments::told(const wire::AttachmentState& state) {
  const std::lock_guard lock(mutex_);
  const auto known = sending_.find(state.root);
  if (known == sending_.end()) return {};
  auto& sending = known->second;
  std::vector<core::MessageId> due;
  if (!state.reasons.empty())
    put_off(state.root, state.reasons);
  else if (!state.complete && state.chunks == 0 && sending.confirmed > 0)
    lost(state.root, sending);
  bool offered = false;
  for (auto& [id, waiting] : waiting_) {
    if (std::find(waiting.roots.begin(), waiting.roots.end(), state.root) == waiting.roots.end()) continue;
    offered = offered || waiting.offered;
    waiting.heard = now();
    if (waiting.never) due.push_back(id);
  }
  if (!offered || !state.reasons.empty()) return due;  // what was still on its way is answered, too
  if (!sending.wanted) {
    sending.next = sending.confirmed = state.chunks;
    sending.wanted = true;
  }
  sending.confirmed = std::max(sending.confirmed, state.chunks);
  sending.complete = sending.complete || state.complete;
  if (!sending.complete) return due;
  sending.tree.reset();
  for (const auto& [id, waiting] : waiting_)
    if (std::find(waiting.roots.begin(), waiting.roots.end(), state.root) != waiting.roots.end() && may_go(waiting))
      due.push_back(id);
  return due;
}

// ---- what goes

void SendingAttachments::offer(wire::Frame& frame) {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  auto most_urgent = core::Precedence::routine;
  const auto ranked = by_rank();
  for (auto* entry : ranked) {
    auto& waiting = entry->second;
    if (waiting.offered && stalled(waiting)) take_back(waiting);
    if (!waiting.offered || all_complete(waiting)) continue;
    count += waiting.roots.size();
    bytes += waiting.length;
    most_urgent = std::max(most_urgent, waiting.precedence);
  }
  for (auto* entry : ranked) {
    auto& waiting = entry->second;
    if (waiting.offered || now() < waiting.not_before) continue;
    const bool alone = count == 0;
    if (now() < waiting.room_after) {
      if (alone) continue;  // it is not us it has to wait for
      return;
    }
    const bool fits = count + waiting.roots.size() <= kUnderWay && bytes + waiting.length <= kUnderWayBytes;
    if (!alone && !fits && waiting.precedence <= most_urgent) return;
    if (frame.offers.size() + waiting.roots.size() > kOffers) return;
    waiting.offered = true;
    waiting.heard = now();
    count += waiting.roots.size();
    bytes += waiting.length;
    most_urgent = std::max(most_urgent, waiting.precedence);
    for (const auto& root : waiting.roots) frame.offers.push_back({entry->first, root, sending_.at(root).length});
  }
}

// Of the most urgent, and among equals of the one whose last turn is longest ago.
std::optional<SendingAttachments::Chunk> SendingAttachments::next_chunk() {
  const std::lock_guard lock(mutex_);
  std::optional<Chunk> out;
  std::tuple<core::Precedence, std::uint64_t> best;
  for (const auto& [id, waiting] : waiting_) {
    if (!waiting.offered) continue;
    const std::tuple rank(waiting.precedence, ~waiting.turn);
    if (out && rank <= best) continue;
    const auto root = std::find_if(waiting.roots.begin(), waiting.roots.end(),
                                   [&](const Digest& one) { return sending_.at(one).goes(); });
    if (root == waiting.roots.end()) continue;
    const auto& sending = sending_.at(*root);
    out = Chunk{id, *root, sending.next, sending.length, sending.tree};
    best = rank;
  }
  return out;
}

Result<Bytes> SendingAttachments::read(Chunk& chunk) const {
  if (!chunk.tree) {
    const auto record = TRY(node_.store.reader().attachment(chunk.root));
    if (!record) return fail(Errc::not_found, "not here any more");
    chunk.tree = std::make_shared<const crypto::ChunkTree>(record->sealed);
  }
  const auto place = crypto::place_of_chunk(chunk.index, chunk.length);
  return TRY(node_.store.attachments().read(chunk.root)).read(place.offset, place.size);
}

void SendingAttachments::sent(Chunk chunk, Bytes sealed, wire::Frame& frame) {
  const std::lock_guard lock(mutex_);
  const auto known = sending_.find(chunk.root);
  if (known == sending_.end() || !known->second.goes() || known->second.next != chunk.index) return;
  frame.chunks.push_back({chunk.root, chunk.index, std::move(sealed), chunk.tree->path(chunk.index)});
  known->second.tree = std::move(chunk.tree);
  ++known->second.next;
  if (const auto its = waiting_.find(chunk.message); its != waiting_.end()) its->second.turn = ++turns_;
}

void SendingAttachments::add(wire::Frame& frame) {
  {
    const std::lock_guard lock(mutex_);
    offer(frame);
  }
  while (frame.size() < kBesideMessages) {
    auto chunk = next_chunk();
    if (!chunk) return;
    auto sealed = read(*chunk);
    if (sealed.has_value()) {
      sent(std::move(*chunk), std::move(*sealed), frame);
      continue;
    }
    // Erased meanwhile, or damaged: looked at anew when its message is due again.
    node_.log(log_line<LogEvent::attachment_failed>(to_string(chunk->root), sealed.error().detail));
    const std::lock_guard lock(mutex_);
    if (const auto its = waiting_.find(chunk->message); its != waiting_.end()) {
      failed(its->second);
      its->second.asked = false;
      sending_[chunk->root].wanted = false;
    }
  }
}

Duration SendingAttachments::patience() const {
  const std::lock_guard lock(mutex_);
  auto wait = kNothingDue.ms;
  for (const auto& [id, waiting] : waiting_) {
    if (waiting.offered && std::any_of(waiting.roots.begin(), waiting.roots.end(),
                                       [&](const Digest& root) { return sending_.at(root).goes(); }))
      return {0};
    for (const auto when : {waiting.not_before, waiting.room_after})
      if (waiting.asked && !waiting.offered && when > now()) wait = std::min(wait, between(now(), when).ms + 1);
  }
  return {wait};
}

}  // namespace chancery::service
