// Parts of an original inside a forward: what arrives, what is kept of it, what is shown, and what goes on.
#include <gmock/gmock.h>

#include "crypto/extract.h"
#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Numbers = std::vector<std::uint32_t>;

// cn-example wrote to kz-example, unrestricted, and passes parts on to ru-example. Part 0 is the text, part 1 the
// registry number.
class ExtractTest : public PeerTest {
 protected:
  ExtractTest() : kz_("kz-example", clock_, random_) {
    test::introduce({&cn_, &ru_, &kz_});
    original_ = core::parse_message_id(released({.recipients = {"kz-example"}}, ++submissions_)).value();
  }

  wire::Frame forward(const std::string& extent) {
    clock_.advance(seconds(1));
    const auto id = released(
        {.kind = "forward", .title = "f", .sources = {{"CN-2026-0001", "forwards"}}, .extent = extent}, ++submissions_);
    (void)dispatched(dispatches());
    return frame_of(id);
  }
  // What the receipt of the frame's message says.
  std::vector<std::string> outcome(const wire::Frame& frame) {
    const auto taken = take(frame);
    const auto receipt = core::Receipt::parse(taken.issued.at(0).statement).value();
    return receipt.stage == core::Stage::delivered ? std::vector<std::string>{"delivered"} : receipt.reasons;
  }
  store::MessageRecord held(test::ExampleAuthority& at) { return at.store().reader().message(original_).value(); }
  crypto::SecretBytes keys(test::ExampleAuthority& at) {
    return crypto::open_at_rest(at.node().storage_key.view(), original_.view(), held(at).sealed_key).value();
  }
  std::vector<Numbers> shown() {
    Reading reading(node_, recorded_.lanes());
    std::vector<Numbers> out;
    const auto rows = ru_.store().reader().list(store::Box::inbox, 0, 100).value();
    for (const auto& row : rows) {
      const auto view = value_of(reading.read(test::officer(), row.number));
      out.push_back(view.original.at(0).numbers);
      EXPECT_EQ(view.original.at(0).parts.size(), out.back().size());
      EXPECT_EQ(view.original.at(0).message.message.parts, 2u);
    }
    return out;
  }

  test::ExampleAuthority kz_;
  core::MessageId original_;
  std::uint64_t submissions_ = 0;
};

TEST_F(ExtractTest, IsKeptWithTheKeysOfItsPartsAndNoOthers) {
  const auto frame = forward("0");
  const auto& carried = *frame.messages.at(0).forwarded;
  EXPECT_EQ(carried.ciphertexts.size(), 1u);
  EXPECT_EQ(carried.omitted.size(), 1u);
  EXPECT_THAT(carried.wraps, IsEmpty());
  EXPECT_THAT(outcome(frame), ElementsAre("delivered"));

  const auto record = held(ru_);
  EXPECT_EQ(record.extent.text(), "0");
  EXPECT_EQ(record.ciphertexts, carried.ciphertexts);
  EXPECT_EQ(record.omitted, carried.omitted);
  EXPECT_THAT(record.wraps, IsEmpty());
  EXPECT_EQ(record.their_number, "") << "it is a part of its own";
  const auto content_key = keys(cn_);
  EXPECT_EQ(to_hex(keys(ru_).view()), to_hex(crypto::part_keys(content_key.view(), Numbers{0}).view()));
  EXPECT_THAT(shown(), ElementsAre(Numbers{0}));
  EXPECT_THAT(ru_.fsck()->findings, IsEmpty());
}

TEST_F(ExtractTest, ThatIsNotWhatTheForwardSaysIsRefusedAndNothingIsKept) {
  const auto other = *forward("1").messages.at(0).forwarded;
  const auto refused = [&](auto change) {
    auto frame = forward("0");
    change(*frame.messages.at(0).forwarded);
    return outcome(frame);
  };
  using Carried = wire::CarriedMessage;
  const auto whole = held(cn_);
  EXPECT_THAT(refused([&](Carried& c) { c.ciphertexts.push_back(other.ciphertexts[0]); }),
              ElementsAre("E-SOURCE-MISMATCH"));
  EXPECT_THAT(refused([&](Carried& c) {
                c.ciphertexts = whole.ciphertexts;
                c.omitted.clear();
                c.wraps = whole.wraps;
              }),
              ElementsAre("E-SOURCE-MISMATCH"))
      << "the whole";
  EXPECT_THAT(refused([&](Carried& c) {
                c.ciphertexts = other.ciphertexts;
                c.omitted = other.omitted;
              }),
              ElementsAre("E-SOURCE-MISMATCH"))
      << "another part";
  EXPECT_THAT(refused([&](Carried& c) { c.wraps = whole.wraps; }), ElementsAre("E-SOURCE-MISMATCH"));
  EXPECT_THAT(refused([](Carried& c) { c.omitted.clear(); }), ElementsAre("E-SOURCE-MISMATCH"));
  EXPECT_THAT(refused([](Carried& c) { c.omitted[0].cipher.value[0] ^= 1; }), ElementsAre("E-SOURCE-MISMATCH"));
  EXPECT_THAT(refused([](Carried& c) { c.omitted[0].body.value[0] ^= 1; }), ElementsAre("E-UNOPENABLE"));
  EXPECT_THAT(refused([&](Carried& c) { c.forwarder_wrap = other.forwarder_wrap; }), ElementsAre("E-WRAP-FOREIGN"));
  EXPECT_EQ(held_by_ru(), 0u);
  EXPECT_FALSE(ru_.store().reader().message_row(original_).has_value());

  auto whole_frame = forward("all");
  whole_frame.messages.at(0).forwarded->omitted = other.omitted;
  EXPECT_THAT(outcome(whole_frame), ElementsAre("E-SOURCE-MISMATCH"));
}

TEST_F(ExtractTest, OfOtherPartsCompletesTheOneHeldAndEachForwardShowsItsOwn) {
  ASSERT_THAT(outcome(forward("1")), ElementsAre("delivered"));
  EXPECT_EQ(held(ru_).their_number, "CN-2026-0001");
  ASSERT_THAT(outcome(forward("0")), ElementsAre("delivered"));
  EXPECT_EQ(held(ru_).extent.text(), "0,1");
  EXPECT_EQ(held(ru_).their_number, "CN-2026-0001");
  EXPECT_EQ(keys(ru_).size(), 64u);
  EXPECT_THAT(shown(), ElementsAre(Numbers{0}, Numbers{1}));
  ASSERT_THAT(outcome(forward("0")), ElementsAre("delivered"));
  EXPECT_EQ(held(ru_).extent.text(), "0,1");
  EXPECT_THAT(ru_.fsck()->findings, IsEmpty());
}

TEST_F(ExtractTest, GivesWayToTheWholeAndNotTheOtherWayRound) {
  ASSERT_THAT(outcome(forward("0")), ElementsAre("delivered"));
  ASSERT_THAT(outcome(forward("all")), ElementsAre("delivered"));
  EXPECT_EQ(held(ru_).extent.text(), "all");
  EXPECT_THAT(held(ru_).omitted, IsEmpty());
  EXPECT_EQ(to_hex(keys(ru_).view()), to_hex(keys(cn_).view()));
  ASSERT_THAT(outcome(forward("0")), ElementsAre("delivered"));
  EXPECT_EQ(held(ru_).extent.text(), "all");
  EXPECT_THAT(shown(), ElementsAre(Numbers{0}, Numbers{0, 1}, Numbers{0}));
  EXPECT_THAT(ru_.fsck()->findings, IsEmpty());
}

TEST_F(ExtractTest, GoesOnWithNoMoreThanIsHeld) {
  ASSERT_THAT(outcome(forward("0")), ElementsAre("delivered"));
  Submit submit(node_, recorded_.lanes(), ru_.quotations());
  const auto on = [&](const std::string& extent, std::uint64_t number) {
    return submit.submit(test::officer(), test::submission({.recipients = {"kz-example"},
                                                            .kind = "forward",
                                                            .sources = {{core::to_string(original_), "forwards"}},
                                                            .extent = extent},
                                                           number));
  };
  EXPECT_THAT(codes_of(on("1", 1)), ElementsAre("E-PART-NOT-HELD"));
  EXPECT_THAT(codes_of(on("all", 2)), ElementsAre("E-PART-NOT-HELD"));
  const auto id = core::parse_message_id(value_of(on("0", 3)).id).value();
  wire::Frame frame;
  const auto item = to_item(node_, "kz-example", ru_.store().reader().outgoing(id).value(), {}, frame).value();
  EXPECT_EQ(item.forwarded->ciphertexts, held(ru_).ciphertexts);
  EXPECT_EQ(item.forwarded->omitted, held(ru_).omitted);
  EXPECT_EQ(crypto::parse_wraps(item.forwarded->forwarder_wrap)->at(0).ciphertext.size(), 32u + 16u);
}

}  // namespace
}  // namespace chancery::service
