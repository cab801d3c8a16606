// Text and value correspond one to one: writers and parsers are inverses, and what parses was written by us.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/checkpoint.h"
#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

// Text near the alphabet, so that some of it parses.
std::string near(const char* alphabet) {
  const std::string letters(alphabet);
  return *rc::gen::container<std::string>(rc::gen::elementOf(letters));
}

RC_GTEST_PROP(Base64, IsOneToOne, (Bytes bytes)) {
  RC_ASSERT(parse_base64(to_base64(bytes)).value() == bytes);
  const auto text = near("ABQgwz019+/=\n ");
  const auto parsed = parse_base64(text);
  if (parsed.has_value()) RC_ASSERT(to_base64(parsed.value()) == text);
}

RC_GTEST_PROP(Hex, IsOneToOne, (Bytes bytes)) {
  RC_ASSERT(parse_hex(to_hex(bytes)).value() == bytes);
  const auto text = near("0123456789abcdefA ");
  const auto parsed = parse_hex(text);
  if (parsed.has_value()) RC_ASSERT(to_hex(parsed.value()) == text);
}

RC_GTEST_PROP(InstantText, IsOneToOneAndOrdered, ()) {
  const auto some = rc::gen::inRange<std::int64_t>(-62'135'596'800'000, 253'402'300'800'000);
  const Instant a{*some};
  const Instant b{*some};
  RC_ASSERT(parse_instant(to_string(a)).value() == a);
  RC_ASSERT((to_string(a) < to_string(b)) == (a < b));
}

RC_GTEST_PROP(BatchStatementText, IsOneToOne, ()) {
  const auto exponent = *rc::gen::inRange(0U, 9U);
  const BatchStatement batch{"cn-example",
                             Suite::p256,
                             {*rc::gen::inRange<std::int64_t>(0, 4'102'444'800'000)},
                             1U << exponent,
                             sha256(u32be(exponent))};
  auto text = batch.to_text();
  RC_ASSERT(BatchStatement::parse(text).value().to_text() == text);
  text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  const auto parsed = BatchStatement::parse(text);
  if (parsed.has_value()) RC_ASSERT(parsed.value().to_text() == text);
}

RC_GTEST_PROP(CheckpointText, IsOneToOne, (std::uint64_t size, bool with_map)) {
  Checkpoint checkpoint{"chancery/cn-example/1", {size}, sha256(u64be(size)), std::nullopt};
  if (with_map) checkpoint.map_root = sha256(as_bytes("map"));
  auto text = checkpoint.to_text();
  RC_ASSERT(Checkpoint::parse(text).value() == checkpoint);
  text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  const auto parsed = Checkpoint::parse(text);
  if (parsed.has_value()) RC_ASSERT(parsed.value().to_text() == text);
}

}  // namespace
}  // namespace chancery::crypto
