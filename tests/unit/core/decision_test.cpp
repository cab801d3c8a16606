#include "daemon/core/decision.h"

#include <gtest/gtest.h>

#include <set>

#include "daemon/core/form.h"

namespace chancery::core {
namespace {

TEST(ReasonCode, HasOneWellFormedCodeEachThatParsesBack) {
  std::set<std::string> codes;
  for (const auto reason : all_reasons()) {
    EXPECT_TRUE(is_reason_code(to_string(reason)));
    EXPECT_EQ(parse_reason(to_string(reason)).value(), reason);
    EXPECT_TRUE(codes.insert(to_string(reason)).second) << to_string(reason);
  }
  EXPECT_FALSE(parse_reason("E-NO-SUCH-REASON").has_value());
  EXPECT_FALSE(parse_reason("").has_value());
}

TEST(ReasonCode, DefersExactlyWhatTheProtocolRetries) {
  std::set<std::string> deferred;
  for (const auto reason : all_reasons())
    if (outcome_of(reason) == Verdict::defer) deferred.insert(to_string(reason));
  // Protocol section 5: unknown key, designation, policy or data version, `created` ahead, disk full, attachment
  // incomplete. Section 8: a forward waits for its permit. What waits for a peer that is parked stays.
  EXPECT_EQ(deferred,
            (std::set<std::string>{
                "E-KEY-UNKNOWN", "E-DESIGNATION-UNKNOWN", "E-LABEL-POLICY-UNKNOWN", "E-AGREEMENT-VERSION",
                "E-CLOCK-AHEAD", "E-DISK-FULL", "E-NOT-NOW", "E-ATTACHMENT-INCOMPLETE", "E-PERMIT-AWAITED",
                "E-CRYPTO-POLICY", "E-SUITE-NOT-ALLOWED", "E-JOINT-PARTIES", "E-PEER-SUSPENDED", "E-DESIGNATION-ENDED",
                "E-CERTIFICATE-ENDED", "E-REVOCATION-STALE", "E-SIGN-KEY-AWAY", "E-SIGN-KEY-ENDED"}));
}

TEST(ReasonCode, HasAnExitCodeOfTheClient) {
  for (const auto reason : all_reasons()) {
    EXPECT_GE(exit_code_of(reason), 2) << to_string(reason);
    EXPECT_LE(exit_code_of(reason), 9) << to_string(reason);
    EXPECT_NE(exit_code_of(reason), 3) << to_string(reason);
  }
}

TEST(Decision, AllowsWithoutReasonsAndRefusesBeforeItDefers) {
  Decision decision;
  EXPECT_TRUE(decision.allowed());
  EXPECT_EQ(decision.verdict(), Verdict::allow);
  decision.add({ReasonCode::clock_ahead, "", "", ""});
  EXPECT_FALSE(decision.allowed());
  EXPECT_EQ(decision.verdict(), Verdict::defer);
  decision.add({ReasonCode::expired, "", "", ""});
  decision.add({ReasonCode::key_unknown, "", "", ""});
  EXPECT_EQ(decision.verdict(), Verdict::refuse);
}

TEST(Decision, KeepsTheSameReasonOnceAndTheOrder) {
  Decision decision;
  decision.add({ReasonCode::expired, "", "", ""});
  decision.add({ReasonCode::consent_required, "S6.9", "6(3)", "kz-example"});
  decision.add({ReasonCode::expired, "", "", ""});
  decision.add({ReasonCode::consent_required, "S6.9", "6(3)", "ru-example"});
  EXPECT_EQ(decision.reasons().size(), 3u);
  EXPECT_EQ(decision.reasons().front().code, ReasonCode::expired);
  EXPECT_EQ(decision.codes(), (std::vector<std::string>{"E-CONSENT-REQUIRED", "E-EXPIRED"}));
}

}  // namespace
}  // namespace chancery::core
