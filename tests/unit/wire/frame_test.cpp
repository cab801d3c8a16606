#include "daemon/wire/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chancery/v1/peer_exchange.pb.h"

namespace chancery::wire {
namespace {

crypto::SignedStatement signed_statement(const std::string& text, const std::string& batch) {
  return {text,
          {crypto::Suite::p256, crypto::sha256(as_bytes(batch)), 1795327203, to_bytes("signature"), batch},
          {1, {crypto::sha256(as_bytes("sibling"))}}};
}

Frame sample() {
  Frame frame;
  frame.dispatches = {frame.add(signed_statement("dispatch one\n", "batch a\n")),
                      frame.add(signed_statement("dispatch two\n", "batch a\n"))};
  frame.receipts = {frame.add(signed_statement("receipt\n", "batch b\n"))};
  MessageItem item;
  item.statement = frame.add(signed_statement("message\n", "batch c\n"));
  item.ciphertexts = {to_bytes("one"), to_bytes("two")};
  item.wraps = to_bytes("wraps");
  frame.messages = {item};
  frame.answers = {{crypto::sha256(as_bytes("x")),
                    AnswerOutcome::deferred,
                    {{core::ReasonCode::key_unknown, "", "", "ru-example"}},
                    0,
                    0}};
  frame.heartbeat = Heartbeat{1, 7, {"a note\n"}, std::nullopt, Bytes(44, 5)};
  frame.heartbeat->taken = frame.dispatches.empty() ? std::nullopt : std::optional(frame.dispatches.front());
  return frame;
}

v1::PeerFrame as_proto(const Frame& frame) {
  v1::PeerFrame message;
  to_proto(frame, message);
  return message;
}

bool refused(const v1::PeerFrame& message) {
  const auto frame = to_frame(message);
  return !frame.has_value() && frame.error().code == Errc::malformed;
}

TEST(Frame, CarriesASignatureOnceAndPointsToIt) {
  const auto frame = sample();
  ASSERT_EQ(frame.signatures.size(), 3U);
  EXPECT_EQ(frame.dispatches[0].signature, frame.dispatches[1].signature);
  EXPECT_EQ(frame.signatures[frame.receipts[0].signature].statement, "batch b\n");
  EXPECT_EQ(frame.signatures[frame.messages[0].statement.signature].statement, "batch c\n");
}

TEST(Frame, PointsRightHoweverManySignaturesItHolds) {
  Frame frame;
  for (int i = 0; i < 200; ++i) {
    const auto batch = "batch " + std::to_string(i) + "\n";
    EXPECT_EQ(frame.signatures.at(frame.add(signed_statement("s\n", batch)).signature).statement, batch);
  }
}

TEST(Frame, IsReadAsItWasWritten) {
  const auto frame = sample();
  const auto read = decode_frame(encode_frame(frame));
  ASSERT_TRUE(read.has_value()) << read.error().detail;
  EXPECT_EQ(*read, frame);
}

TEST(Frame, RefusesAProofThatPointsNowhere) {
  auto message = as_proto(sample());
  message.mutable_receipts(0)->mutable_proofs(0)->set_signature(3);
  EXPECT_TRUE(refused(message));
}

TEST(Frame, RefusesAStatementWithoutProofOrWithTwo) {
  auto without = as_proto(sample()), with_two = as_proto(sample());
  without.mutable_receipts(0)->clear_proofs();
  *with_two.mutable_receipts(0)->add_proofs() = with_two.receipts(0).proofs(0);
  EXPECT_TRUE(refused(without));
  EXPECT_TRUE(refused(with_two));
}

TEST(Frame, RefusesAPathThatIsNotHashesOfABatch) {
  auto odd = as_proto(sample()), long_path = as_proto(sample());
  odd.mutable_receipts(0)->mutable_proofs(0)->mutable_path()->push_back('x');
  long_path.mutable_receipts(0)->mutable_proofs(0)->set_path(std::string(std::size_t{9} * 32, 'x'));
  EXPECT_TRUE(refused(odd));
  EXPECT_TRUE(refused(long_path));
}

TEST(Frame, RefusesUnknownOutcomesReasonsAndFields) {
  auto outcome = as_proto(sample()), reason = as_proto(sample()), field = as_proto(sample());
  outcome.mutable_answers(0)->set_outcome(static_cast<v1::Answer::Outcome>(99));
  reason.mutable_answers(0)->mutable_reasons(0)->set_code("no code");
  v1::PeerFrame::GetReflection()->MutableUnknownFields(&field)->AddVarint(4000, 1);
  EXPECT_TRUE(refused(outcome));
  EXPECT_TRUE(refused(reason));
  EXPECT_TRUE(refused(field));
}

TEST(Frame, CarriesTwoLeafHashesOfEveryPartThatIsLeftOutOfAnOriginal) {
  auto frame = sample();
  auto& carried = frame.messages[0].forwarded.emplace();
  carried.statement = frame.messages[0].statement;
  carried.ciphertexts = {to_bytes("one")};
  carried.omitted = {{crypto::sha256(as_bytes("body 1")), crypto::sha256(as_bytes("cipher 1"))},
                     {crypto::sha256(as_bytes("body 2")), crypto::sha256(as_bytes("cipher 2"))}};
  const auto again = decode_frame(encode_frame(frame));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, frame);
  auto message = as_proto(frame);
  EXPECT_GE(frame.size() + kFrameSlack, message.ByteSizeLong());
  auto& omitted = *message.mutable_messages(0)->mutable_forwarded()->mutable_omitted(1);
  EXPECT_EQ(omitted.size(), 64U);
  omitted.pop_back();
  EXPECT_TRUE(refused(message));
  omitted.append(33, 'x');
  EXPECT_TRUE(refused(message));
}

TEST(Frame, CarriesTheWrapsOfADetachedGrantAndOneOfThemWithAForward) {
  auto frame = sample();
  frame.messages[0].grant_wraps = Bytes(400, 7);
  auto& carried = frame.messages[0].forwarded.emplace();
  carried.statement = frame.messages[0].statement;
  carried.grant_wrap = Bytes(155, 8);
  const auto again = decode_frame(encode_frame(frame));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, frame);
  auto message = as_proto(frame);
  EXPECT_GE(frame.size() + kFrameSlack, message.ByteSizeLong());
  message.mutable_messages(0)->mutable_forwarded()->set_grant_wrap(std::string(70'000, 'x'));
  EXPECT_TRUE(refused(message)) << "no wrap is that long";
}

TEST(Frame, LeavesOutReasonsOfALaterVersion) {
  auto later = as_proto(sample());
  auto& reasons = *later.mutable_answers(0)->mutable_reasons();
  const auto known = reasons.size();
  reasons.Add()->set_code("E-NO-SUCH-CODE-YET");
  Bytes bytes(later.ByteSizeLong());
  later.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  EXPECT_EQ(decode_frame(bytes)->answers[0].reasons.size(), static_cast<std::size_t>(known));
}

TEST(Frame, RefusesWhatIsNoProtobufAndWhatIsTooLong) {
  EXPECT_FALSE(decode_frame(to_bytes("\xff\xff\xff")).has_value());
  EXPECT_FALSE(decode_frame(Bytes(kMaxFrame + 1)).has_value());
}

}  // namespace
}  // namespace chancery::wire
