#include "daemon/service/quotation_look.h"

#include <algorithm>

namespace chancery::service {

namespace {

constexpr std::size_t kMaxNamed = 8;  // that one refusal names

std::u32string_view symbols_of(const ComparedText& text, const ComparedText::Part& row) {
  return std::u32string_view(text.skeleton.symbols).substr(row.begin, row.end - row.begin);
}

Result<core::Message> held_message(const store::MessageRow& row) {
  auto message = core::Message::parse(row.statement);
  if (!message.has_value()) return fail(Errc::corrupt, "stored statement: " + message.error().detail);
  return message;
}

}  // namespace

QuotationLook::Reading::Reading(const quotation::Fingerprinter& by, const quotation::Windows& left_out,
                                const ComparedText& text, bool from_its_end)
    : backwards(from_its_end),
      skeleton(from_its_end ? quotation::reversed(text.skeleton) : text.skeleton),
      compared(by, skeleton.symbols, left_out) {}

QuotationLook::QuotationLook(const Node& node, const quotation::Fingerprinter& by, const quotation::Windows& left_out,
                             const core::World& world, const core::Draft& draft, const HeldSources& sources)
    : node_(node),
      world_(world),
      draft_(draft),
      sources_(sources),
      message_(core::compose(world, draft, sources.lookup())),
      text_(compared_text(draft)),
      forwards_(by, left_out, text_, false),
      backwards_(by, left_out, text_, true) {
  for (const auto* source : core::provenance(message_, sources.lookup()).closure) closure_.insert(source->id);
}

std::vector<std::uint64_t> QuotationLook::fingerprints(const quotation::Fingerprinter& by,
                                                       const quotation::Windows& left_out, const core::Draft& draft) {
  const auto text = compared_text(draft);
  auto all = by.fingerprints(text.skeleton.symbols, left_out);
  for (const auto one : by.fingerprints(quotation::reversed(text.skeleton).symbols, left_out)) all.push_back(one);
  for (const auto& field : text.fields) all.push_back(by.field(field.skeleton));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<std::optional<FoundQuotes>> QuotationLook::through(const std::vector<std::uint64_t>& ordinals,
                                                          std::chrono::steady_clock::time_point deadline) {
  CHECK_OK(excuse_sources());
  for (const auto ordinal : ordinals) {
    if (out_.passages.size() == kMaxNamed) break;
    if (std::chrono::steady_clock::now() >= deadline) {
      out_.quotes.complete = false;
      break;
    }
    const auto rows = TRY(node_.store.reader().recorded_after(ordinal - 1, 1));
    if (rows.empty() || rows.front().ordinal != ordinal) return std::optional<FoundQuotes>();
    CHECK_OK(compare(rows.front()));
  }
  return std::optional(std::move(out_));
}

// How much of it is named, or is a source of what is named; for others no part is.
core::Extent QuotationLook::named(const core::MessageId& id) const { return core::used_of(message_, id); }

// What stands in the named parts of a source comes from there, whoever has it too.
Result<void> QuotationLook::excuse_sources() {
  for (const auto& id : closure_) {
    const auto row = node_.store.reader().message_row(id);
    if (!row.has_value() && row.error().code == Errc::not_found) continue;
    if (!row.has_value()) return tl::unexpected(row.error());
    const auto text = TRY(held_text(node_, id));
    if (!text) continue;
    const auto extent = named(id);
    for (const auto& row_of_parts : text->rows(extent, true))
      for (auto* reading : {&forwards_, &backwards_}) reading->compared.excuse(symbols_of(*text, row_of_parts));
    for (const auto& field : text->fields)
      if (extent.contains({{field.part}})) excused_.insert(field.skeleton);
  }
  return {};
}

std::optional<QuotationLook::Run> QuotationLook::longest(const ComparedText& other,
                                                         const std::vector<ComparedText::Part>& rows) const {
  std::optional<Run> longest;
  for (const auto& row : rows)
    for (const auto* reading : {&forwards_, &backwards_}) {
      const auto run = reading->compared.shared(symbols_of(other, row));
      if (!run || (longest && run->length <= longest->length)) continue;
      const auto here = reading->backwards ? reading->skeleton.symbols.size() - run->here - run->length : run->here;
      longest = Run{here, row.begin + run->there, run->length};
    }
  return longest;
}

// Nothing is looked for in the named parts of a source.
Result<void> QuotationLook::compare(const store::MessageRow& row) {
  core::Quoted quoted{row.id, TRY(held_message(row))};
  if (!core::must_be_named(world_, message_, sources_.lookup(), draft_.independent, quoted)) return {};
  const auto there = TRY(held_text(node_, row.id));
  if (!there) return {};
  const bool is_source = closure_.contains(row.id);
  const auto add = [&](core::Extent parts, std::string in_draft, std::string in_source) {
    quoted.parts = std::move(parts);
    out_.passages.push_back({row.id, row.number, std::move(in_draft), std::move(in_source)});
    out_.quotes.found.push_back(std::move(quoted));
  };
  const auto rows = is_source ? there->rows(named(row.id), false) : there->rows({}, true);
  if (const auto run = longest(*there, rows)) {
    add(there->parts_of(run->there, run->there + run->length), text_.passage(run->here, run->here + run->length),
        there->passage(run->there, run->there + run->length));
    return {};
  }
  for (const auto& mine : text_.fields) {
    if (excused_.contains(mine.skeleton)) continue;
    for (const auto& theirs : there->fields) {
      if (mine.skeleton != theirs.skeleton || (is_source && named(row.id).contains({{theirs.part}}))) continue;
      add({{theirs.part}}, mine.value, theirs.value);
      return {};
    }
  }
  return {};
}

}  // namespace chancery::service
