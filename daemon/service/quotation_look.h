// One draft against what is held: which messages it has text of and does not name, and the passages.
#pragma once

#include <chrono>
#include <set>

#include "daemon/core/draft.h"
#include "daemon/core/quotation.h"
#include "daemon/service/compared_text.h"
#include "daemon/service/held_sources.h"

namespace chancery::service {

// What a look found: messages that have to be named, and of each the passages, in the same order.
struct FoundQuotes {
  core::Quotes quotes;
  std::vector<core::Passage> passages;
};

class QuotationLook {
 public:
  // All of these outlive this. `left_out`: windows that are nobody's.
  QuotationLook(const Node& node, const quotation::Fingerprinter& by, const quotation::Windows& left_out,
                const core::World& world, const core::Draft& draft, const HeldSources& sources);

  // What the index is asked for: of the draft read from either end.
  static std::vector<std::uint64_t> fingerprints(const quotation::Fingerprinter& by, const quotation::Windows& left_out,
                                                 const core::Draft& draft);

  // Compares with the messages of these ordinals until enough is found. Nothing when one of them is there no more: it
  // stands under another ordinal since, and has to be looked up again. Errors: those of the store; corrupt when a text
  // does not open.
  Result<std::optional<FoundQuotes>> through(const std::vector<std::uint64_t>& ordinals,
                                             std::chrono::steady_clock::time_point deadline);

 private:
  // The draft as it is compared, from one end.
  struct Reading {
    bool backwards = false;
    quotation::Skeleton skeleton;
    quotation::Compared compared;
    Reading(const quotation::Fingerprinter& by, const quotation::Windows& left_out, const ComparedText& text,
            bool from_its_end);
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
  };
  // In symbols of the draft, from its beginning, and of the other text.
  struct Run {
    std::size_t here = 0;
    std::size_t there = 0;
    std::size_t length = 0;
  };

  Result<void> excuse_sources();
  Result<void> compare(const store::MessageRow& row);
  [[nodiscard]] core::Extent named(const core::MessageId& id) const;
  [[nodiscard]] std::optional<Run> longest(const ComparedText& other,
                                           const std::vector<ComparedText::Part>& rows) const;

  const Node& node_;
  const core::World& world_;
  const core::Draft& draft_;
  const HeldSources& sources_;
  const core::Message message_;
  const ComparedText text_;
  Reading forwards_;
  Reading backwards_;
  std::set<core::MessageId> closure_;
  std::set<std::u32string> excused_;  // skeletons of fields
  FoundQuotes out_;
};

}  // namespace chancery::service
