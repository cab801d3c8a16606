#include "client/refusal.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "client/connection.h"
#include "client/help.h"
#include "daemon/core/decision.h"
#include "tests/unit/client/folder.h"

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
  EXPECT_EQ(fault.exit_code(), 5);
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

TEST(RefusalText, ShowsBothPassagesAsTextOfOthers) {
  auto quoted = refusal({"E-QUOTE-UNDECLARED"});
  auto& passage = *quoted.add_passages();
  passage.set_number("IN-2026-0012");
  passage.set_here("one\n\x1b[2Jtwo");
  passage.set_there("three");
  for (const auto* language : {"en", "zh", "ru"}) {
    const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", language);
    const auto text = to_text(to_fault(quoted, "draft.md"), catalogue, "chancery send draft.md");
    EXPECT_NE(text.find("| one\n        | \\u001b[2Jtwo\n"), std::string::npos) << text;
    EXPECT_NE(text.find("IN-2026-0012"), std::string::npos) << text;
    EXPECT_NE(text.find("| three\n"), std::string::npos) << text;
    EXPECT_NE(text.find("## sources"), std::string::npos) << text;
    EXPECT_NE(text.find("## independent"), std::string::npos) << text;
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

const std::vector<std::string> kParts = {"what", "why", "fix"};

std::vector<std::string> every_code() {
  std::vector<std::string> codes;
  for (const auto reason : core::all_reasons()) codes.emplace_back(to_string(reason));
  for (const auto& [code, exit] : own_codes()) codes.push_back(code);
  return codes;
}

// Something the reader of this language reads: an ideograph, a Cyrillic letter, a small Latin one.
bool speaks(const std::string& language, const std::string& text) {
  const auto any = [&](unsigned char from, unsigned char to) {
    return std::any_of(text.begin(), text.end(), [&](char c) {
      return from <= static_cast<unsigned char>(c) && static_cast<unsigned char>(c) <= to;
    });
  };
  if (language == "zh") return any(0xE4, 0xE9);
  if (language == "ru") return any(0xD0, 0xD1);
  return any('a', 'z');
}

TEST(RefusalText, ShowsTheControlsOfAFileAndDoesNotSendThem) {
  const Fault fault{"E-DRAFT", {{"file", "a\x1b.md"}, {"detail", "\x1b[2J"}}, {{"", {}, "b\x1b"}}};
  const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", "en");
  const auto text = to_text(fault, catalogue, "send a\x1b.md");
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_NE(text.find("\\u001b[2J"), std::string::npos) << text;
}

TEST(RefusalText, TellsEveryCodeInEveryLanguageWithCauseAndFix) {
  for (const auto* language : {"en", "zh", "ru"}) {
    const auto catalogue =
        *Catalogue::load_file(std::string(CHANCERY_SOURCE_DIR "/config/i18n/") + language + ".toml", language);
    Params words;
    for (const auto& [key, text] : catalogue.texts())
      if (key.rfind("placeholder.", 0) == 0) words.emplace(key.substr(12), "X");
    for (const auto& code : every_code()) {
      Fault fault{code, words};
      fault.ground = "sco-2009, 6(3), S6.10";
      const auto text = to_text(fault, catalogue, "chancery send");
      EXPECT_EQ(lines_of(text), 4u) << text;
      EXPECT_EQ(text.find('{'), std::string::npos) << text;
      EXPECT_NE(text.find(code + "  "), std::string::npos) << text;
      EXPECT_NE(text.find("chancery explain " + code + " "), std::string::npos) << text;
      EXPECT_NE(text.find(fault.ground), std::string::npos) << text;
      std::string said;
      for (const auto& part : kParts) {
        const auto key = "error." + code + "." + part;
        ASSERT_TRUE(catalogue.has(key)) << language << " " << key;
        EXPECT_FALSE(catalogue.text(key).empty()) << language << " " << key;
        said += catalogue.text(key);
      }
      EXPECT_TRUE(speaks(language, said)) << language << " " << said;
    }
  }
}

// Words for what no code says would never be read.
TEST(RefusalText, HasNoErrorInTheCatalogueThatNobodyRaises) {
  const auto codes = every_code();
  const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", "en");
  for (const auto& [key, text] : catalogue.texts()) {
    if (key.rfind("error.", 0) != 0) continue;
    const auto code = key.substr(6, key.rfind('.') - 6);
    EXPECT_NE(std::find(codes.begin(), codes.end(), code), codes.end()) << code;
  }
}

TEST(ExitCode, IsKnownForEveryCodeTheClientNames) {
  const auto codes = every_code();
  std::set<std::string> named;
  const std::regex pattern("\"(E-[A-Z-]+)\"");
  for (const auto& file : std::filesystem::recursive_directory_iterator(CHANCERY_SOURCE_DIR "/client")) {
    if (file.path().extension() != ".cpp" || file.path().filename() == "fault.cpp") continue;
    const auto source = test::slurp(file.path().string());
    for (std::sregex_iterator at(source.begin(), source.end(), pattern), end; at != end; ++at) named.insert((*at)[1]);
  }
  for (const auto& code : named) EXPECT_NE(std::find(codes.begin(), codes.end(), code), codes.end()) << code;
  for (const auto& [code, exit] : own_codes())
    EXPECT_TRUE(named.contains(code) || code == "E-DATA") << code << " is raised nowhere";
}

TEST(ErrorHelp, ExplainsEveryCodeWithoutRawPlaceholders) {
  for (const auto* language : {"en", "zh", "ru"}) {
    const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", language);
    EXPECT_EQ(errors_help(catalogue).find('{'), std::string::npos);
    for (const auto& code : every_code()) {
      EXPECT_EQ(lines_of(error_help(code, catalogue)), 3u) << code;
      EXPECT_EQ(error_help(code, catalogue).find('{'), std::string::npos) << error_help(code, catalogue);
    }
  }
}

TEST(RefusalText, TellsWhatTheSystemSaidInTheLanguageOfTheReader) {
  const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", "zh");
  const auto status = grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                   "failed to connect to all addresses; last error: UNKNOWN: unix:/x: No such file or "
                                   "directory");
  const auto text = to_text(to_fault(status, "/x", {"inbox", ""}), catalogue, "chancery inbox");
  EXPECT_EQ(text.find("failed to connect"), std::string::npos) << text;
  EXPECT_EQ(text.find("No such file"), std::string::npos) << text;
}

TEST(ExitCode, IsThatOfTheFirstRefusingReason) {
  // The first one only defers; the second refuses.
  EXPECT_EQ(to_fault(refusal({"E-KEY-UNKNOWN", "E-ROLE"}), "m").code, "E-ROLE");
  EXPECT_EQ(to_fault(refusal({"E-KEY-UNKNOWN", "E-ROLE"}), "m").exit_code(), 6);
  EXPECT_EQ(to_fault(refusal({"E-KEY-UNKNOWN"}), "m").exit_code(), 7);
  for (const auto code : core::all_reasons())
    EXPECT_EQ(to_fault(refusal({to_string(code)}), "m").exit_code(), core::exit_code_of(code));
  EXPECT_EQ(to_fault(refusal({"E-OF-A-LATER-VERSION"}), "m").exit_code(), 5);
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
    const auto fault = to_fault(grpc::Status(status, "x"), "s", {"inbox", ""});
    EXPECT_EQ(fault.exit_code(), exit_code) << status;
    EXPECT_TRUE(catalogue.has("error." + fault.code + ".what")) << fault.code;
    EXPECT_EQ(to_text(fault, catalogue, "c").find('{'), std::string::npos) << fault.code;
  }
}

}  // namespace
}  // namespace chancery::client
