#include "client/dissemination_text.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace chancery::client {
namespace {

class DisseminationTextTest : public testing::Test {
 protected:
  void delivered_to(const std::string& recipient, const std::string& stage) {
    auto& delivery = *response_.mutable_message()->add_deliveries();
    delivery.set_recipient(recipient);
    delivery.set_stage(stage);
    delivery.set_time("t0");
  }

  v1::TransferView& passed(const std::string& holder, const std::string& receiver, const std::string& state) {
    auto& transfer = *response_.add_transfers();
    transfer.set_holder(holder);
    transfer.set_receiver(receiver);
    transfer.set_state(state);
    transfer.set_time("t1");
    return transfer;
  }

  std::string text() { return dissemination_text(response_, *Catalogue::load(CHANCERY_SOURCE_DIR "/config", "en")); }

  v1::ShowDisseminationResponse response_;
};

TEST_F(DisseminationTextTest, NestsWhatEachHolderPassedOn) {
  delivered_to("ru-example", "read");
  delivered_to("uz-example", "delivered");
  auto& first = passed("ru-example", "kz-example", "held");
  first.set_relation("forwards");
  first.set_grant_number("CN-2026-0005");
  passed("kz-example", "kg-example", "locked").set_relation("quotes");
  response_.mutable_message()->set_number("CN-2026-0004");
  auto& refused = passed("ru-example", "tj-example", "refused");
  refused.set_grant(std::string(12, '0') + "77aa88bb99" + std::string(42, '0'));
  refused.set_reason("E-CONSENT-REQUIRED");
  EXPECT_EQ(text(),
            "WHO             STATE      TIME  HOW       PERMISSION    REASONS\n"
            "ru-example      read       t0    -         -             -\n"
            "  kz-example    held       t1    forwards  CN-2026-0005  -\n"
            "    kg-example  locked     t1    quotes    -             -\n"
            "  tj-example    refused    t1    -         77aa88bb99    E-CONSENT-REQUIRED  CN-2026-0004 may not be "
            "passed on to "
            "tj-example\n"
            "uz-example      delivered  t0    -         -             -\n");
}

TEST_F(DisseminationTextTest, ShowsAHolderOfWhomNothingIsKnownAtTheEnd) {
  delivered_to("ru-example", "read");
  passed("xx-example", "kz-example", "held");
  EXPECT_EQ(text(),
            "WHO           STATE  TIME  HOW  PERMISSION  REASONS\n"
            "ru-example    read   t0    -    -           -\n"
            "xx-example    -      -     -    -           -\n"
            "  kz-example  held   t1    -    -           -\n");
}

TEST_F(DisseminationTextTest, ShowsEveryStepOnceThoughTheyGoInACircle) {
  delivered_to("ru-example", "read");
  passed("ru-example", "kz-example", "held");
  passed("kz-example", "ru-example", "held");
  passed("ru-example", "ru-example", "held");
  const auto shown = text();
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 5) << shown;
}

TEST_F(DisseminationTextTest, NamesEachReceiverOnce) {
  passed("ru-example", "kz-example", "held");
  passed("ru-example", "tj-example", "held");
  passed("uz-example", "kz-example", "held");
  EXPECT_EQ(receivers_of(response_), (std::vector<std::string>{"kz-example", "tj-example"}));
}

TEST_F(DisseminationTextTest, TellsOfHowManyCopiesWhatIsKnownAndWhoHasNotAnswered) {
  delivered_to("ru-example", "read");
  passed("ru-example", "kz-example", "held").set_waiting_hours(26);
  passed("ru-example", "tj-example", "retained").set_ground("archives-act/17\x1b[2J");
  auto& coverage = *response_.mutable_coverage();
  coverage.set_copies(4);
  coverage.set_locked(1);
  coverage.set_erased(1);
  coverage.set_retained(1);
  coverage.set_unanswered(1);
  const auto shown = text();
  EXPECT_NE(shown.find("no answer for 26 h"), std::string::npos) << shown;
  EXPECT_NE(shown.find("archives-act/17"), std::string::npos) << shown;
  EXPECT_EQ(shown.find('\x1b'), std::string::npos) << shown;
  EXPECT_NE(shown.find("\ncopies that may no longer be used: 4; locked 1, erased 1, retained 1, not answered 1\n"
                       "not complete yet: "),
            std::string::npos)
      << shown;
  coverage.set_complete(true);
  EXPECT_NE(text().find("the revocation is complete: "), std::string::npos) << text();
}

TEST_F(DisseminationTextTest, SaysUntilWhenARevocationMayNotReachAStep) {
  delivered_to("ru-example", "read");
  passed("ru-example", "kz-example", "held").set_detached_until("t9");
  EXPECT_NE(text().find("used without asking; a revocation may not reach it until t9"), std::string::npos) << text();
}

TEST_F(DisseminationTextTest, SaysInWordsThatAPermitIsAwaited) {
  delivered_to("ru-example", "queued");
  response_.mutable_message()->mutable_deliveries(0)->set_waiting_for("E-PERMIT-AWAITED");
  EXPECT_NE(text().find("the original provider's permit"), std::string::npos) << text();
}

}  // namespace
}  // namespace chancery::client
