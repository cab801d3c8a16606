#include "daemon/store/fsck_check.h"

namespace chancery::store {

// Ours, about messages of others that are here, each following the one before, all told in the journal.
Result<void> FsckCheck::handlings() {
  auto q = database_.query(
      "SELECT message, ordinal, statement, batch, leaf, path FROM handling "
      "ORDER BY message, ordinal");
  std::optional<core::MessageId> about;
  std::optional<Digest> last;
  std::uint64_t count = 0;
  while (TRY(q.next())) {
    const auto id = q.message_id(0);
    if (about != id) {
      about = id;
      last.reset();
      count = 0;
    }
    const auto where = place_of("handling of", to_string(id)) + " " + q.text(1);
    const auto held = messages_.find(id);
    if (held == messages_.end() || held->second == Direction::outgoing) find(where, "of no message of others");
    const auto handling = core::Handling::parse(q.text(2));
    if (!handling || handling->message != id || handling->authority != self_) {
      find(where, "filed under another message");
    } else if (q.number(1) != ++count || handling->previous != last) {
      find(where, "does not follow the one before");
    }
    last = core::statement_digest(as_text(q.view(2)));
    check_signed(q, 2, where, self_);
    check_told(core::Act::handled, where, q.text(2));
  }
  return {};
}

}  // namespace chancery::store
