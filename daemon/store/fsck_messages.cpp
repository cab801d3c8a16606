#include "daemon/store/fsck_check.h"

#include <algorithm>

#include "crypto/sealing.h"
#include "daemon/core/provenance.h"
#include "daemon/core/registry_number.h"
#include "daemon/store/encoding.h"
#include "daemon/store/made_of.h"

namespace chancery::store {

// Of parts alone, with the leaf hashes of the others: they are under the same root. No wrap of the whole is with them.
void FsckCheck::check_extract(const Query& q, const std::string& where, const core::Message& message) {
  if (static_cast<Direction>(q.integer(1)) != Direction::carried) find(where, "has parts left out, and came whole");
  auto extent = core::Extent::parse(q.text(14));
  auto ciphertexts = decode_list(q.view(8));
  auto omitted = decode_leaves(q.view(15));
  if (!extent || !ciphertexts || !omitted ||
      !crypto::is_extract_of({std::move(extent->parts), std::move(*ciphertexts), std::move(*omitted)},
                             {message.parts, message.body_root, message.cek_commit, message.cipher_root}))
    find(where, "its parts are not those of the statement");
  if (!q.view(9).empty()) find(where, "has wraps of the whole beside some parts");
}

void FsckCheck::check_body(const Query& q, const std::string& where, const core::Message& message) {
  if (q.null(8)) return find(where, "has no body");
  if (!decode_statements(q.view(10))) find(where, "its sources do not parse");
  if (!q.null(11) && q.integer(11) == static_cast<int>(ErasureState::erased)) return check_erased(q, where);
  if (!q.null(14)) {
    check_extract(q, where, message);
  } else {
    const auto ciphertexts = decode_list(q.view(8));
    if (!ciphertexts || ciphertexts->size() != message.parts ||
        crypto::cipher_root(*ciphertexts) != message.cipher_root)
      find(where, "its parts are not those of the statement");
    if (crypto::sha256(q.view(9)) != message.wraps) find(where, "its wraps are not those of the statement");
  }
  check_made_wraps(q, where, message);
}

// Nothing of the text is left, and an entry says who erased it.
void FsckCheck::check_erased(const Query& q, const std::string& where) {
  const auto ciphertexts = decode_list(q.view(8));
  if (!ciphertexts || !ciphertexts->empty() || !q.view(9).empty() || !q.view(12).empty() || !q.view(13).empty())
    find(where, "it is erased, and something of it is there");
  check_told(core::Act::copy_erased, where, as_text(q.view(4)));
}

// What is found by what it is made of has to be filed so, or a revocation would not reach it.
Result<void> FsckCheck::check_made_of(const Query& q, const std::string& where) {
  const auto beside = decode_statements(q.view(10));
  if (!beside.has_value()) return {};  // found with the body
  const auto all = made_of(q.message_id(0), as_text(q.view(4)), *beside);
  if (!all.has_value()) {
    find(where, "beside it: " + all.error().detail);
    return {};
  }
  for (const auto& [source, message] : *all) {
    auto row = database_.query("SELECT 1 FROM made_of WHERE source = ? AND message = ?", source, message);
    if (!TRY(row.next())) find(where, "not filed under its source " + to_string(source));
  }
  return {};
}

Result<void> FsckCheck::messages() {
  auto q = database_.query(
      "SELECT m.id, m.direction, m.number, m.original, m.statement, m.batch, m.leaf, m.path, b.ciphertexts, b.wraps, "
      "b.sources, e.state, b.sealed_key, b.forwarder_wrap, x.extent, x.omitted FROM message m "
      "LEFT JOIN body b ON b.ordinal = m.ordinal LEFT JOIN erasure e ON e.message = m.id "
      "LEFT JOIN extract x ON x.ordinal = m.ordinal ORDER BY m.ordinal");
  while (TRY(q.next())) {
    ++report.messages;
    const auto id = q.message_id(0);
    const auto where = place_of("message", to_string(id));
    const auto direction = static_cast<Direction>(q.integer(1));
    messages_[id] = direction;
    if (!q.null(3)) originals_.emplace_back(id, q.message_id(3));
    if (const auto number = core::RegistryNumber::parse(q.text(2)))
      if (!numbers_[{number->prefix, number->year}].insert(number->number).second) find(where, "its number is taken");
    const auto text = q.text(4);
    const auto message = core::Message::parse(text);
    if (!message) {
      find(where, message.error().detail);
      continue;
    }
    if (core::message_id(text, message->created) != id) find(where, "its id is not that of the statement");
    if ((message->originator == self_) != (direction == Direction::outgoing) && direction != Direction::carried)
      find(where, "filed in the wrong direction");
    if (direction == Direction::outgoing)
      for (const auto& recipient : message->recipients) owed_.emplace(id, recipient);
    if (direction == Direction::outgoing) check_told(core::Act::released, where, text);
    if (direction == Direction::incoming) check_told(core::Act::accepted, where, text);
    check_signed(q, 4, where, message->originator);
    check_body(q, where, *message);
    CHECK_OK(check_made_of(q, where));
    if (!last_entry_.contains(id)) find(where, "no entry speaks of it");
  }
  return {};
}

Result<void> FsckCheck::receipts() {
  auto q = database_.query("SELECT message, receiver, stage, statement, batch, leaf, path FROM receipt");
  while (TRY(q.next())) {
    ++report.receipts;
    const auto where = place_of("receipt of", q.text(1)) + " about " + to_string(q.message_id(0));
    const auto receipt = core::Receipt::parse(q.text(3));
    if (!receipt) {
      find(where, receipt.error().detail);
      continue;
    }
    if (receipt->message != q.message_id(0) || receipt->receiver != q.text(1) ||
        static_cast<std::int64_t>(receipt->stage) != q.integer(2))
      find(where, "filed under another key");
    check_signed(q, 3, where, receipt->receiver);
    if (receipt->receiver != self_) check_told(core::Act::receipt_recorded, where, as_text(q.view(3)));
    if (receipt->receiver == self_ && !entries_.contains(receipt->entry)) find(where, "no entry is the one it names");
    auto& others = receipts_[{receipt->message, receipt->receiver}];
    for (const auto& other : others)
      if (core::contradict(other, *receipt)) find(where, "contradicts another");
    others.push_back(*receipt);
  }
  return {};
}

// What was taken in was said to be delivered, a forward has its original, and what entries are about is there.
void FsckCheck::answered() {
  for (const auto& [id, direction] : messages_) {
    if (direction != Direction::incoming) continue;
    const auto& ours = receipts_[{id, self_}];
    if (std::none_of(ours.begin(), ours.end(),
                     [](const core::Receipt& receipt) { return receipt.stage == core::Stage::delivered; }))
      find(place_of("message", to_string(id)), "no receipt says it is delivered");
  }
  for (const auto& [forward, original] : originals_)
    if (!messages_.contains(original)) find(place_of("message", to_string(forward)), "its original is not there");
  for (const auto& [told, there] : told_)
    if (!there) find(place_of("statement", to_string(told.second)), "an entry is about it, and it is not there");
}

Result<void> FsckCheck::numbers() {
  auto q = database_.query("SELECT series, year, last FROM number");
  std::size_t series = 0;
  while (TRY(q.next())) {
    const auto given = numbers_.find({q.text(0), q.integer(1)});
    const auto used = given == numbers_.end() ? std::set<std::uint32_t>() : given->second;
    series += given == numbers_.end() ? 0 : 1;
    if (used.size() != q.number(2) || (!used.empty() && *used.rbegin() != q.number(2)))
      find(place_of("numbers", q.text(0)) + " " + q.text(1), "not gap-free");
  }
  if (series != numbers_.size()) find("numbers", "a series has no counter");
  return {};
}

}  // namespace chancery::store
