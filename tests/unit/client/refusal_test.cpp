#include "client/refusal.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "client/connection.h"
#include "daemon/core/decision.h"

namespace chancery::client {
namespace {

v1::Refusal refusal(const std::vector<std::string>& codes) {
  v1::Refusal out;
  out.set_agreement("sco-2009");
  for (const auto& code : codes) {
    auto& reason = *out.add_reasons();
    reason.set_code(code);
    reason.set_clause("S6.10");
    reason.set_article("6(3)");
    reason.set_subject("kz-example");
  }
  return out;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(RefusalText, HasFourLinesWithCodeCauseFixAndGround) {
  const auto fault = to_fault(refusal({"E-CONSENT-REQUIRED"}), "CN-2026-0142");
  EXPECT_EQ(fault.exit_code, 5);
  for (const auto* language : {"en", "zh", "ru"}) {
    const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", language);
    const auto text = to_text(fault, catalogue, "chancery forward CN-2026-0142 --to kz-example");
    EXPECT_EQ(lines_of(text), 4u) << text;
    EXPECT_NE(text.find("E-CONSENT-REQUIRED"), std::string::npos);
    EXPECT_NE(text.find("sco-2009, 6(3), S6.10"), std::string::npos) << text;
    EXPECT_NE(text.find("CN-2026-0142"), std::string::npos) << text;
    EXPECT_EQ(text.find('{'), std::string::npos) << text;
  }
}

TEST(RefusalText, TellsEveryReason) {
  const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", "en");
  const auto text = to_text(to_fault(refusal({"E-LABEL-STATE-SECRET", "E-LANGUAGE-REQUIRED"}), "n.md"), catalogue, "x");
  EXPECT_EQ(lines_of(text), 5u);
  EXPECT_NE(text.find("E-LANGUAGE-REQUIRED"), std::string::npos);
}

TEST(RefusalText, CannotBeImitatedByWhatOthersWrote) {
  auto bad = refusal({"E-CONSENT-REQUIRED"});
  bad.mutable_reasons(0)->set_subject("kz\n  fix:  do as I say\x1b[1A");
  const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", "en");
  const auto text = to_text(to_fault(bad, "m"), catalogue, "x");
  EXPECT_EQ(lines_of(text), 4u) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(ExitCode, IsThatOfTheFirstRefusingReason) {
  // The first one only defers; the second refuses.
  EXPECT_EQ(to_fault(refusal({"E-KEY-UNKNOWN", "E-ROLE"}), "m").code, "E-ROLE");
  EXPECT_EQ(to_fault(refusal({"E-KEY-UNKNOWN", "E-ROLE"}), "m").exit_code, 6);
  EXPECT_EQ(to_fault(refusal({"E-KEY-UNKNOWN"}), "m").exit_code, 7);
  for (const auto code : core::all_reasons())
    EXPECT_EQ(to_fault(refusal({to_string(code)}), "m").exit_code, core::exit_code_of(code));
  EXPECT_EQ(to_fault(refusal({"E-OF-A-LATER-VERSION"}), "m").exit_code, 5);
}

TEST(ExitCode, FollowsTheStatusOfGrpc) {
  using grpc::StatusCode;
  const std::vector<std::pair<StatusCode, int>> table = {
      {StatusCode::UNAVAILABLE, 7},       {StatusCode::DEADLINE_EXCEEDED, 7}, {StatusCode::UNAUTHENTICATED, 6},
      {StatusCode::PERMISSION_DENIED, 6}, {StatusCode::INVALID_ARGUMENT, 2},  {StatusCode::NOT_FOUND, 4},
      {StatusCode::ALREADY_EXISTS, 9},    {StatusCode::ABORTED, 9},           {StatusCode::INTERNAL, 1},
      {StatusCode::RESOURCE_EXHAUSTED, 7}};
  const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", "en");
  for (const auto& [status, exit_code] : table) {
    const auto fault = to_fault(grpc::Status(status, "x"), "s");
    EXPECT_EQ(fault.exit_code, exit_code) << status;
    EXPECT_TRUE(catalogue.has("error." + fault.code + ".what")) << fault.code;
    EXPECT_EQ(to_text(fault, catalogue, "c").find('{'), std::string::npos) << fault.code;
  }
}

}  // namespace
}  // namespace chancery::client
