#include "daemon/service/quotations.h"

#include <fstream>
#include <map>

#include "daemon/service/carried.h"
#include "daemon/wire/draft.h"
#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {
namespace {

using test::DraftOptions;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kSecret =
    "Управляющие узлы размещены у трёх провайдеров; регистрационные данные проверены двумя независимыми путями.";
// The same as somebody may paste it: other case, Latin letters among the Cyrillic ones, another spacing, no dots.
constexpr const char* kRewritten =
    "УПРАВЛЯЮЩИЕ yзлы рaзмещены у трeх прoвайдеров - регистрационныe данные\n\n провeрены двумя нeзависимыми";

constexpr const char* kOther =
    "Сведения о втором канале управления получены из открытых источников и ещё не проверены никем другим.";

// cn wrote something restricted to ru, and ru's officers write.
class QuotationsTest : public DeskTest {
 protected:
  QuotationsTest() : ru_submit_(ru_.node(), recorded_.lanes(), ru_.quotations()) {
    held_ = released({.label = "restricted", .body = kSecret, .indicators = {"192.0.2.7"}});
    deliver(held_);
  }

  static DraftOptions draft(const std::string& body) { return {.recipients = {"cn-example"}, .body = body}; }
  [[nodiscard]] std::string short_id() const { return core::parse_message_id(held_).value().short_text(); }
  Outcome<wire::Accepted> submit(const DraftOptions& options, std::uint64_t number = 1,
                                 const core::User& by = test::officer()) {
    return ru_submit_.submit(by, test::submission(options, number));
  }
  Result<FoundQuotes> look(Quotations& quotations, const DraftOptions& options) {
    const auto resolve = [this](std::string_view name) { return ru_.store().reader().resolve(name); };
    return quotations.look(wire::decode_draft(test::draft_bytes(options), resolve).value());
  }
  static core::MessageId id(const std::string& text) { return core::parse_message_id(text).value(); }
  void act(const std::function<Result<void>(store::Transaction&)>& what) {
    const auto done = ru_.store().run<void>(0, what);
    ASSERT_TRUE(done.has_value()) << done.error().detail;
  }
  static core::JournalEntry entry(core::Act act, const core::MessageId& id) {
    core::JournalEntry out;
    out.actor = "li";
    out.act = act;
    out.message = id;
    return out;
  }
  void erase(const std::string& text) {
    act([&](store::Transaction& tx) { return tx.erase(id(text), "li", entry(core::Act::copy_erased, id(text))); });
  }
  // Of a message of cn, with its key as ru would keep it.
  store::MessageRecord held_by_cn(const std::string& text) {
    auto record = cn_.store().reader().message(id(text)).value();
    const auto key = crypto::open_at_rest(cn_.node().storage_key.view(), record.id.view(), record.sealed_key).value();
    record.sealed_key = crypto::seal_at_rest(ru_.node().storage_key.view(), record.id.view(), key.view(), random_);
    record.direction = store::Direction::carried;
    record.number.clear();
    return record;
  }
  // One part of it alone, as ru would keep it.
  store::MessageRecord part_of(store::MessageRecord record, std::uint32_t part) {
    const auto message = core::Message::parse(record.statement.statement).value();
    const auto one = crypto::narrow(held_extract(ru_.node(), record, message).value(), commitments_of(message),
                                    core::header_digest(record.statement.statement), std::vector{part})
                         .value();
    record.extent.parts = one.extract.parts;
    record.ciphertexts = one.extract.ciphertexts;
    record.omitted = one.extract.omitted;
    record.wraps.clear();
    record.sealed_key = crypto::seal_at_rest(ru_.node().storage_key.view(), record.id.view(), one.keys.view(), random_);
    return record;
  }
  // As the acceptance of a forward keeps it.
  void carry(const store::MessageRecord& record) {
    act([&](store::Transaction& tx) -> Result<void> {
      return tx.record_carried(TRY(with_held_parts(ru_.node(), tx, record)), entry(core::Act::carried, record.id));
    });
  }
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& file : std::filesystem::directory_iterator(ru_.directory() / "quotes")) {
      std::ifstream in(file.path(), std::ios::binary);
      all[file.path().filename()] = std::string(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }
  std::size_t bytes_of_index() const {
    std::size_t all = 0;
    for (const auto& [name, bytes] : files()) all += bytes.size();
    return all;
  }
  std::vector<core::Act> acts_of_ru() {
    std::vector<core::Act> all;
    for (const auto& entry : journal(ru_)) all.push_back(entry.act);
    return all;
  }

  Submit ru_submit_;
  std::string held_;
};

TEST_F(QuotationsTest, HoldsADraftWithTextOfAMessageItDoesNotName) {
  const auto outcome = submit(draft(std::string("По нашим данным ") + kRewritten + " и так далее."));
  EXPECT_THAT(codes_of(outcome), ElementsAre("E-QUOTE-UNDECLARED"));
  const auto& refused = std::get<Refused>(*outcome);
  const auto& reason = refused.decision.reasons().front();
  EXPECT_EQ(reason.subject, short_id());
  EXPECT_EQ(reason.clause, "S6.14");
  EXPECT_THAT(acts_of_ru(), Contains(core::Act::release_refused));
  EXPECT_THAT(ru_.store().reader().list(store::Box::outbox, 0, 10).value(), IsEmpty());
}

TEST_F(QuotationsTest, ShowsBothPassagesAndJournalsThat) {
  const auto outcome = submit(draft(std::string("По нашим данным ") + kRewritten + " и так далее."));
  const auto& passages = std::get<Refused>(*outcome).passages;
  ASSERT_EQ(passages.size(), 1U);
  EXPECT_EQ(core::to_string(passages[0].source), held_);
  EXPECT_THAT(passages[0].number, HasSubstr("IN-2026-"));
  EXPECT_THAT(passages[0].here, HasSubstr("прoвайдеров - регистрационныe"));
  EXPECT_THAT(passages[0].there, HasSubstr("провайдеров; регистрационные"));
  const auto shown = journal(ru_).back();
  EXPECT_EQ(shown.act, core::Act::passage_shown);
  EXPECT_EQ(core::to_string(*shown.message), held_);
  EXPECT_EQ(shown.actor, test::officer().name);
}

TEST_F(QuotationsTest, FindsASentenceThatStandsAsAnIndicator) {
  auto options = draft("Сведения.");
  std::string value;  // one word for whoever reads a draft: no-break spaces
  for (const char c : std::string(kSecret)) value += c == ' ' ? std::string("\u00a0") : std::string(1, c);
  options.indicators = {value};
  const auto preview = value_of(ru_submit_.preview(test::officer(), test::draft_bytes(options)));
  EXPECT_THAT(preview.decision.codes(), ElementsAre("E-QUOTE-UNDECLARED"));
}

TEST_F(QuotationsTest, ShowsThemInThePreviewToo) {
  const auto preview = value_of(ru_submit_.preview(test::officer(), test::draft_bytes(draft(kSecret))));
  EXPECT_THAT(preview.decision.codes(), ElementsAre("E-QUOTE-UNDECLARED"));
  EXPECT_EQ(preview.passages.size(), 1U);
  EXPECT_THAT(acts_of_ru(), Contains(core::Act::passage_shown));
}

TEST_F(QuotationsTest, ShowsNothingToWhoMayNotReadTheSource) {
  const auto outcome = submit(draft(kSecret), 1, test::officer("sun", ""));
  EXPECT_THAT(codes_of(outcome), ElementsAre("E-QUOTE-UNDECLARED"));
  EXPECT_THAT(std::get<Refused>(*outcome).passages, IsEmpty());
  EXPECT_THAT(acts_of_ru(), Not(Contains(core::Act::passage_shown)));
}

TEST_F(QuotationsTest, LetsGoWhatNamesItsSource) {
  auto options = draft(kSecret);
  options.sources = {{held_, "quotes"}};
  EXPECT_THAT(codes_of(submit(options)), IsEmpty());
}

// Named for the Russian text alone; the Chinese one is a part of its own.
TEST_F(QuotationsTest, LetsGoOfASourceNoMoreThanThePartsThatAreNamed) {
  const std::string chinese = "各控制节点分别部署在三家不同的服务提供商处，注册信息已通过两条独立途径核实。";
  const auto two = released({.label = "restricted", .body = kOther, .in_chinese = chinese}, 3);
  deliver(two);
  auto options = draft(kOther);
  options.sources = {{two, "quotes"}};
  options.extent = "0";
  EXPECT_THAT(codes_of(submit(options)), IsEmpty());
  options.body = chinese;
  const auto outcome = submit(options, 2);
  EXPECT_THAT(codes_of(outcome), ElementsAre("E-QUOTE-UNDECLARED"));
  EXPECT_THAT(std::get<Refused>(*outcome).passages.at(0).there, HasSubstr("各控制节点"));
  options.extent = "0,1";
  EXPECT_THAT(codes_of(submit(options, 3)), IsEmpty());
}

TEST_F(QuotationsTest, LetsGoNoIndicatorOfAPartThatIsNotNamed) {
  auto options = draft("Ничего общего.");
  options.indicators = {"192.0.2.7"};
  options.sources = {{held_, "quotes"}};
  options.extent = "0";
  EXPECT_THAT(codes_of(submit(options)), ElementsAre("E-QUOTE-UNDECLARED"));
  options.extent = "1";
  EXPECT_THAT(codes_of(submit(options, 2)), IsEmpty());
}

// The quotation ends at the end of the part, and goes on as the next one begins by chance.
TEST_F(QuotationsTest, AskForNoPartOfWhichLessThanARunIsThere) {
  auto options = draft(std::string(kSecret) + " ipv4 192.0.2.7 и другие.");
  options.sources = {{held_, "quotes"}};
  options.extent = "0";
  EXPECT_THAT(codes_of(submit(options)), IsEmpty());
}

TEST_F(QuotationsTest, FindTextThatIsWrittenFromItsEnd) {
  std::string backwards;
  const std::string_view secret(kSecret);
  for (std::size_t end = secret.size(); end > 0;) {
    auto begin = end - 1;
    while ((static_cast<unsigned char>(secret[begin]) & 0xC0U) == 0x80) --begin;
    backwards += secret.substr(begin, end - begin);
    end = begin;
  }
  const auto outcome = submit(draft("Приложение. " + backwards + " Конец."));
  EXPECT_THAT(codes_of(outcome), ElementsAre("E-QUOTE-UNDECLARED"));
  const auto& passage = std::get<Refused>(*outcome).passages.at(0);
  EXPECT_THAT(passage.there, HasSubstr("Управляющие узлы размещены"));
  EXPECT_THAT(passage.here, HasSubstr("ынещемзар ылзу еищюялварпУ"));
}

TEST_F(QuotationsTest, AsksAnApproverForWhatIsSaidToBeIndependent) {
  auto options = draft(kSecret);
  options.independent = {{held_, "our own measurement"}};
  const auto waiting = value_of(submit(options));
  EXPECT_TRUE(waiting.awaiting_approval);
  const auto name = wire::parse_draft_name(waiting.number).value();
  const auto accepted = value_of(ru_submit_.approve(test::approver(), {name, waiting.plan, false, false}));
  const auto id = core::parse_message_id(accepted.id).value();
  const auto entries = journal(ru_);
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [](const auto& one) { return one.act == core::Act::independent; });
  ASSERT_NE(entry, entries.end());
  EXPECT_EQ(core::to_string(*entry->message), held_);
  EXPECT_EQ(entry->subject, accepted.number);
  EXPECT_EQ(entry->actor, test::approver().name);
  EXPECT_EQ(entry->content, crypto::sha256(as_bytes("our own measurement")));
  EXPECT_EQ(ru_.store().reader().independents(id).value().size(), 1U);
}

TEST_F(QuotationsTest, PlanWhatIsSaidToBeIndependent) {
  auto options = draft("Ничего общего.");
  const auto plan = [&] { return value_of(ru_submit_.preview(test::officer(), test::draft_bytes(options))).plan; };
  const auto without = plan();
  options.independent = {{held_, "one"}};
  const auto with = plan();
  EXPECT_NE(with, without);
  options.independent = {{held_, "two"}};
  EXPECT_NE(plan(), with);
}

TEST_F(QuotationsTest, HoldsADraftThatWaitsWhenItsTextCameInMeanwhile) {
  auto options = draft("Сведения о втором канале управления получены из открытых источников и ещё не проверены никем.");
  options.label = "restricted";
  const auto waiting = value_of(submit(options));
  deliver(released({.label = "restricted", .body = options.body}, 2));
  const auto name = wire::parse_draft_name(waiting.number).value();
  EXPECT_THAT(codes_of(ru_submit_.approve(test::approver(), {name, waiting.plan, false, false})),
              ElementsAre("E-QUOTE-UNDECLARED"));
}

TEST_F(QuotationsTest, HoldOurOwnRestrictedTextUnderALowerLabelOnly) {
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission({.body = kSecret}, 7))),
              ElementsAre("E-QUOTE-UNDECLARED"));
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission({.label = "restricted", .body = kSecret}, 8))),
              IsEmpty());
}

TEST_F(QuotationsTest, CompareIndicatorsWhole) {
  auto options = draft("Ничего общего.");
  options.indicators = {"192[.]0[.]2[.]7"};
  EXPECT_THAT(codes_of(submit(options)), ElementsAre("E-QUOTE-UNDECLARED"));
  options.indicators = {"192.0.2.77"};
  EXPECT_THAT(codes_of(submit(options, 2)), IsEmpty());
}

TEST_F(QuotationsTest, LeaveOutTheWordsOfTheAgreements) {
  const auto title = test::example_book()->find("sco-2009")->title.at("ru");
  deliver(released({.label = "restricted", .body = title}, 2));
  EXPECT_THAT(codes_of(submit(draft("Согласно документу: " + title))), IsEmpty());
}

TEST_F(QuotationsTest, SeeNothingInOpenMessages) {
  const std::string open =
      "Это открытое сообщение может быть передано кому угодно и сколько угодно раз без всякого разрешения.";
  deliver(released({.body = open}, 2));
  EXPECT_THAT(codes_of(submit(draft(open))), IsEmpty());
}

// What the store says is open is passed unread: whatever stands between is found, by who was there and by who comes
// later.
TEST_F(QuotationsTest, FindTheRestrictedAmongOpenMessages) {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < 6; ++i) {
    const bool restricted = i == 1 || i == 4;
    texts.emplace_back(60, static_cast<char>('b' + i));
    deliver(released({.label = restricted ? "restricted" : "open", .body = texts.back()}, 300 + i));
    if (i % 2 == 0) {
      EXPECT_TRUE(ru_.quotations().catch_up().value());
    }
  }
  const auto found = [&](Quotations& quotations) {
    std::vector<std::size_t> passages;
    for (const auto& text : texts) passages.push_back(look(quotations, draft(text)).value().passages.size());
    return passages;
  };
  EXPECT_THAT(found(ru_.quotations()), ElementsAre(0, 1, 0, 0, 1, 0));
  ru_.restart([this] { std::filesystem::remove_all(ru_.directory() / "quotes"); });
  Quotations later(ru_.node(), {.in_background = false});
  EXPECT_THAT(found(later), ElementsAre(0, 1, 0, 0, 1, 0));
}

TEST_F(QuotationsTest, FindNothingWhereNothingRestrictedIsHeldAndThenWhatComes) {
  erase(held_);
  ASSERT_TRUE(ru_.quotations().catch_up().value());
  ASSERT_TRUE(ru_.quotations().tend());
  EXPECT_TRUE(look(ru_.quotations(), draft(kOther)).value().quotes.complete);
  deliver(released({.label = "restricted", .body = kOther}, 400));
  EXPECT_EQ(look(ru_.quotations(), draft(kOther)).value().passages.size(), 1U);
}

TEST_F(QuotationsTest, DeferWhileTheyAreBehind) {
  for (std::uint64_t i = 0; i < 70; ++i) deliver(released({.body = "Пункт"}, 100 + i));
  ru_.restart([this] { std::filesystem::remove_all(ru_.directory() / "quotes"); });
  Quotations impatient(ru_.node(), {.patience = std::chrono::milliseconds(0), .in_background = false});
  Submit submit(ru_.node(), recorded_.lanes(), impatient);
  const auto submission = test::submission(draft("Ничего общего."));
  const auto first = submit.submit(test::officer(), submission);
  EXPECT_THAT(codes_of(first), ElementsAre("E-NOT-NOW"));
  EXPECT_EQ(std::get<Refused>(*first).decision.verdict(), core::Verdict::defer);
  EXPECT_THAT(codes_of(submit.submit(test::officer(), submission)), IsEmpty());
}

TEST_F(QuotationsTest, AreTheSameWhenMadeAgain) {
  std::vector<std::string> texts;
  for (int i = 0; i < 12; ++i) {
    texts.push_back("Отчёт номер " + std::string(static_cast<std::size_t>(i + 1), 'x') + ": " +
                    std::string(static_cast<std::size_t>(60 - i), static_cast<char>('b' + i)) + kSecret);
    deliver(released({.label = "restricted", .body = texts.back()}, 200 + static_cast<std::uint64_t>(i)));
    (void)look(ru_.quotations(), draft("Ничего"));
  }
  const auto found = [&] {
    std::vector<std::vector<core::Passage>> all;
    for (const auto& text : texts) all.push_back(look(ru_.quotations(), draft(text)).value().passages);
    return all;
  };
  const auto grown = found();
  EXPECT_THAT(grown, Not(Contains(IsEmpty())));
  ru_.restart([this] { std::filesystem::remove_all(ru_.directory() / "quotes"); });
  EXPECT_EQ(found(), grown);
}

// More is held than who has no patience could look at: only who goes on knows all at once.
TEST_F(QuotationsTest, GoOnWhereTheyWereAfterARestart) {
  for (std::uint64_t i = 0; i < 70; ++i) deliver(released({.body = "Пункт"}, 100 + i));
  ASSERT_EQ(look(ru_.quotations(), draft(kSecret)).value().passages.size(), 1U);
  ru_.restart();
  {
    Quotations impatient(ru_.node(), {.patience = std::chrono::milliseconds(0), .in_background = false});
    EXPECT_TRUE(look(impatient, draft("Ничего общего.")).value().quotes.complete);
  }
  EXPECT_EQ(look(ru_.quotations(), draft(kSecret)).value().passages.size(), 1U);
}

TEST_F(QuotationsTest, DoNotForgetAgainWhatTheyForgotBeforeARestart) {
  ASSERT_EQ(look(ru_.quotations(), draft(kSecret)).value().passages.size(), 1U);
  erase(held_);
  ASSERT_TRUE(ru_.quotations().catch_up().value());
  ASSERT_TRUE(ru_.quotations().tend());
  ru_.restart();
  const auto before = files();
  Quotations again(ru_.node(), {.in_background = false});
  ASSERT_TRUE(again.catch_up().value());
  ASSERT_TRUE(again.tend());
  EXPECT_EQ(files(), before);
}

// ---- texts that change

TEST_F(QuotationsTest, FindNoMoreWhatIsErased) {
  ASSERT_EQ(look(ru_.quotations(), draft(kSecret)).value().passages.size(), 1U);
  ru_.restart();
  const auto before = bytes_of_index();
  erase(held_);
  EXPECT_THAT(look(ru_.quotations(), draft(kSecret)).value().passages, IsEmpty());
  ASSERT_TRUE(ru_.quotations().tend());
  EXPECT_LT(bytes_of_index(), before);
  ru_.restart();
  EXPECT_THAT(look(ru_.quotations(), draft(kSecret)).value().passages, IsEmpty());
}

TEST_F(QuotationsTest, FindAgainWhatWasErasedAndCameAgain) {
  ASSERT_EQ(look(ru_.quotations(), draft(kSecret)).value().passages.size(), 1U);
  const auto record = ru_.store().reader().message(id(held_)).value();
  for (int i = 0; i < 2; ++i) {
    erase(held_);
    ASSERT_THAT(look(ru_.quotations(), draft(kSecret)).value().passages, IsEmpty());
    carry(record);
    EXPECT_EQ(look(ru_.quotations(), draft(kSecret)).value().passages.size(), 1U);
    ASSERT_TRUE(ru_.quotations().tend());
  }
  ru_.restart();
  EXPECT_EQ(look(ru_.quotations(), draft(kSecret)).value().passages.size(), 1U);
}

TEST_F(QuotationsTest, FindWhatCameWithoutItsKeyOnceTheKeyIsThere) {
  auto record = held_by_cn(released({.label = "restricted", .body = kOther}, 3));
  const auto key = std::exchange(record.sealed_key, {});
  carry(record);
  EXPECT_THAT(look(ru_.quotations(), draft(kOther)).value().passages, IsEmpty());
  record.sealed_key = key;
  carry(record);
  EXPECT_EQ(look(ru_.quotations(), draft(kOther)).value().passages.size(), 1U);
}

TEST_F(QuotationsTest, FindPartsThatCameLater) {
  const std::string chinese = "各控制节点分别部署在三家不同的服务提供商处，注册信息已通过两条独立途径核实。";
  const auto whole = held_by_cn(released({.label = "restricted", .body = kOther, .in_chinese = chinese}, 3));
  carry(part_of(whole, 0));
  EXPECT_EQ(look(ru_.quotations(), draft(kOther)).value().passages.size(), 1U);
  EXPECT_THAT(look(ru_.quotations(), draft(chinese)).value().passages, IsEmpty());
  carry(part_of(whole, 1));
  EXPECT_EQ(look(ru_.quotations(), draft(kOther)).value().passages.size(), 1U);
  EXPECT_EQ(look(ru_.quotations(), draft(chinese)).value().passages.size(), 1U);
}

TEST_F(QuotationsTest, FindWhatWasCarriedAndThenCameAsAMessageOfItsOwn) {
  const auto carried = released({.label = "restricted", .body = kOther}, 3);
  carry(held_by_cn(carried));
  ASSERT_EQ(look(ru_.quotations(), draft(kOther)).value().passages.size(), 1U);
  deliver(released({.body = "Пункт"}, 4));
  deliver(carried);
  EXPECT_EQ(look(ru_.quotations(), draft(kOther)).value().passages.size(), 1U);
  erase(carried);
  EXPECT_THAT(look(ru_.quotations(), draft(kOther)).value().passages, IsEmpty());
}

// Another ordinal took the place of one that was found: whoever looks looks it up again.
TEST_F(QuotationsTest, AreLookedUpAgainWhenAMessageIsThereNoMore) {
  const auto at = scene(ru_.node());
  const auto world = at.world();
  const auto node = ru_.node();
  const quotation::Fingerprinter by(as_bytes("a key of no daemon"));
  const quotation::Windows none;
  const HeldSources sources;
  const auto resolve = [this](std::string_view name) { return ru_.store().reader().resolve(name); };
  const auto written = wire::decode_draft(test::draft_bytes(draft(kSecret)), resolve).value();
  const auto later = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  const auto ordinal = ru_.store().reader().message_row(id(held_)).value().ordinal;
  EXPECT_EQ(QuotationLook(node, by, none, world, written, sources).through({ordinal}, later).value()->passages.size(),
            1U);
  EXPECT_FALSE(QuotationLook(node, by, none, world, written, sources)
                   .through({ordinal, ordinal + 9}, later)
                   .value()
                   .has_value());
}

// ---- what cannot be looked at

TEST_F(QuotationsTest, LetNothingGoWhileATextThatIsHeldDoesNotOpen) {
  auto record = held_by_cn(released({.label = "restricted", .body = kOther}, 3));
  record.sealed_key.back() ^= 1;
  carry(record);
  EXPECT_THAT(codes_of(submit(draft(kOther))), ElementsAre("E-NOT-NOW"));
  EXPECT_EQ(ru_.quotations().catch_up().error().code, Errc::corrupt);
  EXPECT_THAT(ru_.store().reader().list(store::Box::outbox, 0, 10).value(), IsEmpty());
}

}  // namespace
}  // namespace chancery::service
