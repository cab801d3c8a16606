#include "daemon/service/quotations.h"

#include <algorithm>

#include "daemon/service/outcome.h"
#include "daemon/service/sealing.h"

namespace chancery::service {

namespace {

constexpr std::uint32_t kRowsAtOnce = 64;

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

// What the entries of an index depend on beside the messages.
Digest made_under(const core::AgreementBook& book) {
  return crypto::sha256(
      concat({as_bytes("chancery/quotation/v2"), book.digest().view(), as_bytes(quotation::made_by())}));
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

void Quotations::report(const Error& error) const { node_.log(log_line<LogEvent::quotations_failed>(error.detail)); }

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
  if (!ground_ || ground_->book != book->digest())
    ground_ = std::make_shared<const Ground>(Ground{book->digest(), made_under(*book), words_of(*book, by_)});
  return ground_;
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
  if (settled_ && seen_ == journal && index_->made_under() == ground->made_under) return true;
  CHECK_OK(settle(*ground));
  const auto news = node_.store.text_news();
  if (changes_ != news.changes && !TRY(index_changed(at.world(), *ground, deadline))) return false;
  changes_ = news.changes;
  pass_open(news, *ground);
  const bool all_passed = news.up_to > 0 && index_->position().ordinal >= news.up_to;
  if (!all_passed && !TRY(index_recorded(at.world(), *ground, deadline))) return false;
  seen_ = journal;
  return true;
}

// Made under other data, by another program, or of another store: it is made again.
Result<void> Quotations::settle(const Ground& ground) {
  const auto position = index_->position();
  bool ours = index_->made_under() == ground.made_under;
  if (ours && !settled_) {
    ours = position.change <= TRY(node_.store.reader().last_text_change());
    if (ours && position.ordinal > 0) {
      const auto row = TRY(node_.store.reader().recorded_after(position.ordinal - 1, 1));
      ours = !row.empty() && row.front().ordinal == position.ordinal && row.front().id == position.id;
    }
  }
  if (!ours) CHECK_OK(index_->reset(ground.made_under, TRY(node_.store.reader().last_text_change())));
  settled_ = true;
  return {};
}

// What a text is now, not what happened to it: whatever changed meanwhile comes again.
Result<bool> Quotations::index_changed(const core::World& world, const Ground& ground, Deadline deadline) {
  while (true) {
    const auto changes = TRY(node_.store.reader().text_changes(index_->position().change, kRowsAtOnce));
    for (const auto& change : changes) {
      const auto rows = TRY(node_.store.reader().recorded_after(change.ordinal - 1, 1));
      const bool there = !rows.empty() && rows.front().ordinal == change.ordinal;
      index_->change(change, there ? TRY(fingerprints_of(world, ground, rows.front())) : std::vector<std::uint64_t>());
    }
    if (changes.size() < kRowsAtOnce) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

// Past the newest texts, of which none is restricted, without reading them, when all before them were looked at.
void Quotations::pass_open(const store::TextNews& news, const Ground& ground) {
  if (news.under == ground.book && index_->position().ordinal >= news.after) index_->add(news.up_to, news.id, {});
}

Result<bool> Quotations::index_recorded(const core::World& world, const Ground& ground, Deadline deadline) {
  while (true) {
    const auto rows = TRY(node_.store.reader().recorded_after(index_->position().ordinal, kRowsAtOnce));
    for (const auto& row : rows) index_->add(row.ordinal, row.id, TRY(fingerprints_of(world, ground, row)));
    if (rows.size() < kRowsAtOnce) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

Result<std::vector<std::uint64_t>> Quotations::fingerprints_of(const core::World& world, const Ground& ground,
                                                               const store::MessageRow& row) const {
  std::vector<std::uint64_t> all;
  const auto message = core::Message::parse(row.statement);
  if (!message.has_value()) return fail(Errc::corrupt, "stored statement: " + message.error().detail);
  if (!core::is_restricted(world, *message)) return all;
  const auto text = TRY(held_text(node_, row.id));
  if (!text) return all;
  all = by_.fingerprints(text->skeleton.symbols, ground.left_out);
  for (const auto& field : text->fields) all.push_back(by_.field(field.skeleton));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<void> Quotations::tend() { return index_ ? index_->tend() : Result<void>(); }

// ---- looking

// It is made again; until then nobody knows.
Result<FoundQuotes> Quotations::lost(const Error& error, const Ground& ground) {
  report(error);
  const std::lock_guard indexing(indexing_);
  settled_ = false;
  CHECK_OK(index_->reset(ground.made_under, TRY(node_.store.reader().last_text_change())));
  return FoundQuotes{{{}, false}, {}};
}

Result<FoundQuotes> Quotations::look(const core::Draft& draft) {
  const auto deadline = std::chrono::steady_clock::now() + options_.patience;
  while (true) {
    const auto caught = index_new(deadline);
    if (!caught.has_value()) report(caught.error());
    if (!caught.has_value() || !*caught) return FoundQuotes{{{}, false}, {}};
    auto found = TRY(look_up(draft, deadline));
    if (found) return std::move(*found);
    if (std::chrono::steady_clock::now() >= deadline) return FoundQuotes{{{}, false}, {}};
  }
}

Result<std::optional<FoundQuotes>> Quotations::look_up(const core::Draft& draft, Deadline deadline) {
  const auto at = scene(node_);
  const auto ground = this->ground(at.book);
  // Where nothing restricted is held nothing is quoted.
  if (index_->empty()) return std::optional(FoundQuotes());
  const auto ordinals = index_->find(QuotationLook::fingerprints(by_, ground->left_out, draft));
  if (!ordinals.has_value()) return std::optional(TRY(lost(ordinals.error(), *ground)));
  if (ordinals->empty()) return std::optional(FoundQuotes());
  const auto world = at.world();
  const auto sources = TRY(HeldSources::gather(
      needed_ids(draft), [this](const core::MessageId& id) { return node_.store.reader().message(id); }));
  return QuotationLook(node_, by_, ground->left_out, world, draft, sources).through(*ordinals, deadline);
}

}  // namespace chancery::service
