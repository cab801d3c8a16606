#include "daemon/store/peer_news.h"

#include <gtest/gtest.h>

namespace chancery::store {
namespace {

constexpr const char* kPeer = "ru-example";

core::MessageId id_of(std::uint8_t number) {
  core::MessageId id;
  id.value.back() = number;
  return id;
}

OutboxRow row(std::uint64_t sequence, const std::string& peer = kPeer) {
  OutboxRow out;
  out.peer = peer;
  out.sequence = sequence;
  out.message = id_of(static_cast<std::uint8_t>(sequence));
  return out;
}

void dispatch(GroupNews& group, std::uint64_t sequence, std::size_t bytes = 10) {
  MessageRecord message;
  message.id = id_of(static_cast<std::uint8_t>(sequence));
  message.ciphertexts = {Bytes(bytes)};
  group.recorded(message, {static_cast<std::uint32_t>(2 * sequence)});
  group.dispatched(row(sequence), {static_cast<std::uint32_t>(2 * sequence + 1)});
}

SignedStatement by_leaf(LeafRef leaf) { return {std::to_string(leaf.index), {}, {leaf.index, {}}}; }

std::vector<std::uint64_t> numbers(const News& news) {
  std::vector<std::uint64_t> out;
  for (const auto& dispatch : news.dispatches) out.push_back(dispatch.row.sequence);
  return out;
}

class PeerNewsTest : public testing::Test {
 protected:
  void put(GroupNews group) { news_.put(std::move(group), by_leaf); }
  PeerNews news_;
};

TEST_F(PeerNewsTest, SaysFirstThatTheOutboxIsToBeRead) {
  const auto first = news_.take(kPeer);
  EXPECT_TRUE(first.more && first.changed && first.receipts);
  const auto second = news_.take(kPeer);
  EXPECT_FALSE(second.more || second.changed || second.receipts);
}

TEST_F(PeerNewsTest, TellsOnceWhatWasCommittedWithItsSignatures) {
  news_.take(kPeer);
  GroupNews group;
  dispatch(group, 7);
  dispatch(group, 8);
  put(std::move(group));
  const auto told = news_.take(kPeer);
  EXPECT_EQ(numbers(told), (std::vector<std::uint64_t>{7, 8}));
  EXPECT_EQ(told.dispatches[0].row.dispatch.statement, "15");
  ASSERT_NE(told.dispatches[0].message, nullptr);
  EXPECT_EQ(told.dispatches[0].message->statement.statement, "14");
  EXPECT_TRUE(news_.take(kPeer).dispatches.empty());
}

TEST_F(PeerNewsTest, KeepsNothingForWhomNobodyAsks) {
  news_.take(kPeer);
  news_.leave(kPeer);
  GroupNews group;
  dispatch(group, 1);
  put(std::move(group));
  const auto told = news_.take(kPeer);
  EXPECT_TRUE(told.dispatches.empty());
  EXPECT_TRUE(told.more);
}

TEST_F(PeerNewsTest, TellsNothingOfAnActThatWasUndone) {
  news_.take(kPeer);
  GroupNews group;
  dispatch(group, 1);
  group.begin_act();
  dispatch(group, 2);
  group.changed(kPeer);
  group.undo_act();
  put(std::move(group));
  const auto told = news_.take(kPeer);
  EXPECT_EQ(numbers(told), std::vector<std::uint64_t>{1});
  EXPECT_FALSE(told.changed);
}

TEST_F(PeerNewsTest, LeavesNoGapWhereMemoryIsFull) {
  news_.take(kPeer);
  GroupNews group;
  dispatch(group, 1, std::size_t{3} << 20);
  dispatch(group, 2, std::size_t{3} << 20);
  dispatch(group, 3);
  put(std::move(group));
  const auto told = news_.take(kPeer);
  EXPECT_EQ(numbers(told), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(told.more);
  EXPECT_FALSE(told.changed);
}

TEST_F(PeerNewsTest, WhatChangesOtherwiseTakesBackWhatWasTold) {
  news_.take(kPeer);
  news_.take("kz-example");
  GroupNews group;
  dispatch(group, 1);
  group.changed(kPeer);
  EXPECT_FALSE(news_.changed(kPeer));
  put(std::move(group));
  EXPECT_TRUE(news_.changed(kPeer));
  EXPECT_FALSE(news_.changed("kz-example"));
  const auto told = news_.take(kPeer);
  EXPECT_FALSE(news_.changed(kPeer));
  EXPECT_TRUE(told.dispatches.empty());
  EXPECT_TRUE(told.changed && told.more);
  EXPECT_FALSE(news_.take("kz-example").changed);
  GroupNews of_all;
  of_all.changed({});
  put(std::move(of_all));
  EXPECT_TRUE(news_.take("kz-example").changed);
}

TEST_F(PeerNewsTest, TellsOfReceiptsThatWereQueued) {
  news_.take(kPeer);
  GroupNews group;
  group.queued_receipt(kPeer);
  put(std::move(group));
  const auto told = news_.take(kPeer);
  EXPECT_TRUE(told.receipts);
  EXPECT_FALSE(told.more || told.changed);
}

}  // namespace
}  // namespace chancery::store
