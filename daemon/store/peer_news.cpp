#include "daemon/store/peer_news.h"

namespace chancery::store {

namespace {

constexpr std::size_t kOverhead = 1024;  // of a statement: signature, path

// A message to many is counted for each of them.
std::size_t size_of(const NewDispatch& dispatch) {
  auto size = dispatch.row.dispatch.statement.size() + kOverhead;
  if (!dispatch.message) return size;
  const auto& message = *dispatch.message;
  size += message.statement.statement.size() + message.wraps.size() + message.made_wraps.size() + kOverhead;
  for (const auto& ciphertext : message.ciphertexts) size += ciphertext.size();
  for (const auto& source : message.sources) size += source.statement.size() + kOverhead;
  return size;
}

template <class T>
void cut(std::vector<T>& list, std::size_t size) {
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(size), list.end());
}

}  // namespace

void GroupNews::recorded(const MessageRecord& m, LeafRef leaf) {
  messages_.push_back({leaf, std::make_shared<OutgoingMessage>(OutgoingMessage{
                                 m.id, {}, m.ciphertexts, m.wraps, m.sources, m.original, m.made_wraps})});
}

void GroupNews::dispatched(OutboxRow row, LeafRef leaf) { dispatched_.push_back({leaf, std::move(row)}); }

void GroupNews::begin_act() {
  messages_before_ = messages_.size();
  dispatched_before_ = dispatched_.size();
  changes_before_ = changes_.size();
}

void GroupNews::undo_act() {
  cut(messages_, messages_before_);
  cut(dispatched_, dispatched_before_);
  cut(changes_, changes_before_);
}

void GroupNews::clear() {
  messages_.clear();
  dispatched_.clear();
  changes_.clear();
}

void PeerNews::put(GroupNews group, const Signed& signed_statement) {
  std::map<core::MessageId, std::shared_ptr<const OutgoingMessage>> messages;
  for (auto& message : group.messages_) {
    message.content->statement = signed_statement(message.leaf);
    messages.emplace(message.content->id, std::move(message.content));
  }
  const std::lock_guard lock(mutex_);
  for (auto& dispatched : group.dispatched_) {
    dispatched.row.dispatch = signed_statement(dispatched.leaf);
    const auto message = dispatched.row.message ? messages.find(*dispatched.row.message) : messages.end();
    add({std::move(dispatched.row), message == messages.end() ? nullptr : message->second});
  }
  for (const auto& change : group.changes_) tell(change);
}

News PeerNews::take(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const auto [known, first] = waiting_.try_emplace(peer);
  if (first) known->second.news = {{}, true, true, true};
  bytes_ -= std::exchange(known->second.bytes, 0);
  return std::exchange(known->second.news, News());
}

bool PeerNews::changed(const std::string& peer) const {
  const std::lock_guard lock(mutex_);
  const auto known = waiting_.find(peer);
  return known != waiting_.end() && known->second.news.changed;
}

void PeerNews::leave(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const auto known = waiting_.find(peer);
  if (known == waiting_.end()) return;
  bytes_ -= known->second.bytes;
  waiting_.erase(known);
}

// With the lock held. What does not fit leaves no gap: nothing more is kept after it.
void PeerNews::add(NewDispatch dispatch) {
  const auto known = waiting_.find(dispatch.row.peer);
  if (known == waiting_.end() || known->second.news.more) return;
  auto& [news, bytes] = known->second;
  const auto size = dispatch.bytes = size_of(dispatch);
  news.more = bytes + size > kMaxPerPeer || bytes_ + size > kMaxBytes;
  if (news.more) return;
  news.dispatches.push_back(std::move(dispatch));
  bytes += size;
  bytes_ += size;
}

// With the lock held.
void PeerNews::tell(const GroupNews::Change& change) {
  for (auto& [peer, waiting] : waiting_) {
    if (!change.peer.empty() && change.peer != peer) continue;
    auto& [news, bytes] = waiting;
    if (!change.outbox) {
      news.receipts = true;
      continue;
    }
    news.changed = news.more = true;
    news.dispatches.clear();
    bytes_ -= std::exchange(bytes, 0);
  }
}

}  // namespace chancery::store
