// What waits under a seal key that its recipient has retired; what is sent is in outgoing.cpp.
#include <algorithm>

#include "daemon/service/carried.h"
#include "daemon/service/outgoing.h"
#include "daemon/service/reissue.h"
#include "daemon/service/voiding.h"

namespace chancery::service {

// For certain. What may have gone may have been taken in, and goes again as it is: the peer answers what it answered,
// or that the key is retired.
bool Outgoing::never_went(const store::OutboxRow& row) const {
  if (row.attempts > 0 || !before_us_.has_value()) return false;
  if (row.epoch < before_us_->epoch || (row.epoch == before_us_->epoch && row.sequence <= before_us_->sequence))
    return false;
  const std::lock_guard lock(mutex_);
  return !went_.contains(*row.message);
}

// Most are sealed to the newest key, and are not looked into.
bool Outgoing::is_sealed_to_retired(const store::OutboxRow& row, const store::OutgoingMessage& message) const {
  const auto now = node_.clock.now();
  const auto directory = node_.store.directory();
  const auto* entry = directory->find(peer_);
  if (entry == nullptr || entry->seal_keys.empty()) return false;
  const auto& oldest = entry->seal_keys.front();
  if (entry->history.size() < 2 && now <= oldest.accept_until) return false;
  const auto* current = directory->seal_key(peer_, now);
  if (current != nullptr &&
      std::ranges::equal(BytesView(message.wraps).first(std::min<std::size_t>(message.wraps.size(), sizeof(Digest))),
                         current->id().view()))
    return false;
  const auto parsed = core::Message::parse(message.statement.statement);
  const auto wrap = parsed.has_value() ? wrap_for(peer_, *parsed, message.wraps) : std::nullopt;
  return wrap && !directory->opens(peer_, wrap->key_id, now) && never_went(row);
}

// Its number is closed, and the same texts go under another key as a message of their own. Without a key they wait.
void Outgoing::seal_anew(const store::OutboxRow& row) {
  if (node_.store.directory()->seal_key(peer_, node_.clock.now()) == nullptr)
    return wait_with({row}, core::ReasonCode::recipient_key_missing);
  const auto done = node_.store.run<void>(1 + kReissueLeaves, [&](store::Transaction& tx) -> Result<void> {
    CHECK_OK(void_dispatch(tx, row, core::to_string(core::ReasonCode::key_retired), "daemon"));
    return seal_for_another_key(node_, tx, *row.message, peer_);
  });
  if (!done.has_value()) {
    failed("reissue", done.error());
    return wait_with({row}, core::ReasonCode::not_now);
  }
  node_.log(log_line<LogEvent::reissue_sealed>(peer_, row.sequence));
  const std::lock_guard lock(mutex_);
  announced_.erase(*row.message);
  sending_.settle(*row.message);
  refetch_ = true;
}

}  // namespace chancery::service
