#include <algorithm>

#include "daemon/store/fsck.h"
#include "tests/model/exchange_world.h"

// What has to hold once everything has come to rest. Statements are read line by line, receipts and dispatches are
// compared as bytes: nothing here asks the code under test what it thinks of them.
namespace chancery::test {

namespace {

using Findings = std::vector<std::string>;

std::string leaf_of(const std::string& statement) {
  return "sha256:" + to_hex(crypto::sha256(concat({Bytes{0}, as_bytes(statement)})).view());
}

std::map<std::string, std::string> box(Station& station, store::Box which) {
  std::map<std::string, std::string> all;
  const auto rows = station.store().reader().list(which, 0, 10'000);
  for (const auto& row : rows.value()) all.emplace(core::to_string(row.id), row.statement);
  return all;
}

// receiver and stage, by the bytes that are kept about one message.
std::map<std::pair<std::string, std::string>, std::string> receipts(Station& station, const std::string& id) {
  std::map<std::pair<std::string, std::string>, std::string> all;
  const auto kept = station.store().reader().receipts(core::parse_message_id(id).value());
  for (const auto& receipt : kept.value()) {
    const auto& text = receipt.statement.statement;
    all.emplace(std::pair(line(text, "receiver"), line(text, "stage")), text);
  }
  return all;
}

// ---- the laws

void nothing_promised_is_lost(ExchangeWorld& world, Findings& out) {
  for (const auto& [id, promise] : world.promised()) {
    const auto sent = box(world.station(promise.from), store::Box::outbox);
    if (!sent.contains(id)) out.push_back("promised and not kept: " + id);
  }
}

// Delivered, refused or closed: the two ends say the same.
void both_ends_agree(ExchangeWorld& world, Findings& out) {
  for (auto* from : world.stations()) {
    for (const auto& [id, statement] : box(*from, store::Box::outbox)) {
      const auto deliveries = from->store().reader().deliveries(core::parse_message_id(id).value());
      for (const auto& row : deliveries.value()) {
        const auto inbox = box(world.station(row.peer), store::Box::inbox);
        const auto held = inbox.find(id);
        const auto what = id + " from " + from->id() + " to " + row.peer + " is " + store::to_string(row.state);
        const bool delivered = row.state == store::OutboxState::delivered;
        if (delivered != (held != inbox.end())) out.push_back(what + (delivered ? " and not held" : " and held"));
        if (held != inbox.end() && held->second != statement) out.push_back(what + " with other bytes");
        const bool refused = receipts(world.station(row.peer), id).contains({row.peer, "refused"});
        if (refused != (row.state == store::OutboxState::refused)) out.push_back(what + ", the peer thinks otherwise");
      }
    }
  }
}

// What arrives moves nothing by itself (Article 6(1)): every message that goes out was released by a person, once.
void nothing_goes_out_unasked(ExchangeWorld& world, Findings& out) {
  for (auto* from : world.stations()) {
    std::map<std::string, std::vector<std::string>> released;
    const auto journal = from->store().reader().journal(0, 100'000);
    for (const auto& row : journal.value())
      if (line(row.entry, "act") == "released")
        released[line(row.entry, "message")].push_back(line(row.entry, "actor"));
    for (const auto& [id, statement] : box(*from, store::Box::outbox)) {
      const auto& by = released[id];
      if (by.size() != 1 || by.front() != officer().name) out.push_back(id + " went out and nobody released it");
    }
  }
}

// Everything in an inbox was sent by somebody, was accepted once, and has a number of its own.
void nothing_came_twice(ExchangeWorld& world, Findings& out) {
  for (auto* to : world.stations()) {
    std::map<std::string, int> accepted;
    const auto journal = to->store().reader().journal(0, 100'000);
    for (const auto& row : journal.value())
      if (line(row.entry, "act") == "accepted") ++accepted[line(row.entry, "message")];
    std::set<std::string> numbers;
    const auto rows = to->store().reader().list(store::Box::inbox, 0, 10'000);
    for (const auto& row : rows.value()) {
      const auto id = core::to_string(row.id);
      if (accepted[id] != 1) out.push_back(id + " was accepted " + std::to_string(accepted[id]) + " times");
      if (!numbers.insert(row.number).second) out.push_back("number given twice: " + row.number);
      const auto sent = box(world.station(line(row.statement, "originator")), store::Box::outbox);
      if (!sent.contains(id)) out.push_back(id + " was sent by nobody");
    }
    if (accepted.size() != rows->size()) out.push_back(to->id() + " accepted what it does not hold");
  }
}

// What one signed is what the other recorded, number after number, each naming the one before.
void chains_are_whole(ExchangeWorld& world, Findings& out) {
  for (auto* from : world.stations()) {
    for (auto* to : world.stations()) {
      if (from == to) continue;
      std::string previous = "-";
      std::uint64_t sequence = 0;
      const auto sent = from->store().reader().dispatches_from(to->id(), 1, 1, 10'000);
      for (const auto& row : sent.value()) {
        const auto& text = row.dispatch.statement;
        const auto what = "dispatch " + std::to_string(++sequence) + " of " + from->id() + " to " + to->id();
        if (line(text, "sequence") != std::to_string(sequence)) out.push_back(what + " has another number");
        if (line(text, "previous") != previous) out.push_back(what + " does not name the one before");
        previous = leaf_of(text);
        const auto recorded = to->store().run<std::optional<std::string>>(
            0, [&](store::Transaction& tx) { return tx.inbound_dispatch(from->id(), 1, sequence); });
        if (recorded.value() != text) out.push_back(what + " is not recorded as it was signed");
      }
      const auto missing =
          to->store().run<std::uint64_t>(0, [&](store::Transaction& tx) { return tx.missing_messages(from->id()); });
      if (missing.value() != 0) out.push_back(to->id() + " still misses messages of " + from->id());
    }
  }
}

// Both ends keep the same bytes, and the stages are a beginning of the only order there is.
void receipts_are_monotone(ExchangeWorld& world, Findings& out) {
  static const std::set<std::set<std::string>> possible = {
      {}, {"refused"}, {"delivered"}, {"delivered", "read"}, {"delivered", "read", "acknowledged"}};
  for (auto* from : world.stations()) {
    for (const auto& [id, statement] : box(*from, store::Box::outbox)) {
      const auto known = receipts(*from, id);
      std::map<std::string, std::set<std::string>> stages;
      for (const auto& [key, text] : known) stages[key.first].insert(key.second);
      for (const auto& [receiver, all] : stages) {
        if (!possible.contains(all)) out.push_back("impossible stages of " + id + " at " + receiver);
        std::string last;
        for (const auto* stage : {"delivered", "read", "acknowledged"}) {
          const auto at = known.find({receiver, stage});
          if (at == known.end()) continue;
          if (line(at->second, "time") < last) out.push_back("a later stage of " + id + " is older");
          last = line(at->second, "time");
        }
      }
      for (auto* to : world.stations()) {
        if (to == from) continue;
        auto theirs = receipts(*to, id);
        std::erase_if(theirs, [&](const auto& item) { return item.first.first != to->id(); });
        auto ours = known;
        std::erase_if(ours, [&](const auto& item) { return item.first.first != to->id(); });
        if (theirs != ours) out.push_back("receipts of " + to->id() + " about " + id + " differ at the two ends");
      }
    }
  }
}

// What was said to a peer was durable before.
void what_was_sent_is_kept(ExchangeWorld& world, Findings& out) {
  for (const auto& [receiver, text] : world.tap().receipts()) {
    const auto kept = receipts(world.station(receiver), line(text, "message"));
    const auto at = kept.find({receiver, line(text, "stage")});
    if (at == kept.end() || at->second != text)
      out.push_back("a receipt of " + receiver + " was sent and is not kept: " + line(text, "message"));
  }
}

void nobody_was_accused(ExchangeWorld& world, Findings& out) {
  for (auto* station : world.stations())
    if (!station->store().reader().conflicts(10).value().empty())
      out.push_back(station->id() + " keeps conflict evidence among honest authorities");
}

void stores_are_sound(ExchangeWorld& world, Findings& out) {
  world.stop();
  for (auto* station : world.stations()) {
    const auto report = station->authority().fsck();
    if (!report.has_value())
      out.push_back("fsck of " + station->id() + ": " + report.error().detail);
    else
      for (const auto& finding : report->findings) out.push_back("fsck of " + station->id() + ": " + finding);
  }
}

}  // namespace

std::vector<std::string> broken_laws(ExchangeWorld& world) {
  auto out = world.tap().findings();
  nothing_promised_is_lost(world, out);
  both_ends_agree(world, out);
  nothing_goes_out_unasked(world, out);
  nothing_came_twice(world, out);
  chains_are_whole(world, out);
  receipts_are_monotone(world, out);
  what_was_sent_is_kept(world, out);
  nobody_was_accused(world, out);
  stores_are_sound(world, out);
  return out;
}

}  // namespace chancery::test
