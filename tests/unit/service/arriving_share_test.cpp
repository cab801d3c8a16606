#include "daemon/service/arriving_share.h"

#include <gmock/gmock.h>

#include <random>

#include "crypto/attachment.h"

namespace chancery::service {
namespace {

using core::ReasonCode;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant kNow{1'000'000'000};
constexpr std::uint64_t kPlenty = std::uint64_t{1} << 50;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

core::MessageId message(std::uint64_t number) { return {crypto::sha256(as_bytes("m" + std::to_string(number))).value}; }
Digest root(std::uint64_t number) { return crypto::sha256(as_bytes("r" + std::to_string(number))); }

class ArrivingShareTest : public testing::Test {
 protected:
  void offer(std::uint64_t of, const std::vector<std::uint64_t>& roots, std::uint64_t each,
             const std::string& peer = "cn") {
    for (const auto number : roots) {
      auto& one = all_[{peer, root(number)}];
      one.messages.try_emplace(message(of));
      one.length = each;
      one.offered = kNow;
    }
  }
  Admission ask(std::uint64_t of, std::uint64_t room = kPlenty, Instant now = kNow, const std::string& peer = "cn") {
    return admission(all_, peer, message(of), room, now);
  }
  std::optional<ReasonCode> why_not(std::uint64_t of, std::uint64_t room = kPlenty, Instant now = kNow,
                                    const std::string& peer = "cn") {
    return ask(of, room, now, peer).why_not;
  }
  // Its first chunk came.
  void moves(std::uint64_t number, std::uint64_t of, Instant at = kNow, const std::string& peer = "cn") {
    auto& one = all_.at({peer, root(number)});
    one.messages[message(of)] = at;
    ++one.chunks;
  }

  AllArriving all_;
};

TEST_F(ArrivingShareTest, OfMoreMessagesThanMayWaitTheOldestWithoutAPlaceAreForgotten) {
  // Ids begin with the time they were made.
  const auto made_at = [](std::size_t time) {
    core::MessageId id;
    id.value[4] = static_cast<std::uint8_t>(time >> 8);
    id.value[5] = static_cast<std::uint8_t>(time);
    return id;
  };
  offer(1, {1}, 1000, "ru");
  offer(0, {1}, 1000);
  auto& messages = all_.at({"cn", root(1)}).messages;
  messages.clear();
  for (std::size_t i = 1; i <= kMaxArrivingMessages; ++i) messages[made_at(i)];
  EXPECT_THAT(forgotten(all_, "cn", made_at(1), kNow), IsEmpty());
  messages[made_at(0)];
  messages[made_at(1000)];
  messages[made_at(0)] = kNow;  // has its place
  EXPECT_THAT(forgotten(all_, "cn", made_at(1), kNow), ElementsAre(made_at(2), made_at(3)));
  EXPECT_THAT(forgotten(all_, "cn", made_at(1), kNow + kHoldsPlace), ElementsAre(made_at(0), made_at(2)));
  EXPECT_THAT(forgotten(all_, "ru", message(1), kNow), IsEmpty());
}

TEST_F(ArrivingShareTest, WhoAnnouncesMuchAndSendsLittleShutsNobodyOut) {
  constexpr std::uint64_t kRoom = 8 * kGiB;
  std::uint64_t taken = 0;
  // As much as it can get, one chunk of each.
  for (std::uint64_t size = 16 * kGiB, i = 1; size >= kGiB / 1024; size /= 2, ++i) {
    offer(i, {i}, size, "kz");
    if (why_not(i, kRoom, kNow, "kz")) {
      all_.erase({"kz", root(i)});
      continue;
    }
    moves(i, i, kNow, "kz");
    taken += size;
  }
  EXPECT_LE(taken, kRoom / 2);
  EXPECT_GE(taken, kRoom / 4);
  offer(100, {100}, kGiB, "ru");
  EXPECT_EQ(why_not(100, kRoom, kNow, "ru"), std::nullopt);
  offer(101, {101}, 3 * kGiB, "ru");
  EXPECT_EQ(why_not(101, kRoom, kNow, "ru"), ReasonCode::disk_full);
}

TEST_F(ArrivingShareTest, WithoutAPlaceIsWhateverHasNone) {
  for (std::uint64_t i = 0; i < 20; ++i) offer(i % 7, {i, (i * 5) % 20}, 1000, i % 2 == 0 ? "cn" : "ru");
  for (auto& [key, one] : all_)
    if (one.messages.size() > 1)
      one.messages.begin()->second = kNow + seconds(static_cast<std::int64_t>(key.second.value[0]));
  for (const auto now : {kNow, kNow + kHoldsPlace, kNow + kHoldsPlace + minutes(2)}) {
    std::vector<ArrivingKey> expected;
    for (const auto& [key, one] : all_)
      if (now - one.offered >= kHoldsPlace && !has_place(all_, key, now)) expected.push_back(key);
    EXPECT_EQ(without_place(all_, now), expected);
  }
}

TEST_F(ArrivingShareTest, MessageComesInWithAllItsAttachmentsOrNotAtAll) {
  offer(1, {10, 11}, 16 * kGiB);
  offer(2, {20, 21, 22}, 16 * kGiB);
  moves(10, 1);
  // The others of the first have their place, though not a byte of them is there: the second would need 16 GiB more.
  EXPECT_EQ(why_not(2), ReasonCode::not_now);
  EXPECT_FALSE(has_place(all_, {"cn", root(20)}, kNow));
  EXPECT_TRUE(has_place(all_, {"cn", root(11)}, kNow));
  EXPECT_EQ(why_not(1), std::nullopt);
  all_.erase({"cn", root(10)});
  all_.erase({"cn", root(11)});
  EXPECT_EQ(why_not(2), std::nullopt);
}

TEST_F(ArrivingShareTest, MessageBeyondTheShareIsRefusedForGood) {
  offer(1, {1, 2, 3, 4, 5}, 16 * kGiB);
  EXPECT_EQ(why_not(1), ReasonCode::limit_exceeded);
}

TEST_F(ArrivingShareTest, OfferByItselfReservesNothing) {
  offer(1, {1, 2, 3, 4}, 16 * kGiB);
  offer(2, {5}, 16 * kGiB);
  offer(3, {6}, 16 * kGiB, "kz");
  EXPECT_EQ(why_not(2), std::nullopt);
  EXPECT_EQ(why_not(3, 33 * kGiB, kNow, "kz"), std::nullopt);
}

TEST_F(ArrivingShareTest, PlaceEndsWhenNoChunkComes) {
  offer(1, {1, 2, 3, 4}, 16 * kGiB);
  offer(2, {5}, 16 * kGiB);
  moves(1, 1);
  const auto last = kNow + kHoldsPlace - Duration{1};
  EXPECT_EQ(why_not(2, kPlenty, last), ReasonCode::not_now);
  EXPECT_EQ(why_not(2, kPlenty, kNow + kHoldsPlace), std::nullopt);
  // A clock that went back keeps nobody out.
  EXPECT_EQ(why_not(2, kPlenty, kNow - Duration{1}), std::nullopt);
  keep_place(all_, {"cn", root(2)}, last);
  EXPECT_EQ(why_not(2, kPlenty, last + Duration{1}), ReasonCode::not_now);
}

TEST_F(ArrivingShareTest, DiskIsSharedByWhatHasItsPlace) {
  offer(1, {1}, 10 * kGiB);
  offer(2, {2}, 10 * kGiB, "kz");
  moves(1, 1);
  // Half of what the other has not taken.
  EXPECT_EQ(why_not(2, 29 * kGiB, kNow, "kz"), ReasonCode::disk_full);
  EXPECT_EQ(why_not(2, 31 * kGiB, kNow, "kz"), std::nullopt);
  EXPECT_EQ(why_not(2, 21 * kGiB, kNow + kHoldsPlace, "kz"), std::nullopt);
}

// Else one small attachment in all its messages would give them all a place.
TEST_F(ArrivingShareTest, AttachmentOfTwoMessagesGivesAPlaceToTheOneThatWasLetIn) {
  offer(1, {0, 1}, 16 * kGiB);
  offer(2, {0, 2, 3, 4}, 16 * kGiB);
  moves(0, 1);
  keep_place(all_, {"cn", root(0)}, kNow);
  EXPECT_TRUE(has_place(all_, {"cn", root(1)}, kNow));
  EXPECT_FALSE(has_place(all_, {"cn", root(2)}, kNow));
  EXPECT_EQ(why_not(2), ReasonCode::not_now);
}

TEST_F(ArrivingShareTest, WhatStoodStillLongestGivesWayFirst) {
  for (std::uint64_t i = 0; i < kMaxArriving; ++i) offer(i, {i}, 1000);
  moves(1, 1, kNow - kHoldsPlace);
  moves(0, 0, kNow - kHoldsPlace - Duration{1});
  for (std::uint64_t i = 4; i < kMaxArriving; ++i) moves(i, i);
  offer(1000, {1000}, 1000);
  offer(1001, {1000, 1001, 1002}, 1000);
  std::vector<ArrivingKey> never_moved{{"cn", root(2)}, {"cn", root(3)}};
  std::sort(never_moved.begin(), never_moved.end());
  EXPECT_THAT(ask(1001).gives_way, ElementsAre(never_moved[0], never_moved[1], ArrivingKey{"cn", root(0)}));
  EXPECT_EQ(ask(1001).why_not, std::nullopt);
}

// Messages of any size, offered again and again in any order by a sender that takes its chances: none waits for ever.
TEST_F(ArrivingShareTest, EveryMessageThatFitsIsCompleteAtLast) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 chance(seed);
    all_.clear();
    std::map<std::uint64_t, std::vector<std::uint64_t>> waiting;
    for (std::uint64_t m = 0; m < 12; ++m)
      for (auto n = 1 + chance() % 4; n > 0; --n) waiting[m].push_back(m * 10 + n);
    auto now = kNow;
    std::size_t steps = 0;
    for (; !waiting.empty() && steps < 20'000; ++steps) {
      now = now + Duration{1000};
      const auto picked = std::next(waiting.begin(), static_cast<std::ptrdiff_t>(chance() % waiting.size()));
      const auto& [m, roots] = *picked;
      const ArrivingKey key{"cn", root(roots[chance() % roots.size()])};
      if (!all_.contains(key)) offer(m, roots, 16 * kGiB);
      if (!has_place(all_, key, now)) {
        const auto place = ask(m, kPlenty, now);
        if (place.why_not) continue;
        for (const auto& gone : place.gives_way) all_.erase(gone);
        all_.at(key).messages[message(m)] = now;
      }
      keep_place(all_, key, now);
      auto& one = all_.at(key);
      one.chunks = std::min(one.chunks + crypto::chunks_of(16 * kGiB) / 4, crypto::chunks_of(16 * kGiB));
      std::uint64_t placed = 0;
      for (const auto& [other, arriving] : all_) placed += has_place(all_, other, now) ? arriving.length : 0;
      ASSERT_LE(placed, kMaxArrivingBytes);
      if (!std::all_of(roots.begin(), roots.end(), [&](std::uint64_t r) {
            const auto known = all_.find({"cn", root(r)});
            return known != all_.end() && known->second.there() == known->second.length;
          }))
        continue;
      for (const auto r : roots) all_.erase({"cn", root(r)});
      waiting.erase(picked);
    }
    EXPECT_THAT(waiting, IsEmpty());
  }
}

}  // namespace
}  // namespace chancery::service
