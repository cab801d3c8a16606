#include "daemon/wire/draft.h"

#include <gmock/gmock.h>

#include <map>

#include "chancery/v1/desk.pb.h"
#include "daemon/wire/body.h"

namespace chancery::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

core::MessageId some_id(std::uint8_t first = 1) {
  core::MessageId id;
  id.value[0] = first;
  return id;
}

// Knows one message by one name.
Result<core::MessageId> resolve(std::string_view name) {
  if (name == "CN-2026-0001") return some_id();
  if (name == "ab12") return fail(Errc::conflict, "several");
  const auto id = core::parse_message_id(name);
  if (id.has_value()) return *id;
  return fail(Errc::not_found, "none");
}

void add_text(v1::Draft& draft, const std::string& language) {
  auto& text = *draft.add_texts();
  text.set_language(language);
  text.set_status(v1::TEXT_STATUS_ORIGINAL);
  text.set_body("Text in " + language);
}

v1::Draft full_draft() {
  v1::Draft d;
  for (const auto* recipient : {"ru-example", "kz-example"}) d.add_recipients(recipient);
  d.set_agreement("sco-2009");
  d.set_kind("threat-notice");
  d.add_directions("sco-2009/3/5");
  d.add_threats("sco-2009/2/3");
  d.set_label("restricted");
  d.set_review("2027-01-01");
  d.add_categories("network");
  d.add_releasable_to("kz-example");
  d.set_precedence("immediate");
  d.set_exercise(true);
  d.set_expires("2026-12-22T06:00:03.125Z");
  d.set_thread("CN-2026-0001");
  d.set_in_reply_to("CN-2026-0001");
  d.set_supersedes("CN-2026-0001");
  d.add_providers("by-example");
  auto& source = *d.add_sources();
  source.set_message("CN-2026-0001");
  source.set_relation("quotes");
  source.set_extent("0,2");
  auto& fact = *d.add_facts();
  fact.set_name("original");
  fact.set_value(core::to_string(some_id()));
  add_text(d, "zh");
  add_text(d, "ru");
  auto& indicator = *d.add_indicators();
  indicator.set_type("ipv4");
  indicator.set_value("192.0.2.7");
  auto& note = *d.add_notes();
  note.set_purpose("cover");
  note.set_language("en");
  note.set_text("Please see below.");
  return d;
}

// Nothing optional is there.
v1::Draft short_draft() {
  v1::Draft d;
  d.add_recipients("ru-example");
  d.set_agreement("sco-2009");
  d.set_kind("information");
  return d;
}

std::string refusal(const v1::Draft& draft) {
  const auto read = to_draft(draft, resolve);
  return read.has_value() ? "accepted" : std::string(to_string(read.error().code)) + " " + read.error().detail;
}

TEST(ToDraft, TakesEveryField) {
  const auto d = to_draft(full_draft(), resolve);
  ASSERT_TRUE(d.has_value()) << d.error().detail;
  EXPECT_THAT(d->recipients, ElementsAre("kz-example", "ru-example"));
  EXPECT_EQ(d->classification, "restricted");
  EXPECT_EQ(d->precedence, core::Precedence::immediate);
  EXPECT_EQ(d->thread, some_id());
  EXPECT_THAT(d->sources, ElementsAre(core::DraftSource{some_id(), core::Relation::quotes, {{0, 2}}}));
  EXPECT_THAT(d->languages, ElementsAre("ru", "zh"));
}

TEST(ToDraft, OrdersPartsTextsByLanguageThenIndicatorsThenNotes) {
  const auto d = to_draft(full_draft(), resolve);
  ASSERT_TRUE(d.has_value());
  std::vector<std::string> seen;
  for (const auto& bytes : d->parts) {
    v1::Part part;
    ASSERT_TRUE(read_part(bytes, part).has_value());
    seen.push_back(part.has_text() ? part.text().language() : part.has_indicators() ? "indicators" : "note");
  }
  EXPECT_THAT(seen, ElementsAre("ru", "zh", "indicators", "note"));
}

TEST(ToDraft, MakesPartsThatParseAsABody) {
  auto parts = to_draft(full_draft(), resolve).value().parts;
  parts.push_back(registry_part("CN-2026-0001"));
  const auto body = parse_body(parts);
  ASSERT_TRUE(body.has_value()) << body.error().detail;
  EXPECT_THAT(body->opened.languages, ElementsAre("ru", "zh"));
}

TEST(ToDraft, ReadsBackWhatItWrites) {
  for (const auto& draft : {full_draft(), short_draft()}) {
    const auto read = to_draft(draft, resolve).value();
    const auto again = decode_draft(encode_draft(read), full_id);
    ASSERT_TRUE(again.has_value()) << again.error().detail;
    EXPECT_EQ(*again, read);
  }
}

TEST(ToDraft, DigestsItsParts) {
  const auto d = to_draft(full_draft(), resolve).value();
  EXPECT_EQ(part_digests(d).size(), 4u);
  EXPECT_EQ(part_digests(d)[0], crypto::sha256(d.parts[0]));
}

TEST(ToDraft, NamesTheFieldThatIsMalformed) {
  using Change = std::function<void(v1::Draft&)>;
  const std::map<std::string, Change> changes = {
      {"draft.recipients", [](auto& d) { d.clear_recipients(); }},
      {"draft.recipients[2]", [](auto& d) { d.set_recipients(1, "KZ"); }},
      {"draft.agreement", [](auto& d) { d.set_agreement("SCO 2009"); }},
      {"draft.kind", [](auto& d) { d.set_kind(""); }},
      {"draft.directions[1]", [](auto& d) { d.set_directions(0, "Three"); }},
      {"draft.threats[1]", [](auto& d) { d.set_threats(0, "a\nb"); }},
      {"draft.label", [](auto& d) { d.set_label("Restricted"); }},
      {"draft.review", [](auto& d) { d.set_review("2027-02-30"); }},
      {"draft.categories[1]", [](auto& d) { d.set_categories(0, "a b"); }},
      {"draft.releasable_to[1]", [](auto& d) { d.set_releasable_to(0, "-"); }},
      {"draft.precedence", [](auto& d) { d.set_precedence("soon"); }},
      {"draft.expires", [](auto& d) { d.set_expires("tomorrow"); }},
      {"draft.thread", [](auto& d) { d.set_thread("a b"); }},
      {"draft.providers[1]", [](auto& d) { d.set_providers(0, "x"); }},
      {"draft.providers", [](auto& d) { d.set_kind("consent-request"); }},
      {"draft.sources[1].relation", [](auto& d) { d.mutable_sources(0)->set_relation("copies"); }},
      {"draft.sources[1].extent", [](auto& d) { d.mutable_sources(0)->set_extent("2,0"); }},
      {"draft.sources[1].message", [](auto& d) { d.mutable_sources(0)->set_message(""); }},
      {"draft.facts[1]", [](auto& d) { d.mutable_facts(0)->set_name("wrap"); }},
      {"draft.facts[1]", [](auto& d) { d.mutable_facts(0)->set_name("reissue-of"); }},
      {"draft.texts", [](auto& d) { d.mutable_texts(0)->set_language("ru"); }},
      {"draft.indicators", [](auto& d) { d.mutable_indicators(0)->set_value("\x1b"); }},
      {"draft.notes[1]", [](auto& d) { d.mutable_notes(0)->set_purpose(""); }},
  };
  for (const auto& [field, change] : changes) {
    auto draft = full_draft();
    change(draft);
    EXPECT_THAT(refusal(draft), ::testing::StartsWith("malformed " + field + ":"));
  }
}

TEST(ToDraft, SaysWhichNamesDoNotResolve) {
  auto draft = full_draft();
  draft.set_thread("RU-2026-0009");
  EXPECT_THAT(refusal(draft), HasSubstr("not_found"));
  draft.set_thread("ab12");
  EXPECT_THAT(refusal(draft), HasSubstr("conflict"));
}

TEST(ToDraft, HoldsItsLimits) {
  auto draft = short_draft();
  draft.clear_recipients();
  for (int i = 0; i < 65; ++i) draft.add_recipients("ru-" + std::to_string(i));
  EXPECT_THAT(refusal(draft), HasSubstr("recipients: too many"));
  draft = short_draft();
  add_text(draft, "ru");
  draft.mutable_texts(0)->set_body(std::string(kMaxInlineParts, 'a'));
  EXPECT_THAT(refusal(draft), HasSubstr("draft.texts"));
  draft = short_draft();
  for (int i = 0; i < 256; ++i) draft.add_directions(std::string(300, 'a') + std::to_string(i));
  EXPECT_THAT(refusal(draft), HasSubstr("64 KiB"));
}

TEST(ToDraft, RefusesUnknownFieldsAnywhere) {
  auto bytes = carried_bytes(short_draft());
  append(bytes, Bytes{0xf8, 0x07, 0x01});  // field 127
  EXPECT_EQ(decode_draft(bytes, resolve).error().code, Errc::malformed);
  auto draft = full_draft();
  ASSERT_TRUE(draft.mutable_texts(0)->MergeFromString(std::string("\xf8\x07\x01", 3)));
  EXPECT_THAT(refusal(draft), HasSubstr("unknown fields"));
}

TEST(DecodeDraft, NeverThrowsOnAnyTruncation) {
  const auto bytes = carried_bytes(full_draft());
  for (std::size_t n = 0; n < bytes.size(); ++n) (void)decode_draft(BytesView(bytes).first(n), resolve);
  EXPECT_TRUE(decode_draft(bytes, resolve).has_value());
}

}  // namespace
}  // namespace chancery::wire
