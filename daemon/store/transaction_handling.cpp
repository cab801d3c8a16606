// How messages of others are handled here.
#include "daemon/store/transaction.h"
#include "daemon/store/transaction_impl.h"

namespace chancery::store {

Result<void> Transaction::record_handling(const core::Handling& handling, LeafRef leaf,
                                          const core::JournalEntry& entry) {
  const auto held = TRY(find_message(handling.message));
  if (!held || held->direction == Direction::outgoing) return fail(Errc::conflict, "no message of others held here");
  const auto before = TRY(handlings(handling.message));
  const auto last = before.empty() ? std::optional<Digest>()
                                   : std::optional(core::statement_digest(before.back().statement.statement));
  if (handling.previous != last) return fail(Errc::conflict, "does not follow the last one");
  const auto text = handling.to_text();
  const auto place = impl_.own_place(leaf);
  CHECK_OK(impl_.database
               .query("INSERT INTO handling (message, ordinal, statement, batch, leaf, path) VALUES (?,?,?,?,?,?)",
                      handling.message, before.size() + 1, as_bytes(text), place.batch, place.leaf, place.path)
               .run());
  auto told = entry;
  told.content = core::statement_digest(text);
  CHECK_OK(append(std::move(told)));
  return {};
}

Result<std::vector<HandlingRecord>> Transaction::handlings(const core::MessageId& message) {
  return impl_.rows.handlings(message);
}

}  // namespace chancery::store
