#include "daemon/service/arriving_share.h"

#include <algorithm>

#include "crypto/attachment.h"

namespace chancery::service {

namespace {

using Places = std::set<std::pair<std::string, core::MessageId>>;

bool still_stands(const std::optional<Instant>& moved, Instant now) {
  return moved && *moved <= now && now - *moved < kHoldsPlace;
}

// Who has one, of this peer or of all.
Places places(const AllArriving& all, Instant now, const std::string* peer = nullptr) {
  Places out;
  for (const auto& [key, one] : all) {
    if (peer != nullptr && key.first != *peer) continue;
    for (const auto& [message, moved] : one.messages)
      if (still_stands(moved, now)) out.emplace(key.first, message);
  }
  return out;
}

bool is_among(const ArrivingKey& key, const Arriving& one, const Places& having) {
  return std::any_of(one.messages.begin(), one.messages.end(), [&](const auto& message) {
    return having.contains({key.first, message.first});
  });
}

struct Sum {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  void add(std::uint64_t more) {
    ++count;
    bytes += more;
  }
  [[nodiscard]] bool beyond() const { return count > kMaxArriving || bytes > kMaxArrivingBytes; }
};

// When a chunk of it came last; of what never moved, when it was offered, and that is longer ago.
std::pair<bool, Instant> stood_since(const Arriving& one) {
  std::optional<Instant> last;
  for (const auto& [message, moved] : one.messages) last = std::max(last, moved);
  return {last.has_value(), last.value_or(one.offered)};
}

}  // namespace

std::uint64_t Arriving::there() const { return std::min(length, chunks * crypto::kSealedChunkSize); }

bool has_place(const AllArriving& all, const ArrivingKey& key, Instant now) {
  const auto known = all.find(key);
  if (known == all.end()) return false;
  const auto& own = known->second.messages;
  return std::any_of(own.begin(), own.end(), [&](const auto& message) { return still_stands(message.second, now); }) ||
         is_among(key, known->second, places(all, now, &key.first));
}

std::vector<ArrivingKey> without_place(const AllArriving& all, Instant now) {
  const auto having = places(all, now);
  std::vector<ArrivingKey> out;
  for (const auto& [key, one] : all)
    if (now - one.offered >= kHoldsPlace && !is_among(key, one, having)) out.push_back(key);
  return out;
}

void keep_place(AllArriving& all, const ArrivingKey& key, Instant now) {
  const auto having = places(all, now, &key.first);
  for (auto& [message, moved] : all.at(key).messages)
    if (having.contains({key.first, message})) moved = now;
}

Admission admission(const AllArriving& all, const std::string& peer, const core::MessageId& message, std::uint64_t room,
                    Instant now) {
  auto having = places(all, now);
  having.emplace(peer, message);
  Sum its, with_place, with_all;
  std::uint64_t own = 0, others = 0;  // still to come of what has its place
  std::vector<std::pair<std::pair<bool, Instant>, ArrivingKey>> still;
  for (const auto& [key, one] : all) {
    const bool placed = is_among(key, one, having);
    if (placed) (key.first == peer ? own : others) += one.length - one.there();
    if (key.first != peer) continue;
    if (one.messages.contains(message)) its.add(one.length);
    if (placed) with_place.add(one.length);
    with_all.add(placed ? one.length : one.there());
    if (!placed) still.emplace_back(stood_since(one), key);
  }
  if (its.beyond()) return {core::ReasonCode::limit_exceeded, {}};
  if (with_place.beyond()) return {core::ReasonCode::not_now, {}};
  if (others > room || own > (room - others) / 2) return {core::ReasonCode::disk_full, {}};
  Admission out;
  std::sort(still.begin(), still.end());
  for (const auto& [since, key] : still) {
    if (!with_all.beyond()) break;
    --with_all.count;
    with_all.bytes -= all.at(key).there();
    out.gives_way.push_back(key);
  }
  return out;
}

std::vector<core::MessageId> forgotten(const AllArriving& all, const std::string& peer, const core::MessageId& message,
                                       Instant now) {
  std::set<core::MessageId> offered;
  for (auto one = all.lower_bound({peer, Digest()}); one != all.end() && one->first.first == peer; ++one)
    for (const auto& [id, moved] : one->second.messages) offered.insert(id);
  if (offered.size() <= kMaxArrivingMessages) return {};
  const auto beyond = offered.size() - kMaxArrivingMessages;
  const auto having = places(all, now, &peer);
  std::vector<core::MessageId> out;
  for (const auto& id : offered) {  // ids begin with the time
    if (out.size() == beyond) break;
    if (id != message && !having.contains({peer, id})) out.push_back(id);
  }
  return out;
}

}  // namespace chancery::service
