// Laws of the parsers, on random statements of every kind.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/property/core/draw.h"

namespace chancery::core {
namespace {

// What is written is read back as it was.
template <class T>
void check_round_trip(const T& value) {
  const auto parsed = T::parse(value.to_text());
  RC_LOG() << value.to_text();
  if (!parsed.has_value()) RC_FAIL(parsed.error().detail);
  RC_ASSERT(*parsed == value);
}

// Whatever byte is changed: refused, or another value, written as it was read.
template <class T>
void check_flipped(const T& value, Draw& draw) {
  const auto text = value.to_text();
  for (int i = 0; i < 40; ++i) {
    auto changed = text;
    auto& byte = changed[draw.below(text.size())];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1 + draw.below(255)));
    const auto parsed = T::parse(changed);
    if (!parsed.has_value()) continue;
    RC_LOG() << changed;
    RC_ASSERT(!(*parsed == value));
    RC_ASSERT(parsed->to_text() == changed);
  }
}

template <class T>
void check_laws(T (Draw::*random)(), std::uint64_t seed) {
  Draw draw(seed);
  const auto value = (draw.*random)();
  check_round_trip(value);
  check_flipped(value, draw);
}

RC_GTEST_PROP(EveryStatement, OfAMessageParsesBackAndNoByteIsIdle, (std::uint64_t seed)) {
  check_laws(&Draw::message, seed);
}
RC_GTEST_PROP(EveryStatement, OfAReceiptParsesBackAndNoByteIsIdle, (std::uint64_t seed)) {
  check_laws(&Draw::receipt, seed);
}
RC_GTEST_PROP(EveryStatement, OfADispatchParsesBackAndNoByteIsIdle, (std::uint64_t seed)) {
  check_laws(&Draw::dispatch, seed);
}
RC_GTEST_PROP(EveryStatement, OfADesignationParsesBackAndNoByteIsIdle, (std::uint64_t seed)) {
  check_laws(&Draw::designation, seed);
}
RC_GTEST_PROP(EveryStatement, OfASealKeyParsesBackAndNoByteIsIdle, (std::uint64_t seed)) {
  check_laws(&Draw::seal_key, seed);
}
RC_GTEST_PROP(EveryStatement, OfAPermitParsesBackAndNoByteIsIdle, (std::uint64_t seed)) {
  check_laws(&Draw::permit, seed);
}
RC_GTEST_PROP(EveryStatement, OfAJournalEntryParsesBackAndNoByteIsIdle, (std::uint64_t seed)) {
  check_laws(&Draw::entry, seed);
}

}  // namespace
}  // namespace chancery::core
