#include "daemon/wire/body.h"

#include <gmock/gmock.h>

#include "chancery/v1/message.pb.h"

namespace chancery::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Part text_part(const std::string& language, const std::string& body = "Text.") {
  v1::Part part;
  part.mutable_text()->set_language(language);
  part.mutable_text()->set_status(v1::TEXT_STATUS_ORIGINAL);
  part.mutable_text()->set_title("Title");
  part.mutable_text()->set_body(body);
  return part;
}

std::string refusal(const std::vector<Bytes>& parts) {
  const auto parsed = parse_body(parts);
  return parsed.has_value() ? "accepted" : parsed.error().detail;
}

std::string refusal(const v1::Part& part) { return refusal({part_bytes(part)}); }

TEST(ParseBody, FindsLanguagesSortedAndTheNumber) {
  const auto parsed = parse_body(
      std::vector<Bytes>{part_bytes(text_part("zh")), part_bytes(text_part("ru")), registry_part("CN-2026-0142")});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_THAT(parsed->opened.languages, ElementsAre("ru", "zh"));
  EXPECT_EQ(parsed->number, "CN-2026-0142");
}

TEST(ParseBody, WritesTheRegistryPartInTheseBytes) {
  // Part field 3, RegistryNumber field 1, both length-delimited (protobuf encoding).
  EXPECT_EQ(to_hex(registry_part("CN-2026-0001")), "1a0e0a0c" + to_hex(as_bytes("CN-2026-0001")));
}

TEST(ParseBody, TakesNotesAndIndicators) {
  v1::Part indicators;
  auto& one = *indicators.mutable_indicators()->add_indicators();
  one.set_type("ipv4");
  one.set_value("192.0.2.7");
  v1::Part note;
  note.mutable_note()->set_purpose("cover");
  note.mutable_note()->set_language("en");
  note.mutable_note()->set_text("Line\nand line");
  EXPECT_EQ(refusal({part_bytes(indicators), part_bytes(note)}), "accepted");
}

TEST(ParseBody, RefusesTwoTextsInOneLanguage) {
  EXPECT_THAT(refusal({part_bytes(text_part("ru")), part_bytes(text_part("ru", "Other."))}),
              HasSubstr("two texts in one language"));
}

TEST(ParseBody, RefusesTwoNumbers) {
  EXPECT_THAT(refusal({registry_part("CN-2026-0001"), registry_part("CN-2026-0002")}), HasSubstr("two of them"));
}

TEST(ParseBody, RefusesANumberThatCouldBeTakenForAnId) {
  for (const auto* name : {"110e98d9ad", "A-1", "CN-2026-1", "", "CN-2026-0142 "})
    EXPECT_THAT(refusal({part_bytes(text_part("ru")), registry_part(name)}), HasSubstr("not a number")) << name;
}

v1::Part attachment_part(const std::string& name = "traffic.pcap") {
  v1::Part part;
  auto& manifest = *part.mutable_attachment();
  manifest.set_name(name);
  manifest.set_media_type("application/vnd.tcpdump.pcap");
  manifest.set_size(300'000);
  manifest.set_key(std::string(32, 'k'));
  manifest.set_plaintext_root(std::string(32, 'p'));
  manifest.set_ciphertext_root(std::string(32, 'c'));
  return part;
}

TEST(ParseBody, ReadsAttachmentsAndTheLinesTheyBelongTo) {
  const auto body = parse_body(std::vector{part_bytes(text_part("ru")), part_bytes(attachment_part())});
  ASSERT_TRUE(body.has_value());
  ASSERT_EQ(body->attachments.size(), 1u);
  const auto& manifest = body->attachments.front();
  EXPECT_EQ(manifest.name, "traffic.pcap");
  EXPECT_EQ(manifest.line.length, 300'000u + 2 * 16);
  EXPECT_EQ(to_string(manifest.line.cipher_root), "sha256:" + to_hex(Bytes(32, 'c')));
  EXPECT_EQ(manifest_part(manifest), part_bytes(attachment_part()));
}

TEST(ParseBody, RefusesAnAttachmentThatLeadsOutOfItsFolder) {
  for (const auto* name : {"", ".", "..", "a/b", "/etc/passwd", "../a", "a\nb", "\x1b[2J"})
    EXPECT_THAT(refusal(attachment_part(name)), HasSubstr("attachment.name")) << name;
  EXPECT_TRUE(is_file_name("..."));
  EXPECT_TRUE(is_file_name("донесение 7.pdf"));
}

TEST(ParseBody, RefusesAnAttachmentThatCannotBeOpened) {
  auto part = attachment_part();
  part.mutable_attachment()->set_key("short");
  EXPECT_THAT(refusal(part), HasSubstr("attachment.key"));
  part = attachment_part();
  part.mutable_attachment()->set_size((std::uint64_t{16} << 30) + 1);
  EXPECT_THAT(refusal(part), HasSubstr("attachment.size"));
  part = attachment_part();
  part.mutable_attachment()->set_ciphertext_root("short");
  EXPECT_THAT(refusal(part), HasSubstr("attachment.ciphertext_root"));
  part = attachment_part();
  part.mutable_attachment()->set_media_type("text/html; charset=utf-8");
  EXPECT_THAT(refusal(part), HasSubstr("attachment.media_type"));
  EXPECT_THAT(refusal({part_bytes(attachment_part()), part_bytes(attachment_part())}), HasSubstr("one twice"));
}

TEST(ParseBody, RefusesPartsWithoutContent) {
  EXPECT_THAT(refusal({Bytes()}), HasSubstr("no content"));
  EXPECT_THAT(refusal({to_bytes("not protobuf")}), HasSubstr("part"));
}

TEST(ParseBody, RefusesUnknownFieldsAndOtherSpellings) {
  auto bytes = part_bytes(text_part("ru"));
  auto unknown = bytes;
  append(unknown, Bytes{0xf8, 0x07, 0x01});  // field 127
  EXPECT_THAT(refusal({unknown}), HasSubstr("spelling"));
  auto twice = bytes;
  append(twice, bytes);
  EXPECT_THAT(refusal({twice}), HasSubstr("spelling"));
}

TEST(ParseBody, RefusesWrongFormsAndNamesTheField) {
  EXPECT_THAT(refusal(text_part("RU")), HasSubstr("text.language"));
  EXPECT_THAT(refusal(text_part("ru", "bell\a")), HasSubstr("text.body"));
  auto part = text_part("ru");
  part.mutable_text()->set_title("two\nlines");
  EXPECT_THAT(refusal(part), HasSubstr("text.title"));
  part = text_part("ru");
  part.mutable_text()->set_status(static_cast<v1::TextStatus>(99));
  EXPECT_THAT(refusal(part), HasSubstr("text.status"));
}

TEST(ParseBody, RefusesMoreThanOneMebibyteTogether) {
  const std::string half(kMaxInlineParts / 2, 'a');
  EXPECT_THAT(refusal({part_bytes(text_part("ru", half)), part_bytes(text_part("zh", half))}), HasSubstr("too large"));
}

// RFC 3629 section 4, and the examples of Unicode 15 table 3-7.
TEST(IsPlainText, FollowsUtf8) {
  for (const auto* good : {"", "a", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "限制传播"})
    EXPECT_TRUE(is_plain_text(good, Lines::one)) << to_hex(as_bytes(good));
  for (const auto* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "a\xff"})
    EXPECT_FALSE(is_plain_text(bad, Lines::many)) << to_hex(as_bytes(bad));
}

TEST(IsPlainText, KnowsControlCharacters) {
  EXPECT_TRUE(is_plain_text("a\n\tb", Lines::many));
  EXPECT_FALSE(is_plain_text("a\nb", Lines::one));
  for (const auto* bad : {"\r", "\x1b[2J", "\x7f", "\xc2\x80", "\xc2\x9f"})
    EXPECT_FALSE(is_plain_text(bad, Lines::many)) << to_hex(as_bytes(bad));
  EXPECT_FALSE(is_plain_text(std::string_view("\0", 1), Lines::many));
}

}  // namespace
}  // namespace chancery::wire
