#include "daemon/service/histories.h"

#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

class HistoriesTest : public PeerTest {
 protected:
  // What cn makes of this, shown by ru.
  Result<void> shown(const wire::Frame& frame) {
    auto judged = histories(cn_)->take("ru-example", frame);
    settle(cn_);
    return judged;
  }
  // What was posted is done.
  static void settle(test::ExampleAuthority& at) {
    (void)at.store().run<int>(0, [](store::Transaction&) -> Result<int> { return 0; });
  }
  static std::shared_ptr<Histories> histories(test::ExampleAuthority& at) {
    return std::make_shared<Histories>(at.node());
  }
  static std::string note(test::ExampleAuthority& of, std::uint64_t size, const std::string& root,
                          std::uint64_t epoch = 1) {
    return crypto::sign_checkpoint({"chancery/" + of.id() + "/" + std::to_string(epoch),
                                    {size},
                                    crypto::sha256(as_bytes(root)),
                                    std::nullopt},
                                   of.log_key())
        .value();
  }
  static wire::Frame with_note(const std::string& note, const crypto::PublicKey* log_key = nullptr) {
    wire::Frame frame;
    frame.heartbeat = wire::Heartbeat{0, 0, {note}, std::nullopt, {}};
    if (log_key != nullptr) frame.heartbeat->log_key = {log_key->spki().begin(), log_key->spki().end()};
    return frame;
  }
  // What ru has of cn, as it would show it.
  std::vector<std::string> seen_by_ru(Histories& at_ru) {
    wire::Frame frame;
    EXPECT_TRUE(at_ru.show("cn-example", frame));
    return frame.heartbeat->checkpoints;
  }
  // A dispatch of cn to ru that was signed by whom it says.
  wire::Frame with_dispatch(test::ExampleAuthority& signer, std::uint64_t sequence, std::uint64_t epoch = 1) {
    const auto previous = sequence > 1 ? std::optional(crypto::sha256(as_bytes("before"))) : std::nullopt;
    const core::Dispatch dispatch{"cn-example",     "ru-example", epoch, sequence, previous, core::DispatchMessage{},
                                  random_.bytes(32)};
    wire::Frame frame;
    frame.heartbeat.emplace();
    frame.heartbeat->taken = frame.add(signer.sign(dispatch.to_text(), core::KeyRole::sign, clock_.now()));
    return frame;
  }
  std::uint64_t size_of_cn() { return cn_.store().checkpoint().size.value; }
  std::string why() { return cn_.store().suspended().value_or(""); }
};

TEST_F(HistoriesTest, ThatAgreeChangeNothing) {
  (void)released_to_ru();
  (void)dispatched(dispatches());
  const auto at_ru = histories(ru_);
  wire::Frame told;
  told.heartbeat.emplace();
  std::string before;
  histories(cn_)->tell(*told.heartbeat, before);
  EXPECT_TRUE(at_ru->take("cn-example", told));
  wire::Frame frame;
  EXPECT_TRUE(at_ru->show("cn-example", frame));
  EXPECT_TRUE(frame.heartbeat->taken);
  EXPECT_EQ(frame.heartbeat->checkpoints, std::vector<std::string>{cn_.store().checkpoint_note()});
  EXPECT_TRUE(shown(frame));
  EXPECT_EQ(why(), "");
}

TEST_F(HistoriesTest, WithACheckpointBeyondTheStoreSuspendIt) {
  EXPECT_TRUE(shown(with_note(note(cn_, size_of_cn() + 7, "later"))));
  EXPECT_EQ(why(), "rolled back: ru-example saw our checkpoint of " + std::to_string(size_of_cn() + 7) +
                       " entries in epoch 1, this journal has " + std::to_string(size_of_cn()) + " in epoch 1");
  EXPECT_FALSE(cn_.store().run<store::LeafRef>(1, [](store::Transaction& tx) { return tx.sign("anything"); }));
}

TEST_F(HistoriesTest, OfALaterEpochSuspendTheStore) {
  EXPECT_TRUE(shown(with_note(note(cn_, 1, "later", 2))));
  EXPECT_NE(why().find("in epoch 2"), std::string::npos) << why();
}

TEST_F(HistoriesTest, WithAnotherRootAtOneSizeAreEvidence) {
  const auto other = note(cn_, size_of_cn(), "other");
  EXPECT_TRUE(shown(with_note(other)));
  EXPECT_TRUE(why().starts_with("another history: ")) << why();
  const auto kept = cn_.store().reader().conflicts(10).value();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].kind, "checkpoint");
  EXPECT_EQ(kept[0].second, other);
}

TEST_F(HistoriesTest, WithADispatchTheStoreLacksSuspendIt) {
  EXPECT_TRUE(shown(with_dispatch(cn_, 5)));
  EXPECT_EQ(why(), "rolled back: ru-example took our dispatch 1/5, this store ends at 1/0");
}

TEST_F(HistoriesTest, WithOtherBytesUnderOneNumberAreEvidence) {
  (void)released_to_ru();
  EXPECT_TRUE(shown(with_dispatch(cn_, 1)));
  EXPECT_TRUE(why().starts_with("another history: ru-example took our dispatch 1/1")) << why();
  EXPECT_EQ(cn_.store().reader().conflicts(10)->front().kind, "dispatch");
}

// Else any peer could stop us.
TEST_F(HistoriesTest, ThatWeDidNotSignAreNobodys) {
  auto forged = note(ru_, size_of_cn() + 7, "later");
  for (auto at = forged.find("ru-example"); at != std::string::npos; at = forged.find("ru-example"))
    forged.replace(at, 10, "cn-example");
  EXPECT_TRUE(shown(with_note(forged)));
  EXPECT_EQ(shown(with_note("chancery/cn-example/1\n99\n")).error().code, Errc::malformed);
  EXPECT_EQ(shown(with_dispatch(ru_, 5)).error().code, Errc::unauthenticated);
  EXPECT_EQ(why(), "");
}

// What cannot be compared is not taken for agreement, and does not suspend us either.
TEST_F(HistoriesTest, UnderAKeyTheStoreDoesNotKnowAreAnError) {
  test::ExampleAuthority later("cn-example", clock_, random_);  // as we are after a rotation that this store lost
  const auto judged = shown(with_dispatch(later, 5));
  EXPECT_EQ(judged.error().code, Errc::unauthenticated);
  EXPECT_EQ(judged.error().detail, "shows our dispatch 1/5 under a key that this store does not know as ours");
  EXPECT_EQ(why(), "");
}

// Who has our key, and not we, may have signed it.
TEST_F(HistoriesTest, UnderAKeyOfOursThatIsCompromisedSayNothing) {
  const auto item = cn_.redesignated([&](core::Designation& next) {
    for (auto& key : next.keys)
      if (key.role == core::KeyRole::sign) {
        key.state = core::KeyState::compromised;
        key.since = clock_.now();
      }
    std::sort(next.keys.begin(), next.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
  });
  const auto frame = with_dispatch(cn_, 5);
  ASSERT_TRUE(record_own_designations(cn_.node(), {item}));
  EXPECT_TRUE(shown(frame));
  EXPECT_EQ(why(), "");
}

// Of a peer only what it signed: a lie of its own, or of who sat on its line, must not stand before what it signs
// later.
TEST_F(HistoriesTest, OfAPeerThatItDidNotSignAreForgotten) {
  const auto& key = cn_.log_key().public_key();
  const auto at_ru = histories(ru_);
  const auto said = [&](const std::string& note) {
    EXPECT_TRUE(at_ru->take("cn-example", with_note(note, &key)));
    settle(ru_);
  };
  auto forged = note(ru_, 1'000'000, "lie");
  for (auto at = forged.find("ru-example"); at != std::string::npos; at = forged.find("ru-example"))
    forged.replace(at, 10, "cn-example");
  said(forged);
  EXPECT_EQ(seen_by_ru(*at_ru), std::vector<std::string>());
  said(note(cn_, 9, "one"));
  EXPECT_EQ(seen_by_ru(*at_ru), std::vector<std::string>{note(cn_, 9, "one")});
  said(forged);
  said(note(cn_, 10, "two"));
  EXPECT_EQ(seen_by_ru(*at_ru), std::vector<std::string>{note(cn_, 10, "two")});
  settle(ru_);
  EXPECT_EQ(ru_.store().reader().seen("cn-example")->value(), note(cn_, 10, "two"));
}

TEST_F(HistoriesTest, OfAPeerThatExcludeEachOtherAreEvidence) {
  const auto& key = cn_.log_key().public_key();
  const auto at_ru = histories(ru_);
  for (const auto* root : {"one", "other", "one"})
    EXPECT_TRUE(at_ru->take("cn-example", with_note(note(cn_, 9, root), &key)));
  settle(ru_);
  ASSERT_EQ(evidence().size(), 1u);
  EXPECT_EQ(evidence()[0].first, note(cn_, 9, "one"));
  EXPECT_EQ(evidence()[0].second, note(cn_, 9, "other"));
  EXPECT_FALSE(ru_.store().suspended());
}

// ---- what follows for the exchange

class Line : public PeerLink {
 public:
  bool send(const wire::Frame& /*frame*/) override { return open_; }
  void close() override { open_ = false; }
  [[nodiscard]] bool open() const override { return open_; }

 private:
  std::atomic<bool> open_{true};
};

class NobodyThere : public PeerNetwork {
 public:
  Result<std::shared_ptr<PeerLink>> dial(const std::string& /*peer*/, const std::string& /*endpoint*/,
                                         PeerEvents& /*events*/) override {
    return fail(Errc::unavailable, "nobody");
  }
};

class MeetingTest : public HistoriesTest {
 protected:
  void received(Exchange& exchange, const std::string& peer, wire::Frame frame) {
    exchange.received(peer, line_, std::move(frame));
    settle(ru_);
  }

  NobodyThere network_;
  std::shared_ptr<Line> line_ = std::make_shared<Line>();
};

TEST_F(MeetingTest, TakesNothingOfAPeerThatHasNotShownWhatItHasOfUs) {
  const auto id = released_to_ru();
  (void)dispatched(dispatches());
  Exchange exchange(ru_.node(), network_, {});
  ASSERT_TRUE(exchange.opened("cn-example", line_, false));
  received(exchange, "cn-example", frame_of(id));
  EXPECT_EQ(held_by_ru(), 0u);
  auto frame = frame_of(id);
  frame.heartbeat.emplace();
  received(exchange, "cn-example", frame);
  EXPECT_EQ(held_by_ru(), 1u);
  exchange.closed("cn-example", line_);
}

TEST_F(MeetingTest, TakesNothingMoreWhileWhatItShowsCannotBeComparedAndSaysSo) {
  const auto id = released_to_ru();
  (void)dispatched(dispatches());
  Exchange exchange(ru_.node(), network_, {});
  ASSERT_TRUE(exchange.opened("cn-example", line_, false));
  received(exchange, "cn-example", with_note(note(cn_, 9, "one")));
  EXPECT_EQ(exchange.status("cn-example").last_error, "");
  received(exchange, "cn-example", with_note("none"));
  EXPECT_EQ(exchange.status("cn-example").last_error, "history");
  received(exchange, "cn-example", frame_of(id));
  EXPECT_EQ(held_by_ru(), 0u);
  received(exchange, "cn-example", with_note(note(cn_, 9, "one")));
  EXPECT_EQ(exchange.status("cn-example").last_error, "");
  received(exchange, "cn-example", frame_of(id));
  EXPECT_EQ(held_by_ru(), 1u);
  EXPECT_FALSE(ru_.store().suspended());
  exchange.closed("cn-example", line_);
}

}  // namespace
}  // namespace chancery::service
