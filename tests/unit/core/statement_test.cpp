#include "daemon/core/statement.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "tests/unit/core/mutations.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

constexpr std::string_view kFirst = "chancery/test/v1";

std::string test_statement(std::string_view lines) { return std::string(kFirst) + "\n" + std::string(lines); }

TEST(StatementWriter, WritesOneNameAndValueALine) {
  StatementWriter out(kFirst);
  out.line("kind", "forward").line("expires", "").list("recipients", {"kz-example", "ru-example"}).list("threats", {});
  EXPECT_EQ(out.text(), "chancery/test/v1\nkind forward\nexpires -\nrecipients kz-example ru-example\nthreats -\n");
}

TEST(StatementReader, ReadsWhatTheWriterWrote) {
  const auto text = test_statement("kind forward\nexpires -\nrecipients kz-example ru-example\nthreats -\n");
  auto in = StatementReader::open(text, kFirst).value();
  EXPECT_EQ(in.value("kind").value(), "forward");
  EXPECT_EQ(in.line("expires").value(), "-");
  EXPECT_FALSE(in.end().has_value());
  EXPECT_TRUE(in.next_is("recipients"));
  EXPECT_FALSE(in.next_is("recipient"));
  EXPECT_EQ(in.list("recipients").value(), (std::vector<std::string>{"kz-example", "ru-example"}));
  EXPECT_TRUE(in.list("threats").value().empty());
  EXPECT_FALSE(in.next_is("threats"));
  EXPECT_TRUE(in.end().has_value());
}

TEST(StatementReader, NamesTheLineThatIsWrong) {
  const auto text = test_statement("a 1\nb 2\nc -\n");
  auto in = StatementReader::open(text, kFirst).value();
  EXPECT_TRUE(in.value("a").has_value());
  EXPECT_EQ(in.value("x").error().detail, "line 3: x: expected here");
  auto again = StatementReader::open(text, kFirst).value();
  EXPECT_TRUE(again.value("a").has_value() && again.value("b").has_value());
  EXPECT_EQ(again.end().error().detail, "line 4: nothing may stand here");
  EXPECT_EQ(again.value("c").error().detail, "line 4: c: must not be empty");
}

TEST(StatementReader, RefusesListsThatAreNotSortedOrNotUnique) {
  for (const auto* value : {"b a", "a a", "a  b", "a a b", "- a", "a -", "B a A", "a b c b"}) {
    const auto text = test_statement("list " + std::string(value) + "\n");
    auto in = StatementReader::open(text, kFirst).value();
    EXPECT_TRUE(malformed(in.tokens("list", is_identifier))) << value;
  }
}

TEST(StatementReader, OpensOnlyItsOwnFirstLine) {
  for (const auto* text :
       {"", "\n", "chancery/test/v1", "chancery/test/v2\n", "chancery/test/v1 \n", "xchancery/test/v1\n",
        "chancery/test/v1\r\n", "chancery/test/v1\na 1", "chancery/test/v1\na \x01\n"})
    EXPECT_TRUE(malformed(StatementReader::open(text, kFirst))) << text;
  EXPECT_TRUE(StatementReader::open("chancery/test/v1\n", kFirst).has_value());
}

TEST(StatementReader, OpensEveryPrintableCharacterAndNoOther) {
  for (int c = 0; c < 256; ++c) {
    const auto text = test_statement("a x" + std::string(1, static_cast<char>(c)) + "x\n");
    EXPECT_EQ(StatementReader::open(text, kFirst).has_value(), c == '\n' || (c >= 0x20 && c <= 0x7e)) << c;
  }
}

TEST(StatementReader, OpensUpToSixtyFourKibibytes) {
  const auto of_size = [](std::size_t size) {
    return test_statement("a " + std::string(size - kFirst.size() - 4, 'x') + "\n");
  };
  ASSERT_EQ(of_size(100).size(), 100U);
  EXPECT_TRUE(StatementReader::open(of_size(65536), kFirst).has_value());
  EXPECT_TRUE(malformed(StatementReader::open(of_size(65537), kFirst)));
}

TEST(KindOf, TellsStatementsApartByTheirFirstLine) {
  EXPECT_EQ(kind_of(sample_message().to_text()).value(), StatementKind::message);
  EXPECT_EQ(kind_of(sample_receipt().to_text()).value(), StatementKind::receipt);
  EXPECT_EQ(kind_of(sample_dispatch().to_text()).value(), StatementKind::dispatch);
  EXPECT_EQ(kind_of(sample_designation().to_text()).value(), StatementKind::designation);
  EXPECT_EQ(kind_of(sample_seal_key().to_text()).value(), StatementKind::seal_key);
  EXPECT_EQ(kind_of(sample_permit().to_text()).value(), StatementKind::permit);
  EXPECT_EQ(kind_of(sample_handling().to_text()).value(), StatementKind::handling);
}

TEST(KindOf, RefusesWhatIsNoStatement) {
  for (const auto* text :
       {"", "chancery/message/v1", "chancery/message/v2\n", "chancery/entry/v1\n", "chancery/batch/v1\n",
        "Chancery/message/v1\n", "chancery/message/v1 \nx", "\nchancery/message/v1\n"})
    EXPECT_TRUE(malformed(kind_of(text))) << text;
  EXPECT_TRUE(malformed(kind_of("chancery/message/v1\n" + std::string(kMaxStatementSize, 'x'))));
}

// A statement of one kind never parses as another.
TEST(Parse, RefusesEveryOtherKind) {
  const std::string texts[] = {sample_message().to_text(),     sample_receipt().to_text(),  sample_dispatch().to_text(),
                               sample_designation().to_text(), sample_seal_key().to_text(), sample_permit().to_text(),
                               sample_entry().to_text()};
  for (const auto& text : texts) {
    const int parsed = Message::parse(text).has_value() + Receipt::parse(text).has_value() +
                       Dispatch::parse(text).has_value() + Designation::parse(text).has_value() +
                       SealKey::parse(text).has_value() + Permit::parse(text).has_value() +
                       JournalEntry::parse(text).has_value();
    EXPECT_EQ(parsed, 1) << text;
  }
}

TEST(ParseNumber, TakesTheOneSpellingOfEachNumber) {
  EXPECT_EQ(parse_number("0").value(), 0U);
  EXPECT_EQ(parse_number("10").value(), 10U);
  EXPECT_EQ(parse_number("9223372036854775807").value(),
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  for (const auto* text : {"", "00", "01", "+1", "-1", "1 ", " 1", "1x", "0x1", "1.0", "1e3", "9223372036854775808",
                           "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "-"})
    EXPECT_TRUE(malformed(parse_number(text))) << text;
}

TEST(ParseVersion, CountsFromOneIn32Bits) {
  EXPECT_EQ(parse_version("1").value(), 1U);
  EXPECT_EQ(parse_version("4294967295").value(), 4294967295U);
  for (const auto* text : {"0", "4294967296", "01", ""}) EXPECT_TRUE(malformed(parse_version(text))) << text;
}

TEST(ParseTime, BeginsIn1970AndHasOneSpelling) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:00.000Z").value().ms, 0);
  for (const auto* text : {"1969-12-31T23:59:59.999Z", "2026-11-22T06:00:03Z", "2026-11-22T06:00:03.12Z",
                           "2026-11-22T06:00:03.125+00:00", "2026-11-22t06:00:03.125z", "2026-02-29T00:00:00.000Z",
                           "2026-11-22T24:00:00.000Z", "2026-11-22 06:00:03.125Z", "2026-11-22T06:00:60.000Z", "-"})
    EXPECT_TRUE(malformed(parse_time(text))) << text;
}

struct FormRow {
  const char* name;
  Form form;
  std::vector<std::string> accepted;
  std::vector<std::string> refused;
};

TEST(Forms, AcceptTheirGrammarAndNothingElse) {
  const FormRow table[] = {
      {"identifier",
       is_identifier,
       {"a", "threat-notice", "x509", "a-"},
       {"", "-", "-a", "1a", "A", "a_b", "a b", "a/b"}},
      {"code", is_code, {"sco-2009/3/16", "0", "a.b/c-d", "2"}, {"", "-", "/a", ".a", "A", "a b", "a_b", "a:b"}},
      {"language", is_language, {"zh", "ru", "kaz"}, {"", "z", "zhzh", "ZH", "z1", "zh-cn", "-"}},
      {"reason",
       is_reason_code,
       {"E-X", "E-CONSENT-REQUIRED"},
       {"", "E-", "E", "e-x", "E-x", "E-X1", "E X", "X-E", "-"}},
      {"date",
       is_date,
       {"2027-01-01", "2028-02-29"},
       {"", "-", "2027-02-29", "2027-1-1", "2027-13-01", "20270101", "2027-01-01T", "2027/01/01", "27-01-01"}},
      {"endpoint",
       is_endpoint,
       {"127.0.0.1:7443", "chancery.ru.example:1", "[::1]:65535", "localhost:7443"},
       {"",     "-",    "a",    "a:",       ":1",   "a:0",      "a:01",   "a:65536", "A:1",        "a_b:1",
        ".a:1", "a.:1", "-a:1", "::1:7443", "[]:1", "[g::1]:1", "[::1:1", "a:1 ",    "http://a:1", "a:1/x"}},
      {"word", is_word, {"x", "!", "peer:cn", "~"}, {"", "-", "a b", "\x7f", "\xc3\xa9", "a\n"}},
  };
  for (const auto& row : table) {
    for (const auto& text : row.accepted) EXPECT_TRUE(row.form(text)) << row.name << ": " << text;
    for (const auto& text : row.refused) EXPECT_FALSE(row.form(text)) << row.name << ": " << text;
  }
}

TEST(Split, KeepsEmptyPartsBetweenSpaces) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("", ','), Parts{""});
  EXPECT_EQ(split("a", ','), Parts{"a"});
  EXPECT_EQ(split("a,,b,", ','), (Parts{"a", "", "b", ""}));
}

// SHA-256(00 || statement), by sha256sum: printf '\0chancery/message/v1\n' | sha256sum
TEST(StatementDigest, IsTheLeafHash) {
  EXPECT_EQ(to_string(statement_digest("chancery/message/v1\n")),
            "sha256:db4e2a738505680ce84a68ebf215948475ab134f6370cc8fa5f9fee869a0d1f7");
}

}  // namespace
}  // namespace chancery::core
