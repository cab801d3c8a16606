#include "daemon/service/quotations.h"

#include <algorithm>

#include "daemon/service/held_sources.h"
#include "daemon/service/outcome.h"
#include "daemon/service/sealing.h"
#include "daemon/wire/body.h"

namespace chancery::service {

namespace {

constexpr std::uint32_t kRowsAtOnce = 64;
constexpr std::size_t kMaxNamed = 8;        // that one refusal names
constexpr std::size_t kMaxPassage = 2'048;  // bytes of a passage that are shown

crypto::SecretBytes key_for(const Node& node, std::string_view purpose) {
  return crypto::hkdf_expand(node.storage_key.view(), as_bytes(purpose), 32);
}

void add_windows(const quotation::Fingerprinter& by, const core::Localized& texts, quotation::Windows& out) {
  for (const auto& [language, text] : texts) {
    const auto windows = by.windows(quotation::skeleton(text).symbols);
    out.insert(windows.begin(), windows.end());
  }
}

// What the agreements say is nobody's text.
quotation::Windows words_of(const core::AgreementBook& book, const quotation::Fingerprinter& by) {
  quotation::Windows out;
  for (const auto& agreement : book.agreements()) {
    add_windows(by, agreement.title, out);
    for (const auto& item : agreement.items) {
      add_windows(by, item.text, out);
      add_windows(by, item.short_text, out);
    }
    for (const auto& [name, text] : agreement.articles) add_windows(by, text, out);
  }
  return out;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }

// The characters of these symbols, and no half ones.
std::string passage(const std::string& text, const quotation::Skeleton& skeleton, std::size_t from,
                    std::size_t length) {
  const auto begin = skeleton.at[from];
  std::size_t end = from + length < skeleton.at.size() ? skeleton.at[from + length] : text.size();
  end = std::min<std::size_t>(end, begin + kMaxPassage);
  while (end < text.size() && end > begin && !begins_character(text[end])) --end;
  auto out = text.substr(begin, end - begin);
  out.erase(out.find_last_not_of(" \n") + 1);
  return out;
}

}  // namespace

Quotations::Quotations(Node node, QuotationOptions options)
    : node_(std::move(node)), options_(options), by_(key_for(node_, "chancery/quotation/v1").view()) {
  auto index = store::QuoteIndex::open(node_.store.folder() / "quotes",
                                       key_for(node_, "chancery/quote-index/v1").view(), node_.random, options_.index);
  // Without a folder of its own nothing can be looked through, and so nothing is released.
  if (index.has_value())
    index_ = std::move(*index);
  else
    report(index.error());
  if (options_.in_background) thread_ = std::thread([this] { run(); });
}

Quotations::~Quotations() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  if (index_) (void)index_->write();
}

void Quotations::report(const Error& error) const { node_.log(LogLevel::error, "quotations", error.detail); }

void Quotations::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    if (const auto caught = catch_up(); !caught.has_value()) report(caught.error());
    if (const auto tended = tend(); !tended.has_value()) report(tended.error());
    lock.lock();
    wake_.wait_for(lock, options_.pause, [this] { return stopping_; });
  }
}

std::shared_ptr<const Quotations::Ground> Quotations::ground(const std::shared_ptr<const core::AgreementBook>& book) {
  const std::lock_guard lock(ground_mutex_);
  if (!ground_ || ground_->digest != book->digest())
    ground_ = std::make_shared<const Ground>(Ground{book->digest(), words_of(*book, by_)});
  return ground_;
}

Quotations::Text Quotations::text_of(std::span<const Bytes> parts) const {
  auto writing = wire::writing_of(parts);
  Text out{std::move(writing.text), {}, std::move(writing.indicators), {}};
  out.skeleton = quotation::skeleton(out.text);
  for (const auto& field : out.fields) out.field_skeletons.push_back(quotation::field_skeleton(field));
  return out;
}

std::optional<Quotations::Text> Quotations::text_of(const store::MessageRow& row) const {
  const auto record = node_.store.reader().message(row.id);
  if (!record.has_value() || record->sealed_key.empty()) return std::nullopt;
  const auto message = core::Message::parse(row.statement);
  if (!message.has_value()) return std::nullopt;
  const auto parts = open_held(node_, *record, *message);
  if (!parts.has_value()) {
    node_.log(LogLevel::warning, "quotations", core::to_string(row.id) + ": does not open");
    return std::nullopt;
  }
  return text_of(*parts);
}

std::vector<std::uint64_t> Quotations::fingerprints_of(const Text& text, const Ground& ground) const {
  auto all = by_.fingerprints(text.skeleton.symbols, ground.left_out);
  for (const auto& field : text.field_skeletons)
    if (!field.empty()) all.push_back(by_.field(field));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// ---- indexing

Result<bool> Quotations::catch_up() { return index_new(std::chrono::steady_clock::now() + options_.patience); }

Result<bool> Quotations::index_new(Deadline deadline) {
  if (!index_) return fail(Errc::unavailable, "the index of quotations cannot be used");
  const std::unique_lock indexing(indexing_, deadline);
  if (!indexing.owns_lock()) return false;
  const auto at = scene(node_);
  const auto ground = this->ground(at.book);
  // Whatever was recorded has its entry.
  const auto journal = node_.store.checkpoint().size.value;
  if (settled_ && seen_ == journal && index_->made_under() == ground->digest) return true;
  CHECK_OK(settle(*ground));
  while (true) {
    const auto rows = TRY(node_.store.reader().recorded_after(index_->position().ordinal, kRowsAtOnce));
    for (const auto& row : rows) index(at.world(), *ground, row);
    if (rows.size() < kRowsAtOnce) break;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
  seen_ = journal;
  return true;
}

// Made under other data, or of another store: it is made again.
Result<void> Quotations::settle(const Ground& ground) {
  const auto position = index_->position();
  bool ours = index_->made_under() == ground.digest;
  if (ours && !settled_ && position.ordinal > 0) {
    const auto row = TRY(node_.store.reader().recorded_after(position.ordinal - 1, 1));
    ours = !row.empty() && row.front().ordinal == position.ordinal && row.front().id == position.id;
  }
  if (!ours) CHECK_OK(index_->reset(ground.digest));
  settled_ = true;
  return {};
}

void Quotations::index(const core::World& world, const Ground& ground, const store::MessageRow& row) {
  std::vector<std::uint64_t> fingerprints;
  const auto message = core::Message::parse(row.statement);
  if (message.has_value() && core::is_restricted(world, *message))
    if (const auto text = text_of(row)) fingerprints = fingerprints_of(*text, ground);
  index_->add({row.ordinal, row.id}, fingerprints);
}

Result<void> Quotations::tend() {
  if (!index_) return {};
  CHECK_OK(forget_erased());
  return index_->tend();
}

// Erased by persons, or at once on the word of who wrote it: the acts know nothing of this index.
Result<void> Quotations::forget_erased() {
  for (const auto& id : TRY(node_.store.reader().erased())) {
    {
      const std::lock_guard lock(mutex_);
      if (forgotten_.contains(id)) continue;
    }
    CHECK_OK(forget(id));
    const std::lock_guard lock(mutex_);
    forgotten_.insert(id);
  }
  return {};
}

Result<void> Quotations::forget(const core::MessageId& id) {
  if (!index_) return fail(Errc::unavailable, "the index of quotations cannot be used");
  return index_->forget(TRY(node_.store.reader().message_row(id)).ordinal);
}

// ---- looking

// One draft against what is held.
class Quotations::Look {
 public:
  Look(const Quotations& all, const core::World& world, const Ground& ground, const core::Draft& draft,
       const HeldSources& sources)
      : all_(all),
        world_(world),
        draft_(draft),
        sources_(sources),
        message_(core::compose(world, draft, sources.lookup())),
        text_(all.text_of(draft.parts)),
        compared_(all.by_, text_.skeleton.symbols, ground.left_out) {}

  // Everything of these ordinals, until enough is found.
  Result<FoundQuotes> through(const std::vector<std::uint64_t>& ordinals, Deadline deadline) {
    CHECK_OK(excuse_sources());
    for (const auto ordinal : ordinals) {
      if (out_.passages.size() == kMaxNamed) return std::move(out_);
      if (std::chrono::steady_clock::now() >= deadline) {
        out_.quotes.complete = false;
        return std::move(out_);
      }
      const auto rows = TRY(all_.node_.store.reader().recorded_after(ordinal - 1, 1));
      if (!rows.empty() && rows.front().ordinal == ordinal) compare(rows.front());
    }
    return std::move(out_);
  }

 private:
  // What stands in a source that is named comes from there, whoever has it too.
  Result<void> excuse_sources() {
    for (const auto* source : core::provenance(message_, sources_.lookup()).closure) {
      const auto row = all_.node_.store.reader().message_row(source->id);
      if (!row.has_value() && row.error().code == Errc::not_found) continue;
      if (!row.has_value()) return tl::unexpected(row.error());
      const auto text = all_.text_of(*row);
      if (!text) continue;
      compared_.excuse(text->skeleton.symbols);
      excused_.insert(text->field_skeletons.begin(), text->field_skeletons.end());
    }
    return {};
  }

  void compare(const store::MessageRow& row) {
    auto message = core::Message::parse(row.statement);
    if (!message.has_value()) return;
    core::Quoted quoted{row.id, std::move(*message)};
    if (!core::must_be_named(world_, message_, sources_.lookup(), draft_.independent, quoted)) return;
    const auto text = all_.text_of(row);
    if (!text) return;
    if (const auto run = compared_.shared(text->skeleton.symbols))
      return add(row, std::move(quoted), passage(text_.text, text_.skeleton, run->here, run->length),
                 passage(text->text, text->skeleton, run->there, run->length));
    for (std::size_t i = 0; i < text_.fields.size(); ++i) {
      const auto& field = text_.field_skeletons[i];
      const auto there = std::find(text->field_skeletons.begin(), text->field_skeletons.end(), field);
      if (field.empty() || there == text->field_skeletons.end() || excused_.contains(field)) continue;
      return add(row, std::move(quoted), text_.fields[i],
                 text->fields[static_cast<std::size_t>(there - text->field_skeletons.begin())]);
    }
  }

  void add(const store::MessageRow& row, core::Quoted quoted, std::string here, std::string there) {
    out_.passages.push_back({row.id, row.number, std::move(here), std::move(there)});
    out_.quotes.found.push_back(std::move(quoted));
  }

  const Quotations& all_;
  const core::World& world_;
  const core::Draft& draft_;
  const HeldSources& sources_;
  const core::Message message_;
  const Text text_;
  quotation::Compared compared_;
  std::set<std::u32string> excused_;
  FoundQuotes out_;
};

// It is made again; until then nobody knows.
Result<FoundQuotes> Quotations::lost(const Error& error, const Ground& ground) {
  report(error);
  const std::lock_guard indexing(indexing_);
  settled_ = false;
  CHECK_OK(index_->reset(ground.digest));
  return FoundQuotes{{{}, false}, {}};
}

Result<FoundQuotes> Quotations::look(const core::Draft& draft) {
  const auto deadline = std::chrono::steady_clock::now() + options_.patience;
  const auto caught = index_new(deadline);
  if (!caught.has_value()) report(caught.error());
  if (!caught.has_value() || !*caught) return FoundQuotes{{{}, false}, {}};
  const auto at = scene(node_);
  const auto ground = this->ground(at.book);
  const auto ordinals = index_->find(fingerprints_of(text_of(draft.parts), *ground));
  if (!ordinals.has_value()) return lost(ordinals.error(), *ground);
  if (ordinals->empty()) return FoundQuotes();
  const auto world = at.world();
  const auto sources = TRY(HeldSources::gather(
      needed_ids(draft), [this](const core::MessageId& id) { return node_.store.reader().message(id); }));
  return Look(*this, world, *ground, draft, sources).through(*ordinals, deadline);
}

}  // namespace chancery::service
