#include "daemon/service/arriving_attachments.h"

#include <algorithm>

#include "crypto/attachment.h"

namespace chancery::service {

namespace {

constexpr std::uint64_t kStateEvery = 4;  // chunks
constexpr std::size_t kGivenUp = 4096;

core::Reason reason_of(core::ReasonCode code) { return {code, {}, {}, {}}; }

}  // namespace

void ArrivingAttachments::stop() {
  openers_.stop();
  files_.stop();
}

std::string ArrivingAttachments::name_of(const Key& key) {
  return to_hex(crypto::sha256({as_bytes("chancery/arriving/v1"), as_bytes(key.first), key.second.view()}).view());
}

// With the lock held. What is still being opened is not said to be complete: its message would come for nothing.
wire::AttachmentState ArrivingAttachments::state_of(const Key& key, const Arriving& arriving) const {
  const auto opening = openings_.find(key);
  return {key.second, arriving.chunks, arriving.complete && (opening == openings_.end() || opening->second.done), {}};
}

// With the lock held.
void ArrivingAttachments::forget(const Key& key) {
  if (given_up_.size() >= kGivenUp) given_up_.clear();
  if (arriving_.erase(key) > 0) given_up_.insert(key);
  openings_.erase(key);
}

void ArrivingAttachments::remove(const std::vector<Key>& keys) {
  if (keys.empty()) return;
  files_.add([this, keys] {
    for (const auto& key : keys) node_.store.attachments().forget(name_of(key));
  });
}

// ---- offers

// What an earlier stream, or the daemon before, has left; or what is held from this peer. Whether it is what it should
// be is seen when it is opened.
Arriving ArrivingAttachments::resumed(const Key& key, std::uint64_t length, bool held) const {
  const auto& files = node_.store.attachments();
  Arriving out;
  out.length = length;
  out.offered = node_.clock.now();
  const auto chunks = crypto::chunks_of(crypto::plain_length(length).value_or(0));
  if (held) (void)files.lend(key.second, name_of(key));
  if (const auto whole = files.read_whole(name_of(key)); whole.has_value() && whole->length().value_or(0) == length) {
    out.chunks = chunks;
    out.complete = true;
    return out;
  }
  const auto there = files.length_of_unfinished(name_of(key));
  out.chunks = there >= length ? chunks - 1 : there / crypto::kSealedChunkSize;
  return out;
}

// What we know nothing of, or of another length.
AllArriving ArrivingAttachments::unknown_of(const std::string& peer, const std::vector<wire::AttachmentOffer>& offers,
                                            const std::set<Digest>& held) {
  AllArriving fresh;
  for (const auto& offer : offers) {
    const Key key{peer, offer.root};
    bool other_length = false;
    {
      const std::lock_guard lock(mutex_);
      const auto known = arriving_.find(key);
      if (known != arriving_.end() && known->second.length == offer.length) continue;
      other_length = known != arriving_.end();
      if (other_length) forget(key);
    }
    if (other_length) node_.store.attachments().forget(name_of(key));
    fresh.emplace(key, resumed(key, offer.length, held.contains(offer.root)));
  }
  return fresh;
}

// With the lock held. Nothing is changed where they cannot come in. `offers`: of one message.
Admission ArrivingAttachments::let_in(const std::string& peer, const std::vector<wire::AttachmentOffer>& offers,
                                      AllArriving fresh, std::uint64_t room) {
  const auto message = offers.front().message;
  std::vector<Key> added, named;
  for (auto& [key, one] : fresh)
    if (arriving_.emplace(key, std::move(one)).second) added.push_back(key);
  for (const auto& offer : offers)
    if (const Key key{peer, offer.root}; arriving_.at(key).messages.try_emplace(message).second) named.push_back(key);
  auto out = admission(arriving_, peer, message, room, node_.clock.now());
  if (out.why_not) {
    for (const auto& key : named) arriving_.at(key).messages.erase(message);
    for (const auto& key : added) arriving_.erase(key);
    return out;
  }
  for (const auto& key : out.gives_way) forget(key);
  for (const auto& offer : offers) given_up_.erase({peer, offer.root});
  for (const auto& old : forgotten(arriving_, peer, message, node_.clock.now()))
    for (const auto& key : leave_out(peer, old)) out.gives_way.push_back(key);
  return out;
}

std::vector<wire::AttachmentState> ArrivingAttachments::offered(const std::string& peer,
                                                                const std::vector<wire::AttachmentOffer>& offers,
                                                                const std::set<Digest>& held) {
  const auto room = node_.store.attachments().room();
  auto fresh = unknown_of(peer, offers, held);
  std::vector<wire::AttachmentState> states;
  Admission place;
  {
    const std::lock_guard lock(mutex_);
    place = let_in(peer, offers, std::move(fresh), room);
    for (const auto& offer : offers) {
      const Key key{peer, offer.root};
      states.push_back(place.why_not ? wire::AttachmentState{offer.root, 0, false, {reason_of(*place.why_not)}}
                                     : state_of(key, arriving_.at(key)));
    }
  }
  for (const auto& key : place.gives_way) node_.store.attachments().forget(name_of(key));
  return states;
}

// ---- taking

// With the lock held. What stood still takes its place again, with all of a message it belongs to.
std::optional<core::ReasonCode> ArrivingAttachments::take_place(const Key& key, std::uint64_t room) {
  std::optional<core::ReasonCode> why = core::ReasonCode::not_now;
  for (auto& [message, moved] : arriving_.at(key).messages) {
    const auto place = admission(arriving_, key.first, message, room, node_.clock.now());
    why = place.why_not;
    if (why) continue;
    moved = node_.clock.now();
    for (const auto& other : place.gives_way) forget(other);
    remove(place.gives_way);
    break;
  }
  return why;
}

std::variant<ArrivingAttachments::Useless, std::optional<wire::AttachmentState>> ArrivingAttachments::take(
    const std::string& peer, const wire::AttachmentChunk& chunk) {
  using State = std::optional<wire::AttachmentState>;
  const Key key{peer, chunk.root};
  std::uint64_t length = 0, taken = 0;
  bool placed = false;
  {
    const std::lock_guard lock(mutex_);
    const auto known = arriving_.find(key);
    if (known == arriving_.end()) return Useless{given_up_.contains(key)};
    // Sent before the state came: it goes on from there.
    if (known->second.complete || chunk.index != known->second.chunks) return State(state_of(key, known->second));
    length = known->second.length;
    taken = known->second.chunks;
    placed = has_place(arriving_, key, node_.clock.now());
  }
  const auto count = crypto::chunks_of(crypto::plain_length(length).value_or(0));
  const auto place = crypto::place_of_chunk(chunk.index, length);
  const auto leaf = crypto::leaf_hash(chunk.sealed);
  if (chunk.index >= count || chunk.sealed.size() != place.size ||
      !crypto::verify_inclusion(leaf, {chunk.index}, {count}, chunk.path, chunk.root))
    return Useless();
  if (!placed) {
    const auto room = node_.store.attachments().room();
    const std::lock_guard lock(mutex_);
    if (!arriving_.contains(key)) return Useless{true};
    if (const auto why = take_place(key, room))
      return State(wire::AttachmentState{chunk.root, taken, false, {reason_of(*why)}});
  }
  const auto file = node_.store.attachments().unfinished(name_of(key));
  const auto written = file.has_value() ? file->write(place.offset, chunk.sealed) : tl::unexpected(file.error());
  const std::lock_guard lock(mutex_);
  if (!written.has_value()) {
    forget(key);
    return State(wire::AttachmentState{chunk.root, taken, false, {reason_of(core::ReasonCode::disk_full)}});
  }
  const auto known = arriving_.find(key);
  if (known == arriving_.end() || known->second.chunks != chunk.index) return State();
  auto& arriving = known->second;
  arriving.sealed.push_back(leaf);
  keep_place(arriving_, key, node_.clock.now());
  if (++arriving.chunks == count) {
    files_.add([this, key] { complete(key); });
    return State();
  }
  return arriving.chunks % kStateEvery == 0 ? State(state_of(key, arriving)) : State();
}

// ---- what becomes of it

Result<void> ArrivingAttachments::adopt(const std::string& peer, const Digest& root) {
  const Key key{peer, root};
  auto adopted = node_.store.attachments().adopt(name_of(key), root);
  if (!adopted.has_value() && adopted.error().code == Errc::not_found) {
    const std::lock_guard lock(mutex_);
    forget(key);
  }
  return adopted;
}

bool ArrivingAttachments::is_adopted(const std::string& peer, const Digest& root) const {
  return node_.store.attachments().is_adopted(name_of({peer, root}), root);
}

void ArrivingAttachments::settle(const std::string& peer, const core::MessageId& message) {
  const std::lock_guard lock(mutex_);
  remove(leave_out(peer, message));
}

// With the lock held. What no other message is to have is forgotten, and returned: its files are to be removed.
std::vector<ArrivingAttachments::Key> ArrivingAttachments::leave_out(const std::string& peer,
                                                                     const core::MessageId& message) {
  std::vector<Key> gone;
  for (auto one = arriving_.lower_bound({peer, Digest()}); one != arriving_.end() && one->first.first == peer; ++one)
    if (one->second.messages.erase(message) > 0 && one->second.messages.empty()) gone.push_back(one->first);
  for (const auto& key : gone) forget(key);
  return gone;
}

void ArrivingAttachments::expire() {
  const auto& files = node_.store.attachments();
  files.expire(node_.clock.now() - kKeepUnfinished);
  std::vector<Key> still;
  {
    const std::lock_guard lock(mutex_);
    still = without_place(arriving_, node_.clock.now());
  }
  std::erase_if(still, [&](const Key& key) { return files.is_there(name_of(key)); });
  const std::lock_guard lock(mutex_);
  const auto now = without_place(arriving_, node_.clock.now());
  for (const auto& key : still)
    if (std::binary_search(now.begin(), now.end(), key)) forget(key);
}

}  // namespace chancery::service
