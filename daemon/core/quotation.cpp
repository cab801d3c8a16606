#include "daemon/core/quotation.h"

#include <algorithm>

namespace chancery::core {

namespace {

template <class T>
bool within(const std::vector<T>& values, const std::vector<T>& all) {
  return std::all_of(values.begin(), values.end(),
                     [&](const T& value) { return std::find(all.begin(), all.end(), value) != all.end(); });
}

bool adds_nothing(const World& world, const Message& message, const Message& quoted) {
  return quoted.originator == world.self && within(quoted.providers, message.providers) &&
         within(quoted.labels, message.labels);
}

}  // namespace

bool must_be_named(const World& world, const Message& message, const SourceLookup& sources,
                   const std::vector<IndependentSource>& independent, const Quoted& quoted) {
  const auto is_it = [&](const auto& one) { return one.id == quoted.id; };
  if (std::any_of(independent.begin(), independent.end(), is_it)) return false;
  const auto closure = provenance(message, sources).closure;
  const bool named = std::any_of(closure.begin(), closure.end(), [&](const auto* source) { return is_it(*source); });
  if (named && used_of(message, quoted.id).contains(quoted.parts)) return false;
  return is_restricted(world, quoted.message) && !adds_nothing(world, message, quoted.message);
}

Decision decide_quotation(const World& world, const Message& message, const SourceLookup& sources,
                          const std::vector<IndependentSource>& independent, const Quotes& quotes) {
  Decision out;
  for (const auto& quoted : quotes.found) {
    if (!must_be_named(world, message, sources, independent, quoted)) continue;
    const auto* agreement = world.agreements.find(quoted.message.agreement, quoted.message.agreement_version);
    const auto subject = quoted.id.short_text();
    out.add(agreement == nullptr ? Reason{ReasonCode::quote_undeclared, {}, {}, subject}
                                 : agreement->reason(ReasonCode::quote_undeclared, subject));
  }
  if (!quotes.complete) out.add({ReasonCode::not_now, {}, {}, "quotations"});
  return out;
}

}  // namespace chancery::core
